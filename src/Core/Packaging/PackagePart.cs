namespace EveKernel.Core.Packaging;

/// <summary>One of the packages that a build leaves. All have the build's version.</summary>
/// <param name="Suffix">What ends its id: empty for the one that boots or holds objects, else with a full stop before it.</param>
/// <param name="Folder">Where it stands below the output folder; empty for the output folder itself.</param>
/// <param name="Kind">The manifest's kind.</param>
public sealed record PackagePart(string Suffix, string Folder, string Kind)
{
    /// <summary>What boots.</summary>
    public static PackagePart Kernel { get; } = new("", "", "kernel");

    /// <summary>The objects of a build of directories.</summary>
    public static PackagePart Objects { get; } = new("", "", "objects");

    /// <summary>What programs and modules of others are compiled with.</summary>
    public static PackagePart Devel { get; } = new(".Devel", "devel", "devel");

    /// <summary>What a debugger or the reader of a crash dump needs.</summary>
    public static PackagePart Debug { get; } = new(".Debug", "debug", "debug");

    /// <summary>Where it is put together, below the intermediate folder.</summary>
    public string StageFolder => Named("stage");

    /// <summary>Where it is packed, below the intermediate folder.</summary>
    public string PackFolder => Named("package");

    private string Named(string name) => Folder.Length == 0 ? name : $"{name}-{Folder}";
}
