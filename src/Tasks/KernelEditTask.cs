using EveKernel.Core.Loop;
using EveKernel.Core.Source;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>What the tasks of the maintainer's loop share: the edit tree.</summary>
public abstract class KernelEditTask : KernelTask
{
    /// <summary>KernelEditDirectory, absolute.</summary>
    [Required]
    public string EditFolder { get; set; } = "";

    /// <summary>The edit tree.</summary>
    protected EditTree Tree => new(new GitCli(HostEnvironment), EditFolder);
}
