using Microsoft.Playwright;

namespace Flyball.BrowserTests;

/// <summary>A page in the browser, and whatever it complained about.</summary>
public sealed class Tab : IAsyncDisposable
{
    private readonly IBrowserContext context;
    private readonly List<string> complaints = [];

    internal Tab(IBrowserContext context, IPage page)
    {
        (this.context, Page) = (context, page);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") Complain($"{message.Type}: {message.Text}");
        };
        page.PageError += (_, error) => Complain($"uncaught: {error}");
        page.Response += (_, response) =>
        {
            if (response.Status >= 400) Complain($"{response.Status}: {response.Url}");
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith("data:", StringComparison.Ordinal)) Asked.Add(new Uri(request.Url).Authority);
        };
    }

    public IPage Page { get; }

    /// <summary>Hosts that anything was asked from.</summary>
    public HashSet<string> Asked { get; } = [];

    /// <summary>Errors and warnings of the console, failed answers and uncaught exceptions so far.</summary>
    public IReadOnlyList<string> Complaints
    {
        get
        {
            lock (complaints) return [.. complaints];
        }
    }

    /// <summary>Goes to a page, whose own answer must be 200.</summary>
    public async Task GoAsync(string path)
    {
        var answer = await Page.GotoAsync(path, new PageGotoOptions { WaitUntil = WaitUntilState.Load });
        Assert.Equal(200, answer!.Status);
    }

    public Task<string> HeadingAsync() => Page.Locator("h1").InnerTextAsync();

    public async ValueTask DisposeAsync() => await context.DisposeAsync();

    private void Complain(string what)
    {
        lock (complaints) complaints.Add(what);
    }
}
