using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Flyball.BrowserTests.Browser))]

namespace Flyball.BrowserTests;

/// <summary>One headless Chromium of this machine for all tests.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-headless-shell", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private IPlaywright? playwright;
    private IBrowser? chromium;

    public async ValueTask InitializeAsync()
    {
        if (Places.FirstOrDefault(File.Exists) is not { } program) return;
        playwright = await Playwright.CreateAsync();
        chromium = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = program, Headless = true });
    }

    /// <summary>A tab with cookies and storage of its own. Skips the test where there is no Chromium.</summary>
    public async Task<Tab> OpenAsync(Uri server, int width = 1400, bool dark = false)
    {
        Assert.SkipWhen(chromium is null, "Chromium is not installed: apt-get install chromium");
        var context = await chromium!.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = server.ToString(),
            ViewportSize = new ViewportSize { Width = width, Height = 900 },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(30_000);
        return new Tab(context, await context.NewPageAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (chromium is not null) await chromium.DisposeAsync();
        playwright?.Dispose();
    }
}
