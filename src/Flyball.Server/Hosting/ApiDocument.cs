using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Flyball.Server.Hosting;

/// <summary>The OpenAPI document of every route that programs use. Pages and assets are left out, and so are the second names of MLflow's routes.</summary>
internal static class ApiDocument
{
    public static void Configure(OpenApiOptions options)
    {
        options.ShouldInclude = route => route.RelativePath is { } path && (route.HttpMethod != "HEAD" || !path.StartsWith("api/2.0", StringComparison.Ordinal)) && (path.StartsWith("api/", StringComparison.Ordinal) || path.StartsWith("v2", StringComparison.Ordinal)
            || path.EndsWith("/invocations", StringComparison.Ordinal) || path.EndsWith("/ping", StringComparison.Ordinal) || path is "health" or "version");
        options.AddOperationTransformer((operation, context, _) =>
        {
            var path = context.Description.RelativePath?.Split('/') ?? [];
            var tag = path switch { ["api", "2.0", ..] => "mlflow", ["v2", ..] => "open-inference", ["api", var thing, ..] => thing, ["deployments", ..] => "deployments", _ => "server" };
            // routes that are bare delegates do not say what their path holds
            foreach (var name in path.Where(part => part.StartsWith('{')).Select(part => part.Trim('{', '}', '*').Split(':')[0]).Where(name => operation.Parameters?.Any(known => known.Name == name) is not true))
            {
                (operation.Parameters ??= []).Add(new OpenApiParameter { Name = name, In = ParameterLocation.Path, Required = true, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
            }

            operation.Tags = new HashSet<OpenApiTagReference> { new(tag, context.Document) };
            return Task.CompletedTask;
        });
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo { Title = "Flyball", Version = Product.Version, Description = "Experiments, datasets, models, deployments, monitoring and retraining." };
            document.Servers = [];
            var tags = document.Paths.Values.SelectMany(path => path.Operations is { } operations ? operations.Values.AsEnumerable() : []).SelectMany(operation => operation.Tags ?? new HashSet<OpenApiTagReference>()).Select(tag => tag.Reference.Id!);
            document.Tags = tags.Distinct().Order(StringComparer.Ordinal).Select(tag => new OpenApiTag { Name = tag }).ToHashSet();
            return Task.CompletedTask;
        });
    }
}
