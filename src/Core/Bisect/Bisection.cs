using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Make;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Bisect;

/// <summary>Finds the first patch of a series, or the first commit, with which a kernel does otherwise than before.</summary>
/// <param name="request">How builds are started.</param>
/// <param name="environment">The host's environment.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed class Bisection(BisectRequest request, ImmutableDictionary<string, string> environment, IDiagnosticSink sink)
{
    /// <summary>Bisects.</summary>
    /// <param name="ends">What lies at the ends.</param>
    /// <param name="cancellation">Ends it. What was found so far is kept, and is not tried again.</param>
    /// <returns>What was found, which bisect.json beside it has as well.</returns>
    /// <exception cref="KernelException">EVK2120 to EVK2123.</exception>
    public async Task<BisectReport> RunAsync(BisectEnds ends, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(ends);
        (BisectRange range, ImmutableDictionary<string, BisectResult> claims) = await OpenAsync(ends, cancellation).ConfigureAwait(false);
        BisectBuilds builds = new(request, range, environment, sink);
        BisectSearch search = new(range, builds.TestAsync, (state, left) => Tell(left < 0
            ? $"Trying the end {state.Title}"
            : string.Create(CultureInfo.InvariantCulture, $"Trying {state.Title}; about {left} more after it")));
        string file = Path.Combine(request.Folder, "bisect.json");
        File.Delete(file);
        BisectFinding found = await search.RunAsync(claims, cancellation).ConfigureAwait(false);
        BisectReport report = new() { First = found.First, Result = found.Result, Steps = [.. builds.Steps] };
        DurableFile.WriteAllText(file, JsonFile.ToText(report));
        Tell($"The first {(found.Result == BisectResult.Good ? "good" : "bad")} is {found.First.Title}");
        Tell(string.Create(CultureInfo.InvariantCulture, $"  {builds.Steps.Count} steps in {MakeProgress.Words(builds.Steps.Sum(step => step.Seconds))}; {file} has them"));
        return report;
    }

    private async Task<(BisectRange Range, ImmutableDictionary<string, BisectResult> Claims)> OpenAsync(BisectEnds ends, CancellationToken cancellation)
    {
        ImmutableArray<SeriesEntry> entries = [.. ends.Series.SelectMany(file => PatchSeries.Read(file).Entries)];
        string[] named = [.. new[] { ends.Good, ends.Bad }.Where(name => name.Length > 0)];
        if (named.All(name => SeriesRange.Find(entries, name) is not null))
            return OpenSeries(ends, entries);
        if (ends.Repository.Length == 0)
            throw Unclear(ends, named.First(name => SeriesRange.Find(entries, name) is null), entries);
        return await OpenCommitsAsync(ends, cancellation).ConfigureAwait(false);
    }

    private (BisectRange, ImmutableDictionary<string, BisectResult>) OpenSeries(BisectEnds ends, ImmutableArray<SeriesEntry> entries)
    {
        if (entries.IsEmpty)
        {
            throw new KernelException(
                ErrorCodes.BisectUnclear, "The project has no patch to bisect. Between two commits, give -p:KernelBisectGood=COMMIT and -p:KernelBisectBad=COMMIT.");
        }

        int? good = ends.Good.Length > 0 ? SeriesRange.Find(entries, ends.Good) : null;
        int? bad = ends.Bad.Length > 0 ? SeriesRange.Find(entries, ends.Bad) : null;
        // As git has it, what is good is older than what is bad, unless both are named.
        int one = good ?? bad ?? 0;
        int other = (good is null ? null : bad) ?? (good is null && bad > 0 ? 0 : one == entries.Length ? 0 : entries.Length);
        if (one == other)
            throw new KernelException(ErrorCodes.BisectUnclear, $"Both ends have the same patches. The series has:\n  {Names(entries)}");
        SeriesRange range = SeriesRange.Create(entries, Path.Combine(request.Folder, "series"), Math.Min(one, other), Math.Max(one, other));
        return (range, Claims(good is null ? null : Of(range, good.Value), bad is null ? null : Of(range, bad.Value)));

        string Of(SeriesRange states, int count) => count == Math.Min(one, other) ? states.Older.Id : states.Newer.Id;
    }

    private async Task<(BisectRange, ImmutableDictionary<string, BisectResult>)> OpenCommitsAsync(BisectEnds ends, CancellationToken cancellation)
    {
        string repository = LocalRepository(ends.Repository);
        GitCli git = new(environment);
        if ((ends.Good.Length == 0 || ends.Bad.Length == 0) && ends.Commit.Length == 0)
            throw new KernelException(ErrorCodes.BisectUnclear, "The project pins no commit to be the other end. Give both KernelBisectGood and KernelBisectBad.");
        string good = ends.Good.Length > 0 ? ends.Good : ends.Commit;
        string bad = ends.Bad.Length > 0 ? ends.Bad : ends.Commit;
        CommitRange range = await CommitRange.CreateAsync(git, repository, good, bad, cancellation).ConfigureAwait(false);
        return (range, Claims(
            ends.Good.Length > 0 ? (await CommitRange.ResolveAsync(git, repository, good, cancellation).ConfigureAwait(false)).Id : null,
            ends.Bad.Length > 0 ? (await CommitRange.ResolveAsync(git, repository, bad, cancellation).ConfigureAwait(false)).Id : null));
    }

    // git halves a history that it has; and each step fetches its commit from there.
    private static string LocalRepository(string repository)
    {
        string path = repository.StartsWith("file://", StringComparison.Ordinal) ? Uri.UnescapeDataString(new Uri(repository).AbsolutePath) : repository;
        return Directory.Exists(path) ? path.TrimEnd('/') : throw new KernelException(
            ErrorCodes.BisectUnclear, $"Commits are bisected in a repository on this machine, and KernelRepository is {repository}. Clone it, and give -p:KernelRepository=FOLDER.");
    }

    private static ImmutableDictionary<string, BisectResult> Claims(string? good, string? bad)
    {
        ImmutableDictionary<string, BisectResult> claims = ImmutableDictionary<string, BisectResult>.Empty;
        claims = good is null ? claims : claims.SetItem(good, BisectResult.Good);
        return bad is null ? claims : claims.SetItem(bad, BisectResult.Bad);
    }

    private static KernelException Unclear(BisectEnds ends, string name, ImmutableArray<SeriesEntry> entries) => new(
        ErrorCodes.BisectUnclear,
        $"{(name == ends.Good ? "KernelBisectGood" : "KernelBisectBad")} '{name}' names no patch of the series, or several, and the project's source is no git repository. "
            + (entries.IsEmpty ? "It has no series." : $"The series has:\n  {Names(entries)}"));

    private static string Names(ImmutableArray<SeriesEntry> entries) => string.Join("\n  ", entries.Select(entry => entry.Name).Prepend(BisectState.Base));

    private void Tell(string text) => sink.Report(new Diagnostic(Severity.Message, null, text));
}

/// <summary>What lies at the ends of a bisection, as the project and the command line say it.</summary>
/// <param name="Good">A patch, <c>base</c> or a commit that is good; empty where nothing is said.</param>
/// <param name="Bad">One that is bad; empty where nothing is said.</param>
/// <param name="Series">The project's series files.</param>
/// <param name="Repository">KernelRepository, or empty.</param>
/// <param name="Commit">KernelCommit, or empty.</param>
public sealed record BisectEnds(string Good, string Bad, ImmutableArray<string> Series, string Repository, string Commit);

/// <summary>bisect.json: what a bisection has found.</summary>
public sealed record BisectReport
{
    /// <summary>The form of this file; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>The first state with the newer end's verdict.</summary>
    public required BisectState First { get; init; }

    /// <summary>That verdict.</summary>
    public required BisectResult Result { get; init; }

    /// <summary>The steps, in their order.</summary>
    public required ImmutableArray<BisectStepRecord> Steps { get; init; }
}
