using System.Collections.Immutable;

namespace EveKernel.Core.Gates;

/// <summary>What the compiler, sparse or kernel-doc said of a place.</summary>
/// <param name="File">The file, relative to the tree.</param>
/// <param name="Line">The line, from 1, or 0.</param>
/// <param name="Column">The column, from 1, or 0.</param>
/// <param name="Function">The function that the line belongs to, or what else begins above it at the margin; empty outside any.</param>
/// <param name="Message">The text, with what sparse adds on the lines after it, without paths of this machine and line numbers.</param>
public sealed record GateWarning(string File, int Line, int Column, string Function, string Message)
{
    /// <summary>The warnings of one side that the other does not have, or has less often. Lines do not count: all below a patch move.</summary>
    /// <param name="before">Without the series.</param>
    /// <param name="after">With it.</param>
    /// <returns>The new ones in the order of files and lines. Where some of several alike are new, the last are taken for them.</returns>
    public static ImmutableArray<GateWarning> FindNew(IEnumerable<GateWarning> before, IEnumerable<GateWarning> after)
    {
        // A header's warning comes with each file that includes it.
        Dictionary<(string, string, string), int> known = before.Distinct().CountBy(warning => warning.Key).ToDictionary();
        return
        [
            .. after.Distinct()
                .GroupBy(warning => warning.Key)
                .SelectMany(alike => alike.OrderBy(warning => warning.Line).ThenBy(warning => warning.Column).Skip(known.GetValueOrDefault(alike.Key)))
                .OrderBy(warning => warning.File, StringComparer.Ordinal)
                .ThenBy(warning => warning.Line)
                .ThenBy(warning => warning.Column),
        ];
    }

    private (string File, string Function, string Message) Key => (File, Function, Message);
}
