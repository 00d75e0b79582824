using Flyball.Foundation;
using Flyball.Server.Projects;

namespace Flyball.Tests.Projects;

public sealed class A_file_that_cannot_be_read_any_more
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_told_of_keeps_no_other_from_its_loop_and_is_tried_once()
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
