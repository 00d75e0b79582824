using System.CommandLine;

namespace Flyball.Server.Features;

internal static class FeaturesCommands
{
    public static IEnumerable<Command> All()
    {
        yield return new Command("features", "Features as they were at a time.") { JoinCommand.Join() };
    }
}
