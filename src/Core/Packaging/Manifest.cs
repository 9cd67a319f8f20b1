using System.Collections.Immutable;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Packaging;

/// <summary>manifest.json: what a result is, as a function of its key. The same key gives the same manifest and the same files.</summary>
public sealed record Manifest
{
    /// <summary>The form of this file; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>The build key.</summary>
    public required string Key { get; init; }

    /// <summary><c>kernel</c> or <c>objects</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The package's id.</summary>
    public required string PackageId { get; init; }

    /// <summary>The package's version.</summary>
    public required string PackageVersion { get; init; }

    /// <summary>The tree's own version.</summary>
    public required string KernelVersion { get; init; }

    /// <summary>What <c>uname -r</c> says.</summary>
    public required string KernelRelease { get; init; }

    /// <summary>The source's commit.</summary>
    public required string SourceCommit { get; init; }

    /// <summary>The source's tree.</summary>
    public required string SourceTree { get; init; }

    /// <summary>What the build took for now, in seconds since 1970.</summary>
    public required long SourceTime { get; init; }

    /// <summary>Where that time comes from.</summary>
    public required string SourceTimeFrom { get; init; }

    /// <summary>True for a tree that somebody edits: such a result is never pushed.</summary>
    public required bool Dirty { get; init; }

    /// <summary>The digests of the patches' diffs, in order.</summary>
    public required ImmutableArray<string> PatchDiffs { get; init; }

    /// <summary>The tree with the series applied.</summary>
    public required string PatchedTree { get; init; }

    /// <summary>The final configuration's digest.</summary>
    public required string ConfigSha256 { get; init; }

    /// <summary>The programs that made it.</summary>
    public required ImmutableArray<Tool> Toolchain { get; init; }

    /// <summary>make's arguments, with <c>@source@</c> and <c>@output@</c> for the folders.</summary>
    public required ImmutableArray<string> MakeArguments { get; init; }

    /// <summary>The directories that were proven to have been compiled.</summary>
    public required ImmutableArray<string> Proven { get; init; }

    /// <summary>The files, in the order of their paths.</summary>
    public required ImmutableArray<ManifestFile> Files { get; init; }

    /// <summary>The manifest of one of a plan's packages: what the plan says beforehand, and what only a build finds out.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="part">Which of its packages.</param>
    /// <param name="makeArguments">make's arguments, without the folders of this machine.</param>
    /// <param name="patchDiffs">The digests of the patches' diffs, in order.</param>
    /// <param name="patchedTree">The tree with the series applied.</param>
    /// <param name="configSha256">The final configuration's digest.</param>
    /// <param name="files">The files.</param>
    /// <returns>The manifest.</returns>
    internal static Manifest Of(
        BuildPlan plan,
        PackagePart part,
        ImmutableArray<string> makeArguments,
        ImmutableArray<string> patchDiffs,
        string patchedTree,
        string configSha256,
        ImmutableArray<ManifestFile> files) => new()
        {
            Key = plan.Key,
            Kind = part.Kind,
            PackageId = plan.IdOf(part),
            PackageVersion = plan.PackageVersion,
            KernelVersion = plan.Source.KernelVersion,
            // As the tree says it, which the make stage has seen to.
            KernelRelease = plan.Release,
            SourceCommit = plan.Source.Commit,
            SourceTree = plan.Source.Tree,
            SourceTime = plan.Source.CommitTime.ToUnixTimeSeconds(),
            SourceTimeFrom = plan.Source.TimeSource,
            Dirty = plan.Source.Dirty,
            PatchDiffs = patchDiffs,
            PatchedTree = patchedTree,
            ConfigSha256 = configSha256,
            Toolchain = plan.Toolchain,
            MakeArguments = makeArguments,
            Proven = [.. plan.Directories.Concat(plan.Gates).Distinct()],
            Files = files,
        };

    /// <summary>Reads one.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The manifest, or null when there is none that can be read.</returns>
    public static Manifest? TryRead(string path) => JsonFile.TryRead<Manifest>(path, JsonFile.Readable);

    /// <summary>The text of manifest.json.</summary>
    /// <returns>JSON with a final line feed.</returns>
    public string ToJson() => JsonFile.ToText(this);

    /// <summary>Whether a folder holds each file as the manifest says.</summary>
    /// <param name="folder">The folder of manifest.json.</param>
    /// <returns>True when all are there, with their sizes and digests.</returns>
    public bool Matches(string folder) => Files.All(file =>
        new FileInfo(Path.Combine(folder, file.Path)) is { Exists: true } info && info.Length == file.Size && Digest.OfFile(info.FullName) == file.Sha256);
}

/// <summary>A file of a result.</summary>
/// <param name="Path">Its path below the folder of manifest.json.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Mode">Its mode in octal digits.</param>
/// <param name="Sha256">Its digest.</param>
public sealed record ManifestFile(string Path, long Size, string Mode, string Sha256);
