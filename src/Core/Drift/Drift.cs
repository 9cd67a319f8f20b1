using System.Collections.Immutable;
using EveKernel.Core.Patches.Status;

namespace EveKernel.Core.Drift;

/// <summary>What one tree has and another has not.</summary>
/// <param name="From">A tree.</param>
/// <param name="To">Another.</param>
/// <param name="Commits">What their histories say; null where one of them has none.</param>
/// <param name="Series">The project's patches that one holds and the other does not.</param>
/// <param name="Configuration">What their configurations say; null where no configuration was asked for.</param>
public sealed record TreeDrift(StatusTree From, StatusTree To, CommitDrift? Commits, ImmutableArray<SeriesDrift> Series, ConfigurationDrift? Configuration);

/// <summary>The commits that one history has and another has not. Merges are left out, and so are commits that were taken back, with what took them back.</summary>
/// <param name="Base">The newest commit that both have; null where the histories are compared from their bounds on.</param>
/// <param name="OnlyFrom">What only the first has, the newest first.</param>
/// <param name="OnlyTo">What only the second has, the newest first.</param>
/// <param name="Same">How many commits of the two are the same change, by what tells it.</param>
/// <param name="PatchIds">Whether patch-ids were compared; a history of commits alone has none.</param>
public sealed record CommitDrift(
    string? Base, ImmutableArray<DriftCommit> OnlyFrom, ImmutableArray<DriftCommit> OnlyTo, SameCommits Same, bool PatchIds);

/// <summary>How many commits of two histories are the same change, and how that is known: in this order, each commit counted once.</summary>
/// <param name="ById">The commit itself.</param>
/// <param name="ByUpstream">The upstream commit that one or both name.</param>
/// <param name="ByPatchId">The patch-id of the diff.</param>
/// <param name="BySubject">The subject alone, where they do not name different commits of upstream.</param>
public sealed record SameCommits(int ById, int ByUpstream, int ByPatchId, int BySubject);

/// <summary>A commit that only one of two histories has.</summary>
/// <param name="Id">Its full id.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="Upstream">The upstream commit that it names, or null.</param>
public sealed record DriftCommit(string Id, string Subject, string? Upstream);

/// <summary>A patch of the project's that only one of two trees holds.</summary>
/// <param name="Name">Its name in its series.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="From">What it is to the first tree.</param>
/// <param name="To">What it is to the second.</param>
public sealed record SeriesDrift(string Name, string Subject, string From, string To);

/// <summary>The options that came out differently.</summary>
/// <param name="From">Where the first configuration is from.</param>
/// <param name="To">Where the second is from.</param>
/// <param name="Options">The options, by name.</param>
public sealed record ConfigurationDrift(string From, string To, ImmutableArray<OptionDrift> Options);

/// <summary>An option with two values.</summary>
/// <param name="Name">The option, without <c>CONFIG_</c>.</param>
/// <param name="From">Its value in the first configuration as .config has it; <c>n</c> where it is off, null where the configuration does not mention it.</param>
/// <param name="To">Its value in the second.</param>
public sealed record OptionDrift(string Name, string? From, string? To);
