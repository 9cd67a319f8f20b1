using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Configuration;

/// <summary>The fragments of one kernel, in their order.</summary>
public sealed class FragmentSet
{
    private FragmentSet(ImmutableArray<ConfigFragment> fragments, ImmutableArray<ConfigLine> requested) =>
        (Fragments, Requested) = (fragments, requested);

    /// <summary>The fragments.</summary>
    public ImmutableArray<ConfigFragment> Fragments { get; }

    /// <summary>The line that counts for each symbol, in the order in which the symbols first appear.</summary>
    public ImmutableArray<ConfigLine> Requested { get; }

    /// <summary>Joins fragments.</summary>
    /// <param name="fragments">The fragments; a later line may only change an earlier one when it says <c># override</c>.</param>
    /// <returns>The set.</returns>
    /// <exception cref="KernelException">EVK3002: with each pair of lines that disagree.</exception>
    public static FragmentSet Join(ImmutableArray<ConfigFragment> fragments)
    {
        List<Diagnostic> errors = [];
        List<string> order = [];
        Dictionary<string, ConfigLine> lines = new(StringComparer.Ordinal);
        foreach (ConfigLine line in fragments.SelectMany(fragment => fragment.Lines))
        {
            if (!lines.TryGetValue(line.Name, out ConfigLine? earlier))
                order.Add(line.Name);
            else if (!line.Overrides && !ConfigFile.SameValue(earlier.Value, line.Value))
                errors.Add(new Diagnostic(Severity.Error, ErrorCodes.FragmentsDisagree, Disagreement(earlier, line), line.Location));
            lines[line.Name] = line;
        }

        return errors.Count == 0 ? new FragmentSet(fragments, [.. order.Select(name => lines[name])]) : throw new KernelException(errors);
    }

    private static string Disagreement(ConfigLine earlier, ConfigLine later) =>
        $"CONFIG_{later.Name} is {later.Value} here, but {earlier.Value} at {earlier.Location.File}:{earlier.Location.Line}. " +
        "Remove one of the lines, or end this one with '# override' if it is meant to win.";
}
