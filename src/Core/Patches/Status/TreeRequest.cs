using EveKernel.Core.Source;

namespace EveKernel.Core.Patches.Status;

/// <summary>What a project says of a tree of the matrix.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pin">Where it comes from.</param>
/// <param name="Arch">The architecture.</param>
/// <param name="SourceArch">The folder under arch/.</param>
/// <param name="Flavor">The flavor.</param>
/// <param name="HistorySince">A tag or date that bounds its history, or null.</param>
/// <param name="Carries">Whether the branch is to hold the series as commits.</param>
public sealed record TreeRequest(
    string Name, SourcePin Pin, string Arch, string SourceArch, string Flavor, string? HistorySince = null, bool Carries = false);
