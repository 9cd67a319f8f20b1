using System.Collections.Immutable;

namespace EveKernel.Core.Loop;

/// <summary>What an edit tree was made of.</summary>
/// <param name="ProjectFile">The project's file.</param>
/// <param name="Base">The pinned commit, on which the series stands.</param>
/// <param name="BaseTree">Its tree.</param>
/// <param name="BaseTime">Its time, which patches without a date get.</param>
/// <param name="Head">The last commit of the series as KernelEdit or KernelPatchRefresh left it; empty when a rebase has mixed it with edits.</param>
/// <param name="Patches">The patches, in order.</param>
public sealed record EditRecord(string ProjectFile, string Base, string BaseTree, DateTimeOffset BaseTime, string Head, ImmutableArray<EditPatch> Patches);

/// <summary>A patch that an edit tree was made of.</summary>
/// <param name="File">The patch file.</param>
/// <param name="Strip">How many leading folders of its names to leave out.</param>
/// <param name="Sha256">The digest of all its bytes.</param>
/// <param name="Commit">Its commit as SeriesApplier makes it; null when the pinned tree holds the patch already, or git has merged it.</param>
/// <param name="AlreadyApplied">Whether the pinned tree holds it already.</param>
public sealed record EditPatch(string File, int Strip, string Sha256, string? Commit, bool AlreadyApplied);

/// <summary>What git was set to do in an edit tree, to be finished when it has been brought through its conflicts.</summary>
/// <param name="ForRefresh">Whether a refresh began it, rather than KernelEdit.</param>
/// <param name="FromHead">Where the tree stood before.</param>
/// <param name="Start">Where git began: back there, it was called off.</param>
/// <param name="Next">What the tree is made of when it is through.</param>
/// <param name="HeadIsSeries">Whether its last commit is then the series' own.</param>
public sealed record EditCarry(bool ForRefresh, string FromHead, string Start, EditRecord Next, bool HeadIsSeries);
