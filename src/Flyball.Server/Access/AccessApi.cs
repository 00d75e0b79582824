using Flyball.Client;
using Flyball.Foundation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Server.Access;

internal static class AccessApi
{
    extension(IEndpointRouteBuilder routes)
    {
        public void MapAccess()
        {
            routes.MapGet("/api/users", (Users users, CancellationToken cancel) => users.ListAsync(cancel)).Needs(Permission.Administer);
            routes.MapPost("/api/users", (AddUser body, Users users, HttpContext http, CancellationToken cancel) => users.AddAsync(body.Name, Parse(body.Role), http.Actor(), cancel)).Needs(Permission.Administer);
            routes.MapPost("/api/users/{name}/token", (string name, Users users, HttpContext http, CancellationToken cancel) => users.IssueAsync(name, http.Actor(), cancel)).Needs(Permission.Administer);
            routes.MapDelete("/api/users/{name}", (string name, Users users, HttpContext http, CancellationToken cancel) => users.RemoveAsync(name, http.Actor(), cancel)).Needs(Permission.Administer);
        }
    }

    private static Role Parse(string role) => Enum.TryParse<Role>(role, ignoreCase: true, out var known) && Enum.IsDefined(known) && !char.IsDigit(role[0])
        ? known
        : throw Refusal.Invalid("role-unknown", $"There is no role '{Refusal.Shown(role)}'; roles are {string.Join(", ", Enum.GetValues<Role>().Select(Users.Text))}.");
}
