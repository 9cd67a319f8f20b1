using System.Collections.Immutable;
using System.Text.Json.Serialization;
using EveKernel.Core.Make;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core;

/// <summary>What a build will do, decided in full before anything is fetched into a work tree: the record that every later stage reads.</summary>
public sealed record BuildPlan
{
    /// <summary>The project file.</summary>
    public required string ProjectFile { get; init; }

    /// <summary>The project's own folder for what is on the way.</summary>
    public required string IntermediateFolder { get; init; }

    /// <summary>Where the results will stand.</summary>
    public required string OutputFolder { get; init; }

    /// <summary>The shared store of git objects.</summary>
    public required string Store { get; init; }

    /// <summary>The repository of a git source, or null.</summary>
    public string? Repository { get; init; }

    /// <summary>The branch of a git source, or null.</summary>
    public string? Branch { get; init; }

    /// <summary>The archive of an archive source, or null.</summary>
    public string? Archive { get; init; }

    /// <summary>That archive's digest, or null.</summary>
    public string? ArchiveSha256 { get; init; }

    /// <summary>What is known of the source.</summary>
    public required SourceRecord Source { get; init; }

    /// <summary>The series files, in order.</summary>
    public required ImmutableArray<string> Series { get; init; }

    /// <summary>Whether a patch that the tree holds already is an error.</summary>
    public required bool AlreadyAppliedIsError { get; init; }

    /// <summary>The architecture, as EVE names it.</summary>
    public required string Arch { get; init; }

    /// <summary>The flavor, as EVE names it.</summary>
    public string Flavor { get; init; } = "";

    /// <summary>make's ARCH.</summary>
    public required string MakeArch { get; init; }

    /// <summary>The folder below arch/.</summary>
    public required string SourceArch { get; init; }

    /// <summary>make's target for the image.</summary>
    public required string ImageTarget { get; init; }

    /// <summary>The image below O=.</summary>
    public required string ImagePath { get; init; }

    /// <summary>The base configuration.</summary>
    public required string Defconfig { get; init; }

    /// <summary>The fragments, in order.</summary>
    public required ImmutableArray<string> Fragments { get; init; }

    /// <summary>Whether CONFIG_LOCALVERSION_AUTO=y is let through.</summary>
    public required bool AllowLocalVersionAuto { get; init; }

    /// <summary>The compiler.</summary>
    public required string Compiler { get; init; }

    /// <summary>The compiler's launcher, or empty.</summary>
    public required string CompilerLauncher { get; init; }

    /// <summary>The local compiler cache's bound, or empty.</summary>
    public string CompilerCacheLimit { get; init; } = "";

    /// <summary>The compiler cache's remote store, or empty.</summary>
    public string CompilerCacheRemote { get; init; } = "";

    /// <summary>The cross prefix, or empty.</summary>
    public required string CrossCompile { get; init; }

    /// <summary>kbuild's W=, or empty.</summary>
    public required string Warnings { get; init; }

    /// <summary>The directories to build, or none for the whole kernel.</summary>
    public required ImmutableArray<string> Directories { get; init; }

    /// <summary>The directories that must be compiled, cleanly.</summary>
    public required ImmutableArray<string> Gates { get; init; }

    /// <summary>make's LOCALVERSION.</summary>
    public required string LocalVersion { get; init; }

    /// <summary>The programs that can change a byte.</summary>
    public required ImmutableArray<Tool> Toolchain { get; init; }

    /// <summary>Whether they are the lock's, and the host's were not held against them.</summary>
    public bool ToolchainFromLock { get; init; }

    /// <summary>The toolchain's archive, or null.</summary>
    public string? ToolchainArchive { get; init; }

    /// <summary>That archive's digest, or null.</summary>
    public string? ToolchainArchiveSha256 { get; init; }

    /// <summary>The shared cache.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>The project's lock file, which holds what is known of the source and the toolchain.</summary>
    public string LockFile { get; init; } = "";

    /// <summary>The text of the key, as key.txt has it.</summary>
    public required string KeyText { get; init; }

    /// <summary>The key.</summary>
    public required string Key { get; init; }

    /// <summary>The package's id.</summary>
    public required string PackageId { get; init; }

    /// <summary>The package's version.</summary>
    public required string PackageVersion { get; init; }

    /// <summary>The folder with the Kconfig helper's source.</summary>
    public required string KconfigHelper { get; init; }

    /// <summary>What a package gives to the projects that use it.</summary>
    public string ConsumerTargets { get; init; } = "";

    /// <summary>Whether a tree that somebody edits is checked out from its snapshot instead of being compiled where it is: the rebuild check's is in another place.</summary>
    public bool SeparateTree { get; init; }

