using EveKernel.Core.Diagnostics;
using EveKernel.Core.Loop;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Shows where everything of a project is, and how it stands.</summary>
[MSBuildMultiThreadableTask]
public sealed class ShowKernel : KernelEditTask
{
    /// <summary>The project file, absolute.</summary>
    [Required]
    public string ProjectFile { get; set; } = "";

    /// <summary>The project's intermediate folder, absolute.</summary>
    [Required]
    public string IntermediateFolder { get; set; } = "";

    /// <summary>Where the results stand, absolute.</summary>
    [Required]
    public string OutputFolder { get; set; } = "";

    /// <summary>Where the packages go, absolute.</summary>
    [Required]
    public string PackageFolder { get; set; } = "";

    /// <summary>The KernelPatchSeries items' full paths, in order.</summary>
    public string[] Series { get; set; } = [];

    /// <summary>The plan, where one could be made.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>Why none could be made.</summary>
    public string? KeyProblem { get; set; }

    /// <summary>KernelShowFormat: <c>text</c> or <c>json</c>.</summary>
    [Required]
    public string Format { get; set; } = "";

    /// <summary>What is shown, as JSON.</summary>
    [Output]
    public string Json { get; set; } = "";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        if (Format is not ("text" or "json"))
            throw new KernelException(ErrorCodes.PropertyInvalid, $"KernelShowFormat is '{Format}'. Use text or json.");
        ViewRequest request = new(
            ProjectFile, IntermediateFolder, OutputFolder, PackageFolder, [.. Series], PlanFile, string.IsNullOrEmpty(KeyProblem) ? null : KeyProblem);
        ProjectView view = await ProjectView.LookAsync(request, Tree, cancellation).ConfigureAwait(false);
        Json = view.ToJson();
        Say(Format == "json" ? Json : view.ToText());
    }
}
