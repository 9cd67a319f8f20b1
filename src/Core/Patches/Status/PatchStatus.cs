using System.Collections.Immutable;

namespace EveKernel.Core.Patches.Status;

/// <summary>What a patch is to a tree.</summary>
public enum PatchVerdict
{
    /// <summary>It fits the tree as it is.</summary>
    Applies,

    /// <summary>It fits, but the hunks that matter are not built for the architecture.</summary>
    AppliesWithoutEffect,

    /// <summary>The tree holds it: the same text, or the same change in other words, by printed evidence.</summary>
    Applied,

    /// <summary>It does not fit, and nothing says that the tree holds it.</summary>
    Conflicts,

    /// <summary>It fits only after earlier patches of its series.</summary>
    Depends,

    /// <summary>Its files are not in the tree, or are never built for the architecture.</summary>
    NotRelevant,

    /// <summary>The branch should hold it and does not: it lost it, took it back, or is to carry the series and lacks it.</summary>
    Missing,

    /// <summary>The branch holds it twice: as a commit of its own and as upstream's.</summary>
    Redundant,

    /// <summary>A later patch that the tree holds or can take names this one in a <c>Replaces:</c> trailer.</summary>
    Superseded,
}

/// <summary>A patch and a tree.</summary>
/// <param name="Tree">The tree's name.</param>
/// <param name="Patch">The row's number, see <see cref="StatusMatrix.Patches"/>.</param>
/// <param name="Verdict">The verdict.</param>
/// <param name="Summary">It in a few words, such as <c>conflicts 2/4</c>.</param>
/// <param name="Evidence">What it rests on, a line each.</param>
/// <param name="Hunks">The patch's hunks, in order; empty for a change without hunks.</param>
public sealed record PatchStatus(
    string Tree, int Patch, PatchVerdict Verdict, string Summary, ImmutableArray<string> Evidence, ImmutableArray<HunkStatus> Hunks);

/// <summary>A hunk and a tree.</summary>
/// <param name="File">The file in the tree.</param>
/// <param name="Line">The hunk's line in the patch file.</param>
/// <param name="Applies">Whether its lines stand there.</param>
/// <param name="Offset">How many lines behind the place that it names; 0 where it does not apply.</param>
/// <param name="Built">Whether the file is built for the tree's architecture; null where that is not known.</param>
/// <param name="Met">What stands there instead, or null.</param>
public sealed record HunkStatus(string File, int Line, bool Applies, int Offset, bool? Built, string? Met);

/// <summary>A row: a patch of a series.</summary>
/// <param name="Series">The series file.</param>
/// <param name="Name">The patch's name in it.</param>
/// <param name="File">The patch file.</param>
/// <param name="Line">The line where its diff begins.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="DiffSha256">Its diff's digest.</param>
public sealed record StatusPatch(string Series, string Name, string File, int Line, string Subject, string DiffSha256);

/// <summary>A column: a tree.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Arch">The architecture, as in <c>KernelArch</c>.</param>
/// <param name="SourceArch">The folder under arch/.</param>
/// <param name="Flavor">The flavor.</param>
/// <param name="Source">The repository or archive.</param>
/// <param name="Branch">The branch, or null.</param>
/// <param name="Store">The repository on this machine that holds its objects.</param>
/// <param name="Commit">Its commit.</param>
/// <param name="Id">Its tree's id.</param>
/// <param name="Carries">Whether the branch is to hold the series as commits, so that what is not there is missing.</param>
/// <param name="HistoryStore">The repository that holds its history, or null.</param>
/// <param name="HistoryTip">The newest commit of it.</param>
/// <param name="HistorySince">A tag or date that bounds it, or null.</param>
public sealed record StatusTree(
    string Name,
    string Arch,
    string SourceArch,
    string Flavor,
    string Source,
    string? Branch,
    string Store,
    string Commit,
    string Id,
    bool Carries = false,
    string? HistoryStore = null,
    string? HistoryTip = null,
    string? HistorySince = null);

/// <summary>All verdicts.</summary>
/// <param name="Trees">The columns.</param>
/// <param name="Patches">The rows.</param>
/// <param name="Verdicts">A verdict for each patch and tree that belong together, by rows, then columns.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record StatusMatrix(
    ImmutableArray<StatusTree> Trees, ImmutableArray<StatusPatch> Patches, ImmutableArray<PatchStatus> Verdicts, double Seconds);
