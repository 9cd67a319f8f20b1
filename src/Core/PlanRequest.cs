using System.Collections.Immutable;
using EveKernel.Core.Packaging;

namespace EveKernel.Core;

/// <summary>A project's properties and items, as they were typed. Paths of the project's own are relative to its folder; those of series and fragments are
/// absolute. The properties' meaning is that of the project file's reference.</summary>
public sealed record PlanRequest
{
    /// <summary>The project file, absolute.</summary>
    public required string ProjectFile { get; init; }

    /// <summary>The project's intermediate folder, absolute.</summary>
    public required string IntermediateFolder { get; init; }

    /// <summary>Where the results stand, absolute.</summary>
    public required string OutputFolder { get; init; }

    /// <summary>The shared cache, absolute.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>The SDK package's folder, absolute.</summary>
    public required string SdkFolder { get; init; }

    /// <summary>KernelRepository.</summary>
    public string? Repository { get; init; }

    /// <summary>KernelBranch.</summary>
    public string? Branch { get; init; }

    /// <summary>KernelCommit.</summary>
    public string? Commit { get; init; }

    /// <summary>KernelAllowFloating.</summary>
    public bool AllowFloating { get; init; }

    /// <summary>KernelArchive.</summary>
    public string? Archive { get; init; }

    /// <summary>KernelArchiveSha256.</summary>
    public string? ArchiveSha256 { get; init; }

    /// <summary>KernelSourceDirectory.</summary>
    public string? SourceDirectory { get; init; }

    /// <summary>KernelPatchSeries.</summary>
    public ImmutableArray<string> Series { get; init; } = [];

    /// <summary>Whether KernelPatchAlreadyApplied is <c>error</c>.</summary>
    public bool AlreadyAppliedIsError { get; init; }

    /// <summary>KernelArch.</summary>
    public required string Arch { get; init; }

    /// <summary>make's ARCH.</summary>
    public required string MakeArch { get; init; }

    /// <summary>The folder below arch/.</summary>
    public required string SourceArch { get; init; }

    /// <summary>make's target for the image.</summary>
    public required string ImageTarget { get; init; }

    /// <summary>The image below O=.</summary>
    public required string ImagePath { get; init; }

    /// <summary>KernelFlavor.</summary>
    public required string Flavor { get; init; }

    /// <summary>KernelConfigFlavor, or empty.</summary>
    public string ConfigFlavor { get; init; } = "";

    /// <summary>KernelDefconfig.</summary>
    public string? Defconfig { get; init; }

    /// <summary>KernelConfigFragment.</summary>
    public ImmutableArray<string> Fragments { get; init; } = [];

    /// <summary>KernelAllowLocalVersionAuto.</summary>
    public bool AllowLocalVersionAuto { get; init; }

    /// <summary>KernelCompiler.</summary>
    public string Compiler { get; init; } = "gcc";

    /// <summary>KernelCompilerLauncher, or empty.</summary>
    public string CompilerLauncher { get; init; } = "";

    /// <summary>KernelSign, or empty.</summary>
    public string Sign { get; init; } = "";

    /// <summary>KernelSignKey, or empty.</summary>
    public string SignKey { get; init; } = "";

    /// <summary>KernelGitBackend.</summary>
    public string GitBackend { get; init; } = "git";

    /// <summary>KernelCompilerCacheLimit, or empty.</summary>
    public string CompilerCacheLimit { get; init; } = "";

    /// <summary>KernelCompilerCacheRemote, or empty.</summary>
    public string CompilerCacheRemote { get; init; } = "";

    /// <summary>KernelCrossCompile, or empty.</summary>
    public string CrossCompile { get; init; } = "";

    /// <summary>KernelWarnings, or empty.</summary>
    public string Warnings { get; init; } = "";

    /// <summary>KernelDirectory.</summary>
    public ImmutableArray<string> Directories { get; init; } = [];

    /// <summary>KernelGate.</summary>
    public ImmutableArray<string> Gates { get; init; } = [];

    /// <summary>KernelDevelPackage and KernelDebugPackage: the packages that are wanted beside the kernel.</summary>
    public ImmutableArray<PackagePart> Extras { get; init; } = [];

    /// <summary>KernelRevision.</summary>
    public int Revision { get; init; }

    /// <summary>KernelToolchain, or empty.</summary>
    public string ToolchainRequirement { get; init; } = "";

    /// <summary>Whether the lock's toolchain may stand for the host's, since a finished result is looked for.</summary>
    public LockedToolchainUse LockedToolchain { get; init; }

    /// <summary>KernelToolchainArchive.</summary>
    public string? ToolchainArchive { get; init; }

    /// <summary>KernelToolchainArchiveSha256.</summary>
    public string? ToolchainArchiveSha256 { get; init; }

    /// <summary>Whether only what is known already is used, and nothing is fetched or read from a tree.</summary>
    public bool KnownOnly { get; init; }

    /// <summary>Whether the source is an edit tree: its kernel has one release whatever is edited, so that an edit compiles only what it touches.</summary>
    public bool IsEdited { get; init; }

    /// <summary>The lock file, absolute.</summary>
    public string LockFile { get; init; } = "";

    /// <summary>What is done with it.</summary>
    public LockUse LockUse { get; init; }
}

/// <summary>When the lock's toolchain stands for the host's.</summary>
public enum LockedToolchainUse
{
    /// <summary>Never.</summary>
    Never,

    /// <summary>Where the host has none, or where only what is locked may be taken and the host's is another. Before anything is compiled, the host's is
    /// held against it.</summary>
    WhereNeeded,

    /// <summary>Always: nothing will be compiled.</summary>
    Always,
}