    /// <summary>What make sees besides: the rebuild check's other clock. Empty in any other build.</summary>
    public ImmutableSortedDictionary<string, string> Besides { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Whether make shares the host's cores with the makes of other builds; one that is given a number of jobs does not.</summary>
    public bool SharesCores { get; init; } = true;

    /// <summary>What <c>uname -r</c> will say.</summary>
    public string Release => Source.KernelVersion + LocalVersion;

    /// <summary>Where the toolchain's archive is unpacked, or null.</summary>
    public string? ToolchainFolder => ToolchainArchiveSha256 is null ? null : Packaging.ToolchainArchive.FolderOf(CacheFolder, ToolchainArchiveSha256);

    /// <summary>The tree that is compiled: a checked out one of the project's own, or the one that somebody edits.</summary>
    public string WorkTree => Source.Directory is not null && Series.IsEmpty && !SeparateTree ? Source.Directory : Path.Combine(IntermediateFolder, "tree");

    /// <summary>make's O=.</summary>
    public string ObjectTree => Path.Combine(IntermediateFolder, "out");

    /// <summary>The launcher.</summary>
    [JsonIgnore]
    public CompilerLauncher Launcher => Make.CompilerLauncher.Parse(CompilerLauncher);

    /// <summary>The digests of the programs that can change a byte, which the objects in <see cref="ObjectTree"/> were made by.</summary>
    internal string ToolsFile => Path.Combine(IntermediateFolder, "tools.txt");

    /// <summary>Where a compiler cache keeps objects, shared by all projects.</summary>
    internal CompilerCache CompilerCache =>
        new(CacheFolder, CompilerCacheLimit, CompilerCacheRemote, ToolsFile, Path.Combine(IntermediateFolder, "ccache.log"));

    /// <summary>make's log, which stands beside the results.</summary>
    public string LogFile => Path.Combine(OutputFolder, "make.log");

    /// <summary>The packages that are wanted beside the kernel.</summary>
    public ImmutableArray<PackagePart> Extras { get; init; } = [];

    /// <summary>KernelGitBackend.</summary>
    public string GitBackend { get; init; } = "git";

    /// <summary>KernelSign, or empty.</summary>
    public string Sign { get; init; } = "";

    /// <summary>The file of the key that signs, or gpg's name of one; or empty.</summary>
    public string SignKey { get; init; } = "";

    /// <summary>What signs the provenance, or null.</summary>
    [JsonIgnore]
    public SignatureTool? Signature => SignatureTool.TryFind(Sign);

    /// <summary>The output folder of another build of this plan, whose signatures are good for this one's statements if they are the same; or empty.</summary>
    public string SignaturesFrom { get; init; } = "";

    /// <summary>What the package is.</summary>
    public PackageKind Kind => Directories.IsEmpty ? PackageKind.Kernel : PackageKind.Objects;

    /// <summary>All packages that the build leaves, the one that boots or holds objects first.</summary>
    [JsonIgnore]
    public ImmutableArray<PackagePart> Parts => [Kind == PackageKind.Kernel ? PackagePart.Kernel : PackagePart.Objects, .. Extras];

    /// <summary>The source as the project pins it.</summary>
    public SourcePin Pin => Source.Directory is { } folder ? new DirectoryPin(folder)
        : Archive is not null ? new ArchivePin(Archive, ArchiveSha256!)
        : new GitPin(Repository!, Branch, Source.Commit);

    /// <summary>What make is asked for, a list a call: the image and the modules, or what a directory needs and then the directories.</summary>
    /// <param name="gates">The directories, with their targets.</param>
    /// <param name="withModules">Whether the configuration has modules.</param>
    /// <returns>The targets of each call.</returns>
    internal ImmutableArray<ImmutableArray<string>> MakeTargets(ImmutableArray<GateDirectory> gates, bool withModules) => Kind == PackageKind.Kernel
        ? [[ImageTarget, .. withModules ? (ImmutableArray<string>)["modules"] : []]]
        : [["prepare"], [.. gates.Select(gate => $"{gate.Target.TrimEnd('/')}/").Distinct()]];

    /// <summary>What all calls of make have in common.</summary>
    /// <param name="environment">The host's environment.</param>
    /// <returns>The context.</returns>
    public MakeContext CreateMakeContext(ImmutableDictionary<string, string> environment) =>
        new(WorkTree, ObjectTree, MakeArch, Source.CommitTime, LocalVersion, Packaging.ToolchainArchive.PutFirst(ToolchainFolder, environment))
        {
            Compiler = Compiler,
            CompilerLauncher = Launcher,
            CompilerCache = CompilerCache,
            JobPoolFolder = SharesCores && CacheFolder.Length > 0 ? Path.Combine(CacheFolder, "jobs") : null,
            CrossCompile = CrossCompile,
            Warnings = Warnings,
            Besides = Besides,
            StructSeed = StructSeed,
            HasPahole = Toolchain.Any(tool => tool.Name == "pahole"),
        };

    // In a tree that somebody edits the layout stays, or each edit would compile everything.
    private string StructSeed => Digest.OfText($"randstruct {(Source.Dirty ? Source.KernelVersion : Source.Commit)}");

    /// <summary>The id of one of the build's packages.</summary>
    /// <param name="part">Which.</param>
    /// <returns>The id.</returns>
    public string IdOf(PackagePart part) => PackageId + (part ?? throw new ArgumentNullException(nameof(part))).Suffix;

    /// <summary>Where a package of the build's version stands.</summary>
    /// <param name="folder">The folder of packages.</param>
    /// <param name="id">The package's id.</param>
    /// <returns>The file.</returns>
    public string PackageFile(string folder, string id) => Path.Combine(folder, $"{id}.{PackageVersion}.nupkg");

    /// <summary>Reads a plan.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The plan.</returns>
    public static BuildPlan Read(string path) => JsonFile.Read<BuildPlan>(path);

    /// <summary>Writes the plan.</summary>
    /// <param name="path">The file.</param>
    public void Write(string path) => JsonFile.Write(path, this);
}
