using Flyball.Tests.Registry;

namespace Flyball.Tests.Overview;

public sealed class The_page_of_a_project
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tells_what_no_gate_has_judged_from_what_gates_refused()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        Assert.DoesNotContain("not judged", await flyball.Http.GetStringAsync("/projects/straight", Cancel));
        await flyball.RegisterAsync("line", await flyball.RunWithAsync(("model/a.json", "{}")), "model");
        var page = await flyball.Http.GetStringAsync("/projects/straight", Cancel);
        Assert.Contains("line v2", page);
        Assert.Contains("passed its gates", page);
        Assert.Contains("not judged", page);
        Assert.DoesNotContain("refused by its gates", page);
    }
}
