using System.Globalization;
using EveKernel.Core;
using EveKernel.Core.Diagnostics;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Runs make, and proves that the gates' directories were compiled.</summary>
[MSBuildMultiThreadableTask]
public sealed class MakeKernel : KernelMakeTask
{
    private int _told;

    /// <summary>KernelProgressInterval: how often to tell where make stands, in seconds; 0 is never.</summary>
    public string ProgressInterval { get; set; } = "0";

    /// <inheritdoc />
    protected override KernelBuild Create(BuildPlan plan) => new(plan, HostEnvironment, this)
    {
        ProgressInterval = !int.TryParse(ProgressInterval, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
            ? throw new KernelException(ErrorCodes.PropertyInvalid, $"KernelProgressInterval is '{ProgressInterval}'. Use a whole number of seconds, or 0 for never.")
            : seconds > 0 ? TimeSpan.FromSeconds(seconds) : Timeout.InfiniteTimeSpan,
        TellProgress = TellProgress,
    };

    /// <inheritdoc />
    protected override Task RunAsync(KernelBuild build, int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(build);
        return build.MakeAsync(jobs, withoutNetwork, cancellation);
    }

    // MSBuild's logger for terminals shows it only of a project that has said before that there is something to tell: see EveKernel.Tell.targets. The logger also shows the name of the target
    // that began last, which is then one that says what is going on.
    private void TellProgress(string text)
    {
        if (Interlocked.Exchange(ref _told, 1) == 0)
            BuildEngine.BuildProjectFile(null, ["_KernelTell", "KernelMaking"], null, null);
        Say(text);
    }
}
