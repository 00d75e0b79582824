using System.Net;
using System.Text;
using Flyball.Client;
using Flyball.Foundation;
using Flyball.Server.Projects;

namespace Flyball.Tests.Projects;

/// <summary>A project file that an earlier version took and this one would refuse.</summary>
public sealed class A_file_that_this_version_cannot_read
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keeps_no_other_project_from_its_loop_is_told_of_and_can_be_replaced()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        await flyball.UntilQuietAsync();
        await flyball.Server.Service<Db>().WriteAsync(tx => tx.ExecuteAsync("update projects set yaml = @yaml, digest = 'old' where name = 'straight'", new { yaml = "project: straight\nnonsense: 1\n" }), Cancel);
        await flyball.Client.ApplyAsync(new ApplyProject(LineProject.Yaml.Replace("straight", "other", StringComparison.Ordinal).Replace("  line:", "  crooked:", StringComparison.Ordinal), "flyball.yaml", flyball.Sources, flyball.Sources), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal("other", Assert.Single(await flyball.Client.ListProjectsAsync(Cancel)).Name);
        Assert.Equal(1, (await flyball.Client.GetDeploymentAsync("crooked", Cancel)).Version);
        using (var body = new StringContent("""{"instances": [{"x": 3}]}""", Encoding.UTF8, "application/json")) (await flyball.Http.PostAsync("/deployments/line/invocations", body, Cancel)).EnsureSuccessStatusCode();
        Assert.Contains("The file of straight cannot be read", WebUtility.HtmlDecode(await flyball.Http.GetStringAsync("/", Cancel)));
        using (var page = await flyball.Http.GetAsync("/projects/straight", Cancel)) Assert.Equal(HttpStatusCode.Conflict, page.StatusCode);

        await LineProject.ApplyAsync(flyball);
        var project = (await flyball.Client.ListProjectsAsync(Cancel)).Single(known => known.Name == "straight");
        Assert.Equal(2, project.Revision);
        Assert.DoesNotContain("cannot be read", await flyball.Http.GetStringAsync("/", Cancel));
    }

    [Fact]
    public async Task Is_read_once_however_often_it_is_asked_for()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await LineProject.ApplyAsync(flyball);
        var db = flyball.Server.Service<Db>();
        await db.WriteAsync(tx => tx.ExecuteAsync("insert into projects select 'other', replace(yaml, 'linear', 'bilinear'), folder, data_folder, 'd', 1, applied, applied_by, event from projects"), Cancel);
        await flyball.UntilQuietAsync();
        Assert.Equal(1, (await flyball.Client.GetDeploymentAsync("line", Cancel)).Version);
        Assert.Contains(await flyball.Client.ListAttentionAsync(Cancel), item => item.Title == "The file of other cannot be read by this version of Flyball");

        // reading takes long, and is asked for by every loop at every turn: the very same answer is given again
        var (once, again) = (Assert.Single(await db.ReadAsync(ProjectStore.UnreadableAsync, Cancel)), Assert.Single(await db.ReadAsync(ProjectStore.UnreadableAsync, Cancel)));
        Assert.Equal("other", once.Name);
        Assert.Same(once.Reason, again.Reason);
    }
}
