using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using Microsoft.Build.Framework;

namespace EveKernel.Tasks;

/// <summary>Computes the build key and all that follows from it, writes the plan that later stages read, and says whether its result stands already.</summary>
[MSBuildMultiThreadableTask]
public sealed class ComputeKernelKey : KernelTask
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

    /// <summary>Where the package goes, absolute.</summary>
    [Required]
    public string PackageFolder { get; set; } = "";

    /// <summary>The shared cache, absolute.</summary>
    [Required]
    public string CacheFolder { get; set; } = "";

    /// <summary>The SDK package's folder, absolute.</summary>
    [Required]
    public string SdkFolder { get; set; } = "";

    /// <summary>KernelRepository: a URL, or a path relative to the project.</summary>
    public string? Repository { get; set; }

    /// <summary>KernelBranch.</summary>
    public string? Branch { get; set; }

    /// <summary>KernelCommit: 40 hex digits.</summary>
    public string? Commit { get; set; }

    /// <summary>KernelAllowFloating.</summary>
    public string AllowFloating { get; set; } = "false";

    /// <summary>KernelArchive: a URL, or a path relative to the project.</summary>
    public string? Archive { get; set; }

    /// <summary>KernelArchiveSha256: 64 hex digits.</summary>
    public string? ArchiveSha256 { get; set; }

    /// <summary>KernelSourceDirectory: a path relative to the project.</summary>
    public string? SourceDirectory { get; set; }

    /// <summary>The KernelPatchSeries items' full paths, in order.</summary>
    public string[] Series { get; set; } = [];

    /// <summary>KernelPatchAlreadyApplied: <c>skip</c> or <c>error</c>.</summary>
    public string AlreadyApplied { get; set; } = "skip";

    /// <summary>KernelArch.</summary>
    [Required]
    public string Arch { get; set; } = "";

    /// <summary>make's ARCH.</summary>
    [Required]
    public string MakeArch { get; set; } = "";

    /// <summary>The folder below arch/.</summary>
    [Required]
    public string SourceArch { get; set; } = "";

    /// <summary>make's target for the image.</summary>
    [Required]
    public string ImageTarget { get; set; } = "";

    /// <summary>The image below O=.</summary>
    [Required]
    public string ImagePath { get; set; } = "";

    /// <summary>KernelFlavor.</summary>
    [Required]
    public string Flavor { get; set; } = "";

    /// <summary>KernelConfigFlavor, or empty.</summary>
    public string ConfigFlavor { get; set; } = "";

    /// <summary>KernelDefconfig: a target of the tree, or a file relative to the project.</summary>
    public string? Defconfig { get; set; }

    /// <summary>The KernelConfigFragment items' full paths, in order.</summary>
    public string[] Fragments { get; set; } = [];

    /// <summary>KernelAllowLocalVersionAuto.</summary>
    public string AllowLocalVersionAuto { get; set; } = "false";

    /// <summary>KernelNetwork, which later stages take: here it is only looked at.</summary>
    public string Network { get; set; } = "false";

    /// <summary>KernelJobs, which later stages take: here it is only looked at.</summary>
    public string Jobs { get; set; } = "";

    /// <summary>KernelCompiler.</summary>
    public string Compiler { get; set; } = "gcc";

    /// <summary>KernelCompilerLauncher, or empty.</summary>
    public string CompilerLauncher { get; set; } = "";

    /// <summary>KernelSign: <c>minisign</c>, <c>gpg</c>, <c>ssh</c> or empty.</summary>
    public string Sign { get; set; } = "";

    /// <summary>KernelSignKey: a file, relative to the project, or for gpg the name of a key.</summary>
    public string SignKey { get; set; } = "";

    /// <summary>KernelGitBackend: <c>git</c> or <c>libgit2</c>.</summary>
    public string GitBackend { get; set; } = "git";

    /// <summary>KernelCompilerCacheLimit, or empty.</summary>
    public string CompilerCacheLimit { get; set; } = "";

    /// <summary>KernelCompilerCacheRemote, or empty.</summary>
    public string CompilerCacheRemote { get; set; } = "";

    /// <summary>KernelCrossCompile, or empty.</summary>
    public string CrossCompile { get; set; } = "";

    /// <summary>KernelWarnings, or empty.</summary>
    public string Warnings { get; set; } = "";

    /// <summary>The KernelDirectory items.</summary>
    public string[] Directories { get; set; } = [];

    /// <summary>The KernelGate items.</summary>
    public string[] Gates { get; set; } = [];

    /// <summary>KernelDevelPackage.</summary>
    public string DevelPackage { get; set; } = "false";

    /// <summary>KernelDebugPackage.</summary>
    public string DebugPackage { get; set; } = "false";

    /// <summary>KernelRevision: a whole number from 0.</summary>
    public string Revision { get; set; } = "0";

    /// <summary>KernelToolchain: the versions that the project takes, or empty.</summary>
    public string? ToolchainRequirement { get; set; }

    /// <summary>KernelToolchainArchive: a URL, or a path relative to the project.</summary>
    public string? ToolchainArchive { get; set; }

    /// <summary>KernelToolchainArchiveSha256: 64 hex digits.</summary>
    public string? ToolchainArchiveSha256 { get; set; }

    /// <summary>The lock file, absolute.</summary>
    [Required]
    public string LockFile { get; set; } = "";

    /// <summary><c>read</c>, <c>update</c>, <c>renew</c> or <c>require</c>.</summary>
    [Required]
    public string LockUse { get; set; } = "";

    /// <summary>KernelCacheMode.</summary>
    [Required]
    public string CacheMode { get; set; } = "";

    /// <summary>Whether packages are being restored: nothing is planned then, only the lock is kept.</summary>
    public bool Restoring { get; set; }

    /// <summary>Whether the project stays held though its result stands.</summary>
    public bool HoldProject { get; set; }

    /// <summary>Whether only what is known already is used: nothing is fetched, held or kept, and a plan that cannot be made is no error.</summary>
    public bool KnownOnly { get; set; }

    /// <summary>Whether the source is an edit tree, whose kernel has one release whatever is edited.</summary>
    public string Edited { get; set; } = "false";

    /// <summary>Where the plan is written.</summary>
    [Required]
    public string PlanFile { get; set; } = "";

    /// <summary>The key: 64 hex digits.</summary>
    [Output]
    public string Key { get; set; } = "";

    /// <summary>What <c>uname -r</c> will say.</summary>
    [Output]
    public string Release { get; set; } = "";

    /// <summary>The package's id.</summary>
    [Output]
    public string PackageId { get; set; } = "";

    /// <summary>The package's version.</summary>
    [Output]
    public string PackageVersion { get; set; } = "";

    /// <summary>What the build takes for now, for packing.</summary>
    [Output]
    public string PackTime { get; set; } = "";

    /// <summary>True when the output folder and the package hold the result of this very key, byte for byte.</summary>
    [Output]
    public bool UpToDate { get; set; }

    /// <summary>Why there is no plan, where only what is known is used.</summary>
    [Output]
    public string Problem { get; set; } = "";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken cancellation)
    {
        DateTime started = DateTime.UtcNow;
        if (Restoring)
        {
            await new Planner(CreateRequest(), HostEnvironment, this).PlanAsync(cancellation).ConfigureAwait(false);
            return;
        }

        if (KnownOnly)
        {
            await PlanFromKnownAsync(cancellation).ConfigureAwait(false);
            return;
        }

        await TakeLockAsync(ProjectFile, IntermediateFolder, cancellation).ConfigureAwait(false);
        ReadBoolean("KernelNetwork", Network);
        if (Jobs.Length > 0 && !(int.TryParse(Jobs, NumberStyles.None, CultureInfo.InvariantCulture, out int jobs) && jobs is > 0 and <= 4096))
            throw new KernelException(ErrorCodes.PropertyInvalid, $"KernelJobs is '{Jobs}'. Use a whole number from 1, or leave it out: then make runs as many jobs as there are cores.");
        Planner planner = new(CreateRequest(), HostEnvironment, this);
        BuildPlan plan = await planner.PlanAsync(cancellation).ConfigureAwait(false);
        Key = plan.Key;
        Release = plan.Release;
        PackageId = plan.PackageId;
        PackageVersion = plan.PackageVersion;
        PackTime = plan.Source.CommitTime.UtcDateTime.ToString("o", CultureInfo.InvariantCulture);
        UpToDate = CacheSettings.ReadMode(CacheMode) != Core.Feeds.CacheMode.Refresh && ResultCheck.Stands(plan, PackageFolder)
            && await new SignatureCheck(plan, HostEnvironment).AllStandAsync(cancellation).ConfigureAwait(false);
        // Also when there is nothing to build: what is there may be proven again.
        plan.Write(PlanFile);
        if (UpToDate)
        {
            if (!HoldProject)
                ProjectLock.Release(BuildEngine4, IntermediateFolder);
            return;
        }

        new BuildJournal(IntermediateFolder).Begin(new StageRecord("key", started, BuildJournal.Elapsed(started)));
    }

    private async Task PlanFromKnownAsync(CancellationToken cancellation)
    {
        if (File.Exists(PlanFile))
            File.Delete(PlanFile);
        try
        {
            BuildPlan plan = await new Planner(CreateRequest(), HostEnvironment, this).PlanAsync(cancellation).ConfigureAwait(false);
            plan.Write(PlanFile);
            Key = plan.Key;
            Release = plan.Release;
            PackageId = plan.PackageId;
            PackageVersion = plan.PackageVersion;
        }
        catch (KernelException exception)
        {
            Problem = $"{exception.Code.Id}: {exception.Message}";
        }
    }

    private PlanRequest CreateRequest() => new()
    {
        ProjectFile = ProjectFile,
        IntermediateFolder = IntermediateFolder,
        OutputFolder = OutputFolder,
        CacheFolder = CacheFolder,
        SdkFolder = SdkFolder,
        Repository = Empty(Repository),
        Branch = Empty(Branch),
        Commit = Empty(Commit),
        AllowFloating = ReadBoolean("KernelAllowFloating", AllowFloating),
        Archive = Empty(Archive),
        ArchiveSha256 = Empty(ArchiveSha256),
        SourceDirectory = Empty(SourceDirectory),
        Series = [.. Series],
        AlreadyAppliedIsError = AlreadyApplied switch
        {
            "skip" => false,
            "error" => true,
            _ => throw new KernelException(ErrorCodes.PropertyInvalid, $"KernelPatchAlreadyApplied is '{AlreadyApplied}'. Use skip or error."),
        },
        Arch = Arch,
        MakeArch = MakeArch,
        SourceArch = SourceArch,
        ImageTarget = ImageTarget,
        ImagePath = ImagePath,
        Flavor = Flavor,
        ConfigFlavor = ConfigFlavor,
        Defconfig = Empty(Defconfig),
        Fragments = [.. Fragments],
        AllowLocalVersionAuto = ReadBoolean("KernelAllowLocalVersionAuto", AllowLocalVersionAuto),
        Compiler = Compiler,
        CompilerLauncher = CompilerLauncher,
        Sign = Sign,
        SignKey = SignKey,
        GitBackend = GitBackend,
        CompilerCacheLimit = CompilerCacheLimit,
        CompilerCacheRemote = CompilerCacheRemote,
        CrossCompile = CrossCompile,
        Warnings = Warnings,
        Directories = SplitLists(Directories),
        Gates = SplitLists(Gates),
        Extras =
        [
            .. ReadBoolean("KernelDevelPackage", DevelPackage) ? (ImmutableArray<PackagePart>)[PackagePart.Devel] : [],
            .. ReadBoolean("KernelDebugPackage", DebugPackage) ? (ImmutableArray<PackagePart>)[PackagePart.Debug] : [],
        ],
        ToolchainRequirement = ToolchainRequirement ?? "",
        LockedToolchain = CacheSettings.ReadMode(CacheMode) switch
        {
            Core.Feeds.CacheMode.Use => LockedToolchainUse.WhereNeeded,
            Core.Feeds.CacheMode.Only => LockedToolchainUse.Always,
            _ => LockedToolchainUse.Never,
        },
        ToolchainArchive = Empty(ToolchainArchive),
        ToolchainArchiveSha256 = Empty(ToolchainArchiveSha256),
        KnownOnly = KnownOnly,
        IsEdited = ReadBoolean("KernelEdited", Edited),
        LockFile = LockFile,
        LockUse = Enum.Parse<LockUse>(LockUse, ignoreCase: true),
        Revision = int.TryParse(Revision, NumberStyles.None, CultureInfo.InvariantCulture, out int revision) ? revision
            : throw new KernelException(ErrorCodes.PropertyInvalid, $"KernelRevision is '{Revision}'. Use a whole number from 0."),
    };

    // Not by MSBuild, whose own message names a task's parameter that the user has never seen.
    private static bool ReadBoolean(string property, string value) =>
        bool.TryParse(value, out bool read) ? read : throw new KernelException(ErrorCodes.PropertyInvalid, $"{property} is '{value}'. Use true or false.");

    private static string? Empty(string? value) => string.IsNullOrEmpty(value) ? null : value;

    private static ImmutableArray<string> SplitLists(string[] items) =>
        [.. items.SelectMany(item => item.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Select(item => item.TrimEnd('/'))];
}
