using EveKernel.Core;
using EveKernel.Core.Make;
using EveKernel.Core.Processes;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Writes a shell script that repeats the build by hand, and shows it.</summary>
[MSBuildMultiThreadableTask]
public sealed class WriteKernelCommands : KernelTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>The script's file, absolute.</summary>
    [Required]
    public string CommandsFile { get; set; } = "";

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken cancellation)
    {
        BuildPlan plan = BuildPlan.Read(PlanFile);
        string script = new CommandScript(plan).Create(DirectoryTargets.Resolve(plan.WorkTree, plan.SourceArch, plan.Directories));
        DurableFile.WriteAllText(CommandsFile, script);
        Say(script);
        Say($"The script stands in {CommandsFile}");
        return Task.CompletedTask;
    }
}
