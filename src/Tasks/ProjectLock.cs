using EveKernel.Core.Processes;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Keeps two builds of one project apart. It is taken with the key and let go when the package stands, or at the latest when the build ends, so it
/// spans several tasks: MSBuild keeps it for them.</summary>
internal static class ProjectLock
{
    /// <summary>Takes the lock, unless this build has it.</summary>
    /// <param name="engine">The task's engine.</param>
    /// <param name="intermediateFolder">The project's intermediate folder.</param>
    /// <param name="project">The project file, for those who wait.</param>
    /// <param name="onWait">Called with whom the build waits for.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>A task.</returns>
    internal static async Task TakeAsync(IBuildEngine4 engine, string intermediateFolder, string project, Action<string> onWait, CancellationToken cancellation)
    {
        if (engine.GetRegisteredTaskObject(Name(intermediateFolder), RegisteredTaskObjectLifetime.Build) is not null)
            return;
        FileLock taken = await FileLock.AcquireAsync(Path.Combine(intermediateFolder, ".lock"), project, onWait, cancellation).ConfigureAwait(false);
        engine.RegisterTaskObject(Name(intermediateFolder), taken, RegisteredTaskObjectLifetime.Build, allowEarlyCollection: false);
    }

    /// <summary>Lets go of the lock, if this build has it.</summary>
    /// <param name="engine">The task's engine.</param>
    /// <param name="intermediateFolder">The project's intermediate folder.</param>
    internal static void Release(IBuildEngine4 engine, string intermediateFolder) =>
        (engine.UnregisterTaskObject(Name(intermediateFolder), RegisteredTaskObjectLifetime.Build) as IDisposable)?.Dispose();

    private static string Name(string intermediateFolder) => $"EveKernel.ProjectLock:{intermediateFolder}";
}
