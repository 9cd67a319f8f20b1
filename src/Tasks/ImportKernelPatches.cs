using System.Collections.Immutable;
using EveKernel.Core.Loop;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Takes commits of the edit tree, or of another repository, into the series.</summary>
[MSBuildMultiThreadableTask]
public sealed class ImportKernelPatches : KernelEditTask
{
    /// <summary>The KernelPatchSeries items' full paths, in order.</summary>
    [Required]
    public string[] Series { get; set; } = [];

    /// <summary>KernelImport: a commit or a range, or empty.</summary>
    public string? Range { get; set; }

    /// <summary>KernelImportRepository: a path relative to the project, a URL, or empty.</summary>
    public string? Repository { get; set; }

    /// <summary>The project's folder.</summary>
    [Required]
    public string ProjectFolder { get; set; } = "";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        string repository = Repository is { Length: > 0 } given ? Locate(given, ProjectFolder) : "";
        PatchImporter importer = new(Tree, this);
        ImmutableArray<string> made = await importer.ImportAsync([.. Series], Range ?? "", repository, cancellation).ConfigureAwait(false);
        Say(made.IsEmpty ? "No commit stands on top of the series." : string.Join('\n', made.Select(file => $"Wrote {file}")));
    }
}
