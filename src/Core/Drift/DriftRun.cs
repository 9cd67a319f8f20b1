using System.Collections.Immutable;
using EveKernel.Core.Configuration;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches;
using EveKernel.Core.Patches.Status;
using EveKernel.Core.Source;

namespace EveKernel.Core.Drift;

/// <summary>Tells what one tree has and another has not: commits of its history, patches of the project's series, options of its configuration.</summary>
/// <param name="git">git.</param>
/// <param name="configurations">Reads the configurations.</param>
/// <param name="sink">Takes warnings.</param>
public sealed class DriftRun(GitCli git, TreeConfiguration configurations, IDiagnosticSink sink)
{
    /// <summary>Compares two trees.</summary>
    /// <param name="from">A tree, with where its configuration comes from.</param>
    /// <param name="to">Another.</param>
    /// <param name="series">The project's series.</param>
    /// <param name="jobs">How many jobs at once.</param>
    /// <param name="withoutNetwork">Whether make is cut off from the network.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>What differs.</returns>
    /// <exception cref="KernelException">EVK2201, EVK2203, EVK2048; those of the matrix; those of a configuration.</exception>
    public async Task<TreeDrift> RunAsync(
        (StatusTree Tree, ConfigurationSource Configuration) from,
        (StatusTree Tree, ConfigurationSource Configuration) to,
        ImmutableArray<PatchSeries> series,
        int jobs,
        bool withoutNetwork,
        CancellationToken cancellation)
    {
        CommitDrift? commits = await new HistoryComparer(git, sink).CompareAsync(from.Tree, to.Tree, cancellation).ConfigureAwait(false);
        ImmutableArray<SeriesDrift> patches = series.IsEmpty ? [] : await CompareSeriesAsync(from.Tree, to.Tree, series, cancellation).ConfigureAwait(false);
        ConfigurationDrift? configuration = null;
        if (!from.Configuration.IsEmpty && !to.Configuration.IsEmpty)
        {
            (ConfigFile one, string oneOrigin) =
                await configurations.ReadAsync(from.Tree, from.Configuration, jobs, withoutNetwork, cancellation).ConfigureAwait(false);
            (ConfigFile other, string otherOrigin) =
                await configurations.ReadAsync(to.Tree, to.Configuration, jobs, withoutNetwork, cancellation).ConfigureAwait(false);
            configuration = new ConfigurationDrift(oneOrigin, otherOrigin, Compare(one, other));
        }

        return new TreeDrift(from.Tree, to.Tree, commits, patches, configuration);
    }

    private async Task<ImmutableArray<SeriesDrift>> CompareSeriesAsync(
        StatusTree from, StatusTree to, ImmutableArray<PatchSeries> series, CancellationToken cancellation)
    {
        StatusMatrix matrix = await new StatusRun(git, sink).RunAsync(
            [from, to], [.. series.Select(one => (one, ImmutableArray<string>.Empty))], cancellation).ConfigureAwait(false);
        return
        [
            .. from pair in matrix.Verdicts.GroupBy(one => one.Patch)
               let one = pair.Single(status => status.Tree == @from.Name)
               let other = pair.Single(status => status.Tree == to.Name)
               where IsHeld(one) != IsHeld(other)
               let patch = matrix.Patches[pair.Key]
               select new SeriesDrift(patch.Name, patch.Subject, one.Summary, other.Summary),
        ];

        static bool IsHeld(PatchStatus status) => status.Verdict is PatchVerdict.Applied or PatchVerdict.Redundant;
    }

    // An option that is off and one that the tree does not know are the same to the kernel, and are told apart here: the one can be switched on.
    private static ImmutableArray<OptionDrift> Compare(ConfigFile from, ConfigFile to) =>
    [
        .. from name in @from.Names.Union(to.Names, StringComparer.Ordinal).Order(StringComparer.Ordinal)
           where !ConfigFile.SameValue(@from[name], to[name])
           select new OptionDrift(name, @from.Mentions(name) ? @from[name] : null, to.Mentions(name) ? to[name] : null),
    ];
}
