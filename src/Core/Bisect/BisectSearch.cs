using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Bisect;

/// <summary>Looks for the first state with the newer end's verdict. Both ends are tried first: what somebody remembers of them may be wrong, and all of the search rests on it.</summary>
/// <param name="range">The states.</param>
/// <param name="test">Tries one.</param>
/// <param name="step">Told before each step: the state, and about how many are left after it.</param>
public sealed class BisectSearch(BisectRange range, Func<BisectState, CancellationToken, Task<BisectVerdict>> test, Action<BisectState, int>? step = null)
{
    /// <summary>Searches.</summary>
    /// <param name="claims">What the ends are said to be, by their ids; empty where nothing is said.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="KernelException">EVK2121, EVK2122.</exception>
    public async Task<BisectFinding> RunAsync(ImmutableDictionary<string, BisectResult> claims, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(claims);
        BisectVerdict older = await TestEndAsync(range.Older, claims, cancellation).ConfigureAwait(false);
        BisectVerdict newer = await TestEndAsync(range.Newer, claims, cancellation).ConfigureAwait(false);
        if (older.Result == newer.Result)
        {
            throw new KernelException(
                ErrorCodes.BisectEnds, $"Both ends are {older.Word}, so that nothing between them can be told apart.\n"
                    + $"  {range.Older.Title}: {older.Why}\n  {range.Newer.Title}: {newer.Why}");
        }

        BisectMarks marks = new([range.Older.Id], range.Newer.Id, []);
        while (true)
        {
            BisectChoice choice = await range.ChooseAsync(marks, cancellation).ConfigureAwait(false);
            if (choice.Next is not { } next)
                return choice.Suspects is [BisectState only] ? new BisectFinding(only, newer.Result) : throw Undecided(choice.Suspects, newer);
            step?.Invoke(next, (int)Math.Ceiling(Math.Log2(choice.Suspects.Length)) - 1);
            BisectVerdict verdict = await test(next, cancellation).ConfigureAwait(false);
            marks = verdict.Result == BisectResult.Skip ? marks with { Skipped = marks.Skipped.Add(next.Id) }
                : verdict.Result == older.Result ? marks with { Older = marks.Older.Add(next.Id) }
                : marks with { Newer = next.Id };
        }
    }

    private async Task<BisectVerdict> TestEndAsync(BisectState end, ImmutableDictionary<string, BisectResult> claims, CancellationToken cancellation)
    {
        step?.Invoke(end, -1);
        BisectVerdict verdict = await test(end, cancellation).ConfigureAwait(false);
        if (verdict.Result == BisectResult.Skip)
            throw new KernelException(ErrorCodes.BisectEnds, $"The end {end.Title} cannot be tried: {verdict.Why}");
        return !claims.TryGetValue(end.Id, out BisectResult claim) || claim == verdict.Result ? verdict : throw new KernelException(
            ErrorCodes.BisectEnds, $"{end.Title} is said to be {(claim == BisectResult.Good ? "good" : "bad")}, and is {verdict.Word}: {verdict.Why}");
    }

    private static KernelException Undecided(ImmutableArray<BisectState> suspects, BisectVerdict newer) => new(
        ErrorCodes.BisectUndecided,
        $"Only what cannot be tried is left. The first {newer.Word} is one of these {suspects.Length}:{string.Concat(suspects.Select(state => $"\n  {state.Title}"))}");
}

/// <summary>What a bisection has found.</summary>
/// <param name="First">The first state with the newer end's verdict.</param>
/// <param name="Result">That verdict.</param>
public sealed record BisectFinding(BisectState First, BisectResult Result);
