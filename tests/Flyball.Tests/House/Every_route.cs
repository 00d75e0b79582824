using System.Net;
using Flyball.Client;
using Flyball.Server.Access;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace Flyball.Tests.House;

public sealed class Every_route
{
    private static readonly string[] Public = ["/health", "/version", "/api/2.0/mlflow-artifacts/mpu/parts/{id}/{number}", "/api/2.0/mlflow-artifacts/signed/{**path}", "/v2/health/live", "/v2/health/ready", "/ui/{file}", "/sign-in", "/sign-out"];

    [Fact]
    public async Task Is_behind_access_or_on_the_short_public_list()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var routes = Routes(flyball);
        Assert.True(routes.Count > 30);
        foreach (var route in routes)
        {
            var access = route.Metadata.GetMetadata<RouteAccess>();
            Assert.True(access is not null, $"{route.RoutePattern.RawText} states no permission");
            Assert.True(access.Permission is not null || Public.Contains(route.RoutePattern.RawText), $"{route.RoutePattern.RawText} is open");
        }
    }

    [Fact]
    public async Task Refuses_a_stranger_once_there_are_users_and_journals_nothing_of_it()
    {
        await using var flyball = await TestFlyball.StartAsync();
        await flyball.Client.AddUserAsync(new AddUser("someone@example.org", "viewer"), TestContext.Current.CancellationToken);
        var before = (await flyball.JournalAsync()).Count;
        foreach (var route in Routes(flyball).Where(route => route.Metadata.GetMetadata<RouteAccess>()!.Permission is not null))
        {
            var path = System.Text.RegularExpressions.Regex.Replace(route.RoutePattern.RawText!, @"\{[^}]*\}", "1");
            foreach (var method in route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), path);
                using var answer = await flyball.Http.SendAsync(request, TestContext.Current.CancellationToken);
                Assert.True(answer.StatusCode == HttpStatusCode.Unauthorized, $"{method} {path} answered {(int)answer.StatusCode}");
            }
        }

        Assert.Equal(before, (await flyball.JournalAsync()).Count);
    }

    [Fact]
    public async Task Takes_and_gives_records_whose_json_was_made_when_the_program_was_built()
    {
        await using var flyball = await TestFlyball.StartAsync();
        var spoken = Routes(flyball).SelectMany(route => route.Metadata.OfType<IAcceptsMetadata>().Select(taken => taken.RequestType).Concat(route.Metadata.OfType<IProducesResponseTypeMetadata>().Select(given => given.Type)));
        var records = typeof(FlyballClient).Assembly.GetExportedTypes().Where(type => type.GetMethod("<Clone>$") is not null);
        var wire = spoken.OfType<Type>().Where(type => type.Assembly == typeof(FlyballClient).Assembly || type.GenericTypeArguments.Any(part => part.Assembly == typeof(FlyballClient).Assembly)).Concat(records).Distinct().ToList();
        Assert.True(wire.Count > 80, $"{wire.Count} types");
        Assert.DoesNotContain(wire, type => FlyballJson.Default.GetTypeInfo(type) is null);
    }

    private static List<RouteEndpoint> Routes(TestFlyball flyball) => [.. flyball.Server.Service<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Where(route => route.Metadata.GetMetadata<HttpMethodMetadata>() is not null)];
}
