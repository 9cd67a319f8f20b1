namespace EveKernel.Core.Source;

/// <summary>What is known of a source once it is in the store.</summary>
/// <param name="Kind"><c>git</c>, <c>archive</c> or <c>directory</c>.</param>
/// <param name="Commit">The commit in the store: git's own, the archive's, or the snapshot's.</param>
/// <param name="Tree">Its tree's id.</param>
/// <param name="CommitTime">The time that the build takes for now, in UTC.</param>
/// <param name="TimeSource">Where that time comes from: <c>commit</c>, or for an archive such as <c>newest member</c>.</param>
/// <param name="KernelVersion">VERSION.PATCHLEVEL.SUBLEVEL and EXTRAVERSION of the tree's Makefile, such as 6.12.49 or 7.2.0-rc3.</param>
/// <param name="Directory">For a tree that somebody edits, its folder.</param>
public sealed record SourceRecord(string Kind, string Commit, string Tree, DateTimeOffset CommitTime, string TimeSource, string KernelVersion, string? Directory = null)
{
    /// <summary>True for a tree that somebody edits: the result is never pushed.</summary>
    public bool Dirty => Directory is not null;
}
