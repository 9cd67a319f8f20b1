using System.Collections.Immutable;

namespace EveKernel.Core.Bisect;

/// <summary>The states between two ends. The older end has all that the newer has, but for what lies between them.</summary>
public abstract class BisectRange
{
    /// <summary>The end with fewer commits or patches.</summary>
    public abstract BisectState Older { get; }

    /// <summary>The other end.</summary>
    public abstract BisectState Newer { get; }

    /// <summary>Picks what to try next: what halves the states that may have brought the newer end's verdict.</summary>
    /// <param name="marks">What is known.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The choice.</returns>
    public abstract Task<BisectChoice> ChooseAsync(BisectMarks marks, CancellationToken cancellation);

    /// <summary>What makes the project build a state.</summary>
    /// <param name="state">The state.</param>
    /// <returns>Properties for its build.</returns>
    public abstract ImmutableArray<(string Name, string Value)> Properties(BisectState state);
}

/// <summary>What is known of states.</summary>
/// <param name="Older">The ids of those with the older end's verdict.</param>
/// <param name="Newer">The id of the last one found with the newer end's verdict.</param>
/// <param name="Skipped">The ids of those that cannot be tried.</param>
public sealed record BisectMarks(ImmutableArray<string> Older, string Newer, ImmutableHashSet<string> Skipped);

/// <summary>What to try next.</summary>
/// <param name="Next">The state; null when there is none left that can be tried.</param>
/// <param name="Suspects">The states of which one has brought the newer end's verdict.</param>
public sealed record BisectChoice(BisectState? Next, ImmutableArray<BisectState> Suspects);
