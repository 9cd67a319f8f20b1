using EveKernel.Core;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Rebuild;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Builds a second time in other surroundings, and compares.</summary>
[MSBuildMultiThreadableTask]
public sealed class CheckKernelRebuild : KernelTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>Where the first build's package is.</summary>
    [Required]
    public string PackageFolder { get; set; } = "";

    /// <summary>The time that packages are given.</summary>
    [Required]
    public string PackTime { get; set; } = "";

    /// <summary>Where NuGet's restore has left its files.</summary>
    [Required]
    public string RestoreFolder { get; set; } = "";

    /// <summary>KernelRebuildCheckRequire.</summary>
    [Required]
    public string Require { get; set; } = "";

    /// <summary>KernelNetwork: whether make may reach the network.</summary>
    public bool WithNetwork { get; set; }

    /// <summary>The dotnet program; empty is this process's.</summary>
    public string Dotnet { get; set; } = "";

    /// <summary>MSBuild.dll.</summary>
    [Required]
    public string MSBuild { get; set; } = "";

    /// <summary>The SDK's project for second builds.</summary>
    [Required]
    public string SecondProject { get; set; } = "";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        RequiredVariations require = Require switch
        {
            "none" => RequiredVariations.None,
            "possible" => RequiredVariations.Possible,
            "all" => RequiredVariations.All,
            _ => throw new KernelException(ErrorCodes.PropertyInvalid, $"KernelRebuildCheckRequire is '{Require}'. Use none, possible or all."),
        };
        BuildPlan plan = BuildPlan.Read(PlanFile);
        await TakeLockAsync(plan, cancellation).ConfigureAwait(false);
        RebuildCheck check = new(plan, PackageFolder, HostEnvironment, this);
        RebuildRequest request = new(Dotnet.Length > 0 ? Dotnet : System.Environment.ProcessPath!, MSBuild, SecondProject, RestoreFolder, PackTime);
        await WithCoresAsync(cores => check.RunAsync(request, require, cores, !WithNetwork, cancellation)).ConfigureAwait(false);
    }
}
