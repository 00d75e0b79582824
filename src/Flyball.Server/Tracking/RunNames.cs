using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Flyball.Server.Tracking;

/// <summary>Names for runs that were given none: an adjective, a noun and a number, from the run's id.</summary>
internal static class RunNames
{
    private static readonly string[] Adjectives =
    [
        "able", "agile", "amber", "bold", "brave", "brisk", "bright", "calm", "clear", "clever", "crisp", "eager", "early", "fair", "fleet", "fond", "gentle", "glad", "golden", "grand", "handy", "happy", "hardy", "honest",
        "humble", "keen", "kind", "lively", "loyal", "lucky", "mellow", "merry", "mild", "neat", "nimble", "noble", "patient", "placid", "plucky", "polite", "proud", "quick", "quiet", "rapid", "ready", "round", "rustic",
        "sage", "serene", "sharp", "silent", "sleek", "smart", "smooth", "snappy", "solid", "spry", "steady", "stout", "sunny", "swift", "tidy", "vivid", "warm", "wise", "witty", "zesty",
    ];

    private static readonly string[] Nouns =
    [
        "ant", "auk", "badger", "bass", "bear", "beaver", "bee", "bison", "boar", "carp", "cat", "colt", "cow", "crab", "crane", "crow", "cub", "deer", "dove", "duck", "eel", "elk", "ewe", "falcon", "finch", "fish", "fly", "foal",
        "fox", "frog", "gnat", "goat", "goose", "grouse", "gull", "hare", "hawk", "hen", "heron", "horse", "ibis", "jay", "kid", "kit", "lamb", "lark", "lion", "lynx", "mare", "mink", "mole", "moose", "moth", "mouse", "mule",
        "newt", "otter", "owl", "ox", "panda", "pug", "quail", "ram", "rat", "robin", "seal", "shad", "sheep", "shrew", "skunk", "slug", "smelt", "snail", "snipe", "sow", "squid", "stag", "stork", "swan", "toad", "trout",
        "turtle", "vole", "wasp", "whale", "wolf", "wren", "yak",
    ];

    public static string Of(string id)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(id)).AsSpan();
        return $"{Adjectives[BinaryPrimitives.ReadUInt32LittleEndian(hash) % (uint)Adjectives.Length]}-{Nouns[BinaryPrimitives.ReadUInt32LittleEndian(hash[4..]) % (uint)Nouns.Length]}-{BinaryPrimitives.ReadUInt32LittleEndian(hash[8..]) % 1000}";
    }
}
