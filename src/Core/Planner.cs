using System.Collections.Immutable;
using System.Text.RegularExpressions;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Make;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core;

/// <summary>Turns a project into a plan: finds out what the pinned source is, digests every input, and computes key, release and version.</summary>
/// <param name="request">The project.</param>
/// <param name="environment">The host's environment.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed class Planner(PlanRequest request, ImmutableDictionary<string, string> environment, IDiagnosticSink sink)
{
    private string ProjectFolder => Path.GetDirectoryName(request.ProjectFile)!;

    private string Store => Path.Combine(request.CacheFolder, "objects.git");

    /// <summary>Makes the plan. When the source has been seen before, no git and, with a warm cache, no other program is started.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The plan.</returns>
    public async Task<BuildPlan> PlanAsync(CancellationToken cancellation)
    {
        CheckInputs();
        SourcePin pin = CreatePin();
        LockKeeper keeper = new(request.LockFile, request.LockUse, sink);
        KernelLock? kept = request.LockFile.Length == 0 ? null : keeper.Open(pin);
        SourceRecord source = await FindSourceAsync(pin, kept, cancellation).ConfigureAwait(false);
        if (request.KnownOnly && request.ToolchainArchiveSha256 is { } digest && !Directory.Exists(ToolchainArchive.FolderOf(request.CacheFolder, digest.ToLowerInvariant())))
            throw Unknown("the toolchain's archive has not been unpacked yet");
        (ImmutableArray<Tool> tools, bool isLocked) = await FindToolsAsync(kept, cancellation).ConfigureAwait(false);
        ToolchainRequirement.Check(request.ToolchainRequirement, request.Compiler, tools, new SourceLocation(request.ProjectFile));

        string release = (request.ConfigFlavor.Length == 0 ? "-" : $"-{request.ConfigFlavor}-") + (request.IsEdited ? "edit" : source.Commit[..12]);
        BuildPlan draft = CreateDraft(source, tools, release) with { ToolchainFromLock = isLocked };
        BuildKey key = CreateKey(draft);
        bool changed = !request.IsEdited && (source.Dirty || !request.Series.IsEmpty);
        BuildPlan plan = draft with
        {
            KeyText = key.Text,
            Key = key.Value,
            LocalVersion = changed ? $"{release}-k{key.Value[..12]}" : release,
            PackageVersion = PackageVersion.Create(source.KernelVersion, source.CommitTime, request.Revision, source.Commit, key.Value),
        };
        if (request.LockFile.Length > 0)
            keeper.Close(plan, pin);
        return plan;
    }

    private void CheckInputs()
    {
        foreach (string file in request.Series.Concat(request.Fragments).Where(file => !File.Exists(file)))
            throw new KernelException(ErrorCodes.InputMissing, $"'{file}' is not there. The project names it.", new SourceLocation(request.ProjectFile));
        if (request.Defconfig is null)
            throw Invalid("KernelDefconfig is not set. Give allnoconfig, a defconfig of the tree, or a file.");
        if (!request.Extras.IsEmpty && !request.Directories.IsEmpty)
            throw Invalid("KernelDevelPackage and KernelDebugPackage need a whole kernel, and the project has KernelDirectory items.");
        CheckValue("KernelFlavor", request.Flavor, "^[a-z0-9]+(-[a-z0-9]+)*$", "small letters and digits, with single hyphens between them");
        CheckValue("KernelConfigFlavor", request.ConfigFlavor, "^([a-z0-9]+(-[a-z0-9]+)*)?$", "small letters and digits, with single hyphens between them");
        CheckValue("KernelCompiler", request.Compiler, @"^(gcc(-\d+(\.\d+)*)?|clang)$", "gcc, gcc of a version such as gcc-12, or clang");
        if (!GitBackend.Names.Contains(request.GitBackend))
            throw Invalid($"KernelGitBackend is '{request.GitBackend}'. Use {string.Join(" or ", GitBackend.Names)}.");
        CheckValue("KernelCompilerCacheLimit", request.CompilerCacheLimit, @"^([0-9]+(\.[0-9]+)?[kMGT]?i?)?$", "a number with a unit, as ccache has it: 10G, 500M");
        CheckValue("KernelCompilerCacheRemote", request.CompilerCacheRemote, @"^((https?|redis|file):[^@]+)?$", "a URL as ccache has it, without a password: http://…, redis://…, file:…");
        if (request.CompilerCacheRemote.Length > 0 && CompilerLauncher.Parse(request.CompilerLauncher) is { IsEmpty: false, IsCcache: false })
        {
            throw Invalid(
                $"KernelCompilerCacheRemote is a setting of ccache, and KernelCompilerLauncher is '{request.CompilerLauncher}'. Use ccache, or leave it out: sccache has its stores in its own variables, such as SCCACHE_REDIS.");
        }

        if (request.Sign.Length > 0 && SignatureTool.TryFind(request.Sign) is null)
        {
            throw new KernelException(
                ErrorCodes.SignatureUnclear,
                $"KernelSign is '{request.Sign}'. It can be {string.Join(", ", SignatureTool.All.Select(tool => tool.Name))}, or empty.",
                new SourceLocation(request.ProjectFile));
        }

        CheckValue("KernelWarnings", request.Warnings, "^[123cei]*$", "the levels of kbuild's W=: 1, 2, 3, c, e or several of them");
    }

    private void CheckValue(string property, string value, string pattern, string allowed)
    {
        if (!Regex.IsMatch(value, pattern))
            throw Invalid($"{property} is '{value}'. Use {allowed}.");
    }

    private KernelException Invalid(string message) => new(ErrorCodes.PropertyInvalid, message, new SourceLocation(request.ProjectFile));

    private static KernelException Unknown(string why) => new(ErrorCodes.KeyUnknown, $"{why}. A build finds it out.");

    private SourcePin CreatePin()
    {
        int sources = new[] { request.Repository, request.Archive, request.SourceDirectory }.Count(value => value is not null);
        if (sources != 1)
            throw Invalid("Give exactly one source: KernelRepository with KernelCommit, KernelArchive with KernelArchiveSha256, or KernelSourceDirectory.");
        if (request.SourceDirectory is not null)
            return new DirectoryPin(Path.GetFullPath(request.SourceDirectory, ProjectFolder).TrimEnd('/'));
        if (request.Archive is not null)
            return new ArchivePin(Localise(request.Archive), request.ArchiveSha256 ?? throw Invalid("KernelArchive needs KernelArchiveSha256."));
        return new GitPin(Localise(request.Repository!), request.Branch, request.Commit, request.AllowFloating);
    }

    private ArchivePin? CreateToolchainPin() => request.ToolchainArchive is null ? null
        : new ArchivePin(
            Localise(request.ToolchainArchive),
            request.ToolchainArchiveSha256 ?? throw Invalid("KernelToolchainArchive needs KernelToolchainArchiveSha256."));

    // git@host:path is ssh's own form; only what exists below the project is a path.
    private string Localise(string location) =>
        location.Contains("://", StringComparison.Ordinal) || Path.IsPathRooted(location) ? location
            : Path.Exists(Path.GetFullPath(location, ProjectFolder)) ? Path.GetFullPath(location, ProjectFolder)
            : location.Contains(':', StringComparison.Ordinal) ? location
            : Path.GetFullPath(location, ProjectFolder);

    private async Task<SourceRecord> FindSourceAsync(SourcePin pin, KernelLock? kept, CancellationToken cancellation)
    {
        string? id = pin switch { GitPin git => git.Commit, ArchivePin archive => archive.Sha256, _ => null };
        string facts = Path.Combine(request.CacheFolder, "facts", $"{id}.json");
        SourceRecord? known = id is { Length: >= 40 } && id.All(char.IsAsciiHexDigit) ? JsonFile.TryRead<SourceRecord>(facts) : null;
        if (known is not null && kept is not null)
            LockKeeper.RequireAgreement(kept.Source.ToRecord(), known, request.LockFile);
        if ((known ?? kept?.Source.ToRecord()) is { } source)
            return source;
        if (request.KnownOnly)
            throw Unknown(pin is DirectoryPin ? "a tree that somebody edits is read by a build" : "the source has not been fetched yet");

        DiskSpace.Require(request.CacheFolder, request.IntermediateFolder);
        SourceFetcher fetcher = new(GitBackend.Open(request.GitBackend, request.CacheFolder, environment, sink), Store, sink, new ArchiveImporter(environment));
        string snapshot = Path.Combine(request.IntermediateFolder, "snapshot.index");
        SourceRecord fetched = await fetcher.FetchAsync(pin, snapshot, request.ProjectFile, cancellation).ConfigureAwait(false);
        if (id is not null)
            JsonFile.Write(facts, fetched);
        return fetched;
    }

    private async Task<(ImmutableArray<Tool> Tools, bool IsLocked)> FindToolsAsync(KernelLock? kept, CancellationToken cancellation)
    {
        ToolchainFinder finder = new(request.CacheFolder, Store, environment, sink);
        bool mayLock = kept is { Toolchain.IsEmpty: false } && request.LockedToolchain != LockedToolchainUse.Never;
        if (mayLock && request.LockedToolchain == LockedToolchainUse.Always)
            return (kept!.Toolchain, true);
        try
        {
            ImmutableArray<Tool> found =
                await finder.FindAsync(request.Compiler, request.CrossCompile, CreateToolchainPin(), kept, cancellation).ConfigureAwait(false);
            bool differs = mayLock && request.LockUse == LockUse.Require && !ToolchainFinder.AreSame(found, kept!.Toolchain);
            return differs ? (kept!.Toolchain, true) : (found, false);
        }
        catch (KernelException exception) when (mayLock && exception.Code == ErrorCodes.ToolMissing)
        {
            return (kept!.Toolchain, true);
        }
    }

    private BuildPlan CreateDraft(SourceRecord source, ImmutableArray<Tool> tools, string localVersion) => new()
    {
        ProjectFile = request.ProjectFile,
        IntermediateFolder = request.IntermediateFolder,
        OutputFolder = request.OutputFolder,
        Store = Store,
        Repository = request.Repository is null ? null : Localise(request.Repository),
        Branch = request.Branch,
        Archive = request.Archive is null ? null : Localise(request.Archive),
        ArchiveSha256 = request.ArchiveSha256,
        Source = source,
        Series = request.Series,
        AlreadyAppliedIsError = request.AlreadyAppliedIsError,
        Arch = request.Arch,
        Flavor = request.Flavor,
        MakeArch = request.MakeArch,
        SourceArch = request.SourceArch,
        ImageTarget = request.ImageTarget,
        ImagePath = request.ImagePath,
        Defconfig = FindDefconfig(request.Defconfig!),
        Fragments = request.Fragments,
        AllowLocalVersionAuto = request.AllowLocalVersionAuto,
        Compiler = request.Compiler,
        CompilerLauncher = request.CompilerLauncher,
        CompilerCacheLimit = request.CompilerCacheLimit,
        CompilerCacheRemote = request.CompilerCacheRemote,
        Sign = request.Sign,
        // gpg's is a name, and no file.
        SignKey = request.SignKey.Length == 0 || request.Sign is "gpg" or "" ? request.SignKey : Path.GetFullPath(request.SignKey, Path.GetDirectoryName(request.ProjectFile)!),
        GitBackend = request.GitBackend,
        CrossCompile = request.CrossCompile,
        Warnings = request.Warnings,
        Directories = request.Directories,
        Gates = request.Gates,
        Extras = request.Extras,
        LocalVersion = localVersion,
        Toolchain = tools,
        ToolchainArchive = CreateToolchainPin()?.Location,
        ToolchainArchiveSha256 = CreateToolchainPin()?.Sha256.ToLowerInvariant(),
        CacheFolder = request.CacheFolder,
        LockFile = request.LockFile,
        KeyText = "",
        Key = "",
        PackageId = PackageVersion.CreateId(request.Arch, request.Flavor, request.ConfigFlavor, request.Directories.IsEmpty ? PackageKind.Kernel : PackageKind.Objects),
        PackageVersion = "",
        KconfigHelper = Path.Combine(request.SdkFolder, "kconfig", "evk-kconfig.c"),
        ConsumerTargets = Path.Combine(request.SdkFolder, "consumer", "EveKernel.Consumer.targets"),
    };

    private string FindDefconfig(string name)
    {
        string path = Path.GetFullPath(name, ProjectFolder);
        return File.Exists(path) ? path : name;
    }

    private BuildKey CreateKey(BuildPlan plan) => new KeyWriter(request.ProjectFile, plan, environment).Write(request.Revision);
}
