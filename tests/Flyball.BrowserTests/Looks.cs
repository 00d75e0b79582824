using System.Text.Json;
using Microsoft.Playwright;

namespace Flyball.BrowserTests;

/// <summary>What can be measured of how a page looks.</summary>
internal static class Looks
{
    /// <summary>Elements that reach beyond the screen's width and are not in a box that scrolls by itself.</summary>
    private const string BeyondScript =
        """
        () => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('main *, header *')]
          .filter(element => element.getBoundingClientRect().right > innerWidth + 1 && !element.closest('.scroll'))
          .map(element => element.tagName + '.' + (element.getAttribute('class') ?? '') + ' ' + element.textContent.slice(0, 40)).concat('page ' + document.documentElement.scrollWidth)
        """;

    /// <summary>Texts whose contrast with what is behind them is below WCAG 2.2's 1.4.3: 4.5, or 3 from 24 px on.</summary>
    private const string FaintScript =
        """
        () => {
          const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
          const rgb = css => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = css; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
          const light = ([r, g, b]) => [r, g, b].map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
          const behind = element => { for (let e = element; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] > 250) return c; } return [255, 255, 255, 255]; };
          const boxOf = text => { const box = text.parentNode.querySelector('rect'); return box ? rgb(getComputedStyle(box).fill) : behind(text); };
          const faint = [];
          for (const element of document.querySelectorAll('body *')) {
            const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim().length > 0);
            if (!own || element.tagName === 'TITLE' || element.closest('option') || element.getClientRects().length === 0) continue;
            const style = getComputedStyle(element), inSvg = element instanceof SVGElement;
            const [a, b] = [light(rgb(inSvg ? style.fill : style.color)), light(inSvg ? boxOf(element) : behind(element))];
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (ratio < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) faint.push(`${ratio.toFixed(2)} ${element.tagName}.${element.getAttribute('class') ?? ''} ${element.textContent.trim().slice(0, 40)}`);
          }
          return [...new Set(faint)];
        }
        """;

    /// <summary>Texts on the axis of a chart of two drawings, one of them stretched, that are more than 2 px from the line they name, which the eye would read off wrongly.</summary>
    private const string AstrayScript =
        """
        () => [...document.querySelectorAll('.chart .axes')].flatMap(axes => {
          const middle = element => { const box = element.getBoundingClientRect(); return (box.top + box.bottom) / 2; };
          const [texts, lines] = [[...axes.querySelectorAll('.axis')], [...axes.querySelectorAll('.grid')]];
          if (texts.length < 2 || texts.length !== lines.length) return [`${texts.length} texts for ${lines.length} lines`];
          return texts.filter((text, i) => Math.abs(middle(text) - middle(lines[i])) > 2).map(text => text.textContent);
        })
        """;

    extension(IPage page)
    {
        /// <summary>Scrolls to each plot of a metric, which is when it is read, until all are drawn; then back to the top.</summary>
        public async Task DrawnAsync()
        {
            foreach (var plot in await page.Locator("metric-curves").AllAsync())
            {
                await plot.ScrollIntoViewIfNeededAsync();
                await plot.Locator("path.curve").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
            }

            await page.EvaluateAsync("() => scrollTo(0, 0)");
        }

        public async Task<string[]> AstrayTextsAsync() => await page.EvaluateAsync<string[]>(AstrayScript);

        public async Task<string[]> BeyondTheScreenAsync() => await page.EvaluateAsync<string[]>(BeyondScript);

        public async Task<string[]> FaintTextsAsync() => await page.EvaluateAsync<string[]>(FaintScript);

        /// <summary>Lightness of the page's ground, 0 (black) to 1 (white).</summary>
        public async Task<double> GroundAsync()
        {
            var channels = await page.EvaluateAsync<JsonElement>("() => getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).slice(0, 3).map(Number)");
            return channels!.EnumerateArray().Average(channel => channel.GetDouble()) / 255;
        }
    }

    /// <summary>Keeps a picture of the whole page in <c>artifacts/screenshots</c>.</summary>
    public static Task KeepAsync(IPage page, string name)
    {
        var artifacts = new DirectoryInfo(AppContext.BaseDirectory);
        while (artifacts is not null && artifacts.Name != "artifacts") artifacts = artifacts.Parent;
        return artifacts is null ? Task.CompletedTask : page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(artifacts.FullName, "screenshots", name + ".png"), FullPage = true });
    }
}
