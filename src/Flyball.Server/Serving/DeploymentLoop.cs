using Flyball.Foundation;
using Flyball.Models;
using Flyball.Native;
using Flyball.Server.Projects;
using Flyball.Server.Registry;
using Microsoft.Extensions.Logging;

namespace Flyball.Server.Serving;

/// <summary>Lets every deployment serve its model's champion. A version that does not load or verify is refused once, and what was served before still is.</summary>
internal sealed partial class DeploymentLoop(ProjectStore projects, Registry.Models models, Gateway gateway, Db db, ObjectStore objects, Journal journal, TimeProvider time, ILogger<DeploymentLoop> logger) : ILoop
{
    private bool began;

    public string Name => "deployment";

    public async Task<bool> StepAsync(CancellationToken cancel)
    {
        var changed = false;
        if (!began)
        {
            // what was refused before the start may have been mended since
            await db.WriteAsync(DeploymentsSql.ForgetRefusalsAsync, cancel);
            began = true;
        }

        foreach (var project in await projects.ListAsync(cancel))
        {
            foreach (var model in project.File.Models) changed |= await GuardedAsync(model.Name, () => StepAsync(project.Name, model, cancel));
        }

        // what a project no longer names is served as it was
        foreach (var deployment in await db.ReadAsync(DeploymentsSql.ListAsync, cancel))
        {
            if (gateway.TryFind(deployment.Name) is null) changed |= await GuardedAsync(deployment.Name, () => TakeUpAsync(deployment, cancel));
        }

        // loading and verifying takes several times what a package keeps; nobody is answered yet
        if (changed && !gateway.IsReady) IdleMemory.GiveBack();
        gateway.Ready();
        return changed;
    }

    /// <summary>What keeps one deployment from being served keeps no other from it.</summary>
    private async Task<bool> GuardedAsync(string deployment, Func<Task<bool>> step)
    {
        try
        {
            return await step();
        }
        catch (Exception failed) when (failed is not OperationCanceledException and not OutOfMemoryException)
        {
            Log.Failed(logger, deployment, failed);
            return false;
        }
    }

    private async Task<bool> StepAsync(string project, ModelSpec spec, CancellationToken cancel)
    {
        var alias = (await models.AliasesAsync(spec.Name, cancel)).FirstOrDefault(known => known.Alias == Aliases.Champion);
        if (alias is null || gateway.TryFind(spec.Name)?.Version == alias.Version) return false;
        var (present, refusal) = await db.ReadAsync(async tx => (await DeploymentsSql.FindAsync(tx, spec.Name), await DeploymentsSql.RefusalAsync(tx, spec.Name, alias.Version)), cancel);
        if (present?.Version == alias.Version || refusal is not null) return false;
        var version = await models.GetAsync(spec.Name, alias.Version, cancel);
        ServedModel served;
        try
        {
            served = await ServedModel.LoadAsync(spec.Name, version, objects, cancel);
        }
        catch (PackageException broken)
        {
            await RefuseAsync(project, spec.Name, alias.Version, broken.Message, alias.Event, cancel);
            return true;
        }

        await db.WriteAsync(
            async tx =>
            {
                var happened = new DeploymentChanged(project, spec.Name, spec.Name, version.Version, version.Digest, present?.Version, spec.Deploy.Strategy.ToString().ToLowerInvariant(), served.Package.Features.Interpreted);
                var entry = await journal.AppendAsync(tx, happened, "flyball", alias.Event);
                var deployment = new Deployment(spec.Name, project, spec.Name, version.Version, version.Digest, time.GetUtcNow(), entry);
                await DeploymentsSql.PutAsync(tx, deployment);
                await Links.AddAsync(tx, deployment.Ref, "serves", version.Ref);
            },
            cancel);
        CrashPoint.Reached("deploy.before-swap");
        gateway.Swap(served);
        return true;
    }

    /// <summary>After a start: the version that was served when the server ended.</summary>
    private async Task<bool> TakeUpAsync(Deployment deployment, CancellationToken cancel)
    {
        if (await db.ReadAsync(tx => DeploymentsSql.RefusalAsync(tx, deployment.Name, deployment.Version), cancel) is not null) return false;
        try
        {
            gateway.Swap(await ServedModel.LoadAsync(deployment.Name, await models.GetAsync(deployment.Model, deployment.Version, cancel), objects, cancel));
        }
        catch (PackageException broken)
        {
            await RefuseAsync(deployment.Project, deployment.Name, deployment.Version, broken.Message, deployment.Event, cancel);
        }

        return true;
    }

    private async Task RefuseAsync(string project, string deployment, int version, string reason, string cause, CancellationToken cancel)
    {
        await db.WriteAsync(
            async tx =>
            {
                var entry = await journal.AppendAsync(tx, new DeploymentRefused(project, deployment, deployment, version, reason), "flyball", cause);
                await DeploymentsSql.RefuseAsync(tx, deployment, version, reason, entry);
            },
            cancel);
        gateway.Refuse(deployment, version, reason);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The deployment {Deployment} could not be brought up to date; it is tried again.")]
        public static partial void Failed(ILogger logger, string deployment, Exception failure);
    }
}
