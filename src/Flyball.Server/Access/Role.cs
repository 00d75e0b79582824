using System.Collections.Frozen;

namespace Flyball.Server.Access;

/// <summary>What a route lets its caller do.</summary>
public enum Permission { Read = 0, Predict = 1, Label = 2, Write = 3, Approve = 4, Administer = 5, Work = 6, MoveAliases = 7 }

/// <summary>What a user is for. The numbers are stored and frozen.</summary>
public enum Role
{
    /// <summary>Looks at everything, changes nothing.</summary>
    Viewer = 0,

    /// <summary>Works on data, models and projects.</summary>
    Engineer = 1,

    /// <summary>Looks at everything and approves versions.</summary>
    Approver = 2,

    /// <summary>A program that asks for predictions and reports labels.</summary>
    Application = 3,

    /// <summary>Everything, users included.</summary>
    Admin = 4,

    /// <summary>A process that runs jobs.</summary>
    Worker = 5,
}

/// <summary>Whoever makes a request.</summary>
public sealed record Actor(string Name, Role Role)
{
    private static readonly FrozenDictionary<Role, FrozenSet<Permission>> Granted = new Dictionary<Role, FrozenSet<Permission>>
    {
        [Role.Viewer] = FrozenSet.Create(Permission.Read),
        [Role.Engineer] = FrozenSet.Create(Permission.Read, Permission.Predict, Permission.Label, Permission.Write, Permission.MoveAliases),
        [Role.Approver] = FrozenSet.Create(Permission.Read, Permission.Approve, Permission.MoveAliases),
        [Role.Application] = FrozenSet.Create(Permission.Predict, Permission.Label),
        [Role.Admin] = FrozenSet.Create(Permission.Read, Permission.Predict, Permission.Label, Permission.Write, Permission.Approve, Permission.Administer, Permission.Work, Permission.MoveAliases),
        [Role.Worker] = FrozenSet.Create(Permission.Work),
    }.ToFrozenDictionary();

    /// <summary>The owner of the machine, where the server listens on loopback and has no users.</summary>
    public static readonly Actor Owner = new("owner", Role.Admin);

    public bool May(Permission permission) => Granted[Role].Contains(permission);
}
