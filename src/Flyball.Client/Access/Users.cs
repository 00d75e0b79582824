namespace Flyball.Client;

/// <summary>A named user.</summary>
public sealed record UserInfo(string Name, string Role, DateTimeOffset Created);

/// <summary>Asks for a new user.</summary>
public sealed record AddUser(string Name, string Role);

/// <summary>A token, in clear this once.</summary>
public sealed record NewToken(string Name, string Role, string Token);

public sealed partial class FlyballClient
{
    public Task<IReadOnlyList<UserInfo>> ListUsersAsync(CancellationToken cancel) => GetAsync<IReadOnlyList<UserInfo>>("/api/users", cancel);

    public Task<NewToken> AddUserAsync(AddUser user, CancellationToken cancel) => PostAsync<NewToken>("/api/users", user, cancel);

    public Task<NewToken> IssueTokenAsync(string name, CancellationToken cancel) => PostAsync<NewToken>($"/api/users/{Escape(name)}/token", null, cancel);

    public Task RemoveUserAsync(string name, CancellationToken cancel) => DeleteAsync($"/api/users/{Escape(name)}", cancel);
}
