using Microsoft.AspNetCore.Builder;

namespace Flyball.Server.Access;

/// <summary>What a route needs; null is open to everybody.</summary>
public sealed record RouteAccess(Permission? Permission);

/// <summary>How routes say who may use them.</summary>
public static class RouteAccessConventions
{
    extension<TBuilder>(TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        public TBuilder Needs(Permission permission) => builder.WithMetadata(new RouteAccess(permission));

        /// <summary>Open without a token. The test of routes holds the short list of those.</summary>
        public TBuilder Open() => builder.WithMetadata(new RouteAccess((Permission?)null));
    }
}
