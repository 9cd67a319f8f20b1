using System.Collections.Immutable;
using EveKernel.Core.Patches.Status;

namespace EveKernel.Core.Patches.Backport;

/// <summary>What became of a patch in a backport.</summary>
public enum BackportStep
{
    /// <summary>The branch has it as a commit.</summary>
    Committed,

    /// <summary>The tree has it, or has no use for it.</summary>
    Skipped,

    /// <summary>It does not fit: a person must decide.</summary>
    Stopped,

    /// <summary>It comes after one that does not fit.</summary>
    Waiting,
}

/// <summary>A series on its way to a tree.</summary>
/// <param name="Tree">The tree.</param>
/// <param name="Series">The series file.</param>
/// <param name="Branch">The branch.</param>
/// <param name="Head">Its last commit; the tree's own where no patch fits.</param>
/// <param name="Patches">The patches, in order.</param>
public sealed record SeriesBackport(StatusTree Tree, string Series, string Branch, string Head, ImmutableArray<BackportPatch> Patches)
{
    /// <summary>The patch that a person must decide about, or null.</summary>
    public BackportPatch? Stopped => Patches.FirstOrDefault(patch => patch.Step == BackportStep.Stopped);

    /// <summary>The verdicts by which the tree lacks a patch that it could have.</summary>
    /// <param name="verdict">The verdict.</param>
    /// <returns>Whether it is a gap.</returns>
    public static bool IsGap(PatchVerdict verdict) =>
        verdict is PatchVerdict.Applies or PatchVerdict.Depends or PatchVerdict.Conflicts or PatchVerdict.Missing;
}

/// <summary>A patch of a backport.</summary>
/// <param name="Patch">The row of the matrix.</param>
/// <param name="Status">The verdict.</param>
/// <param name="Step">What became of it.</param>
/// <param name="Commit">Its commit on the branch, or null.</param>
public sealed record BackportPatch(StatusPatch Patch, PatchStatus Status, BackportStep Step, string? Commit);
