using Flyball.Server.Tracking.Pages;
using Flyball.Server.Training;

namespace Flyball.Tests.Tracking;

public sealed class Where_code_is
{
    private const string One = "0123456789abcdef0123456789abcdef01234567";
    private const string Other = "fedcba9876543210fedcba9876543210fedcba98";

    [Theory]
    [InlineData("https://github.com/team/model", "https://github.com/team/model/commit/", "https://github.com/team/model/compare/A...B")]
    [InlineData("https://someone:secret@github.com/team/model.git", "https://github.com/team/model/commit/", "https://github.com/team/model/compare/A...B")]
    [InlineData("git@github.com:team/model.git", "https://github.com/team/model/commit/", "https://github.com/team/model/compare/A...B")]
    [InlineData("ssh://git@git.example.org:2222/team/model.git", "https://git.example.org/team/model/commit/", "https://git.example.org/team/model/compare/A...B")]
    [InlineData("http://git.example.org:3000/team/model/", "http://git.example.org:3000/team/model/commit/", "http://git.example.org:3000/team/model/compare/A...B")]
    [InlineData("git@gitlab.example.org:group/sub/model.git", "https://gitlab.example.org/group/sub/model/-/commit/", "https://gitlab.example.org/group/sub/model/-/compare/A...B")]
    [InlineData("https://bitbucket.org/team/model", "https://bitbucket.org/team/model/commits/", "https://bitbucket.org/team/model/branches/compare/B..A")]
    [InlineData("https://dev.azure.com/team/project/_git/model", "https://dev.azure.com/team/project/_git/model/commit/", "https://dev.azure.com/team/project/_git/model/branchCompare?baseVersion=GCA&targetVersion=GCB")]
    public void Is_where_its_host_shows_it(string repository, string commit, string between)
    {
        Assert.Equal(commit + One, CodeLinks.Commit(repository, One));
        Assert.Equal(between.Replace("A", One, StringComparison.Ordinal).Replace("B", Other, StringComparison.Ordinal), CodeLinks.Between(repository, One, Other));
    }

    [Theory]
    [InlineData("javascript:alert(1)//x/y", One)]
    [InlineData("file:///etc/passwd", One)]
    [InlineData("/home/someone/model", One)]
    [InlineData("../model", One)]
    [InlineData("", One)]
    [InlineData(null, One)]
    [InlineData("https://github.com", One)]
    [InlineData("https://github.com/team/model", "main")]
    [InlineData("https://github.com/team/model", "../../../evil")]
    [InlineData("https://github.com/team/model", null)]
    public void Is_nowhere_unless_both_are_what_they_should_be(string? repository, string? commit)
    {
        Assert.Null(CodeLinks.Commit(repository, commit));
        Assert.Null(CodeLinks.Between(repository, One, commit == One ? Other : commit) is { } link && CodeLinks.Commit(repository, One) is null ? link : null);
    }

    [Theory]
    [InlineData("https://someone:ghp_secret@github.com/team/model.git?token=secret#secret", "https://github.com/team/model.git")]
    [InlineData("https://github.com/team/model.git", "https://github.com/team/model.git")]
    [InlineData("git@github.com:team/model.git", "ssh://github.com/team/model.git")]
    [InlineData("ssh://git@git.example.org:2222/team/model.git", "ssh://git.example.org:2222/team/model.git")]
    [InlineData("/srv/secret/model.git", null)]
    [InlineData("file:///srv/secret/model.git", null)]
    [InlineData("../model", null)]
    public void Is_recorded_without_what_signs_in_and_never_as_a_path_of_this_machine(string origin, string? recorded) => Assert.Equal(recorded, CodeState.WithoutSecrets(origin));
}
