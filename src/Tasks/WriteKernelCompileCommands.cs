using System.Globalization;
using EveKernel.Core;
using EveKernel.Core.Loop;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Writes compile_commands.json for the kernel that was built.</summary>
[MSBuildMultiThreadableTask]
public sealed class WriteKernelCompileCommands : KernelTask
{
    /// <summary>The plan that the key's task has written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>KernelCompileCommandsFile, absolute.</summary>
    [Required]
    public string CommandsFile { get; set; } = "";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        int count = await new CompileCommands(BuildPlan.Read(PlanFile), HostEnvironment).WriteAsync(CommandsFile, cancellation).ConfigureAwait(false);
        Say(string.Create(CultureInfo.InvariantCulture, $"{CommandsFile} says how {count} files are compiled."));
    }
}
