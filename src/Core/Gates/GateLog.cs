using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Make;

namespace EveKernel.Core.Gates;

/// <summary>Reads warnings out of the log of a make whose output was put together by target (<c>--output-sync=target</c>), and knows of each what was being
/// made: a later make is silent about what it finds fresh.</summary>
/// <param name="sourceTree">The kernel tree, absolute.</param>
/// <param name="outputTree">The <c>O=</c> folder, absolute.</param>
public sealed partial class GateLog(string sourceTree, string outputTree)
{
    private readonly LogParser _parser = new(sourceTree, outputTree);
    private readonly FunctionFinder _functions = new();

    /// <summary>Whether make has left out sparse although it was asked to run it. Trees from 7.2 on do so, with only a line in the log, when sparse is too old for them.</summary>
    /// <param name="lines">The log's lines.</param>
    /// <returns>True when nothing was checked by sparse.</returns>
    public static bool LeavesOutSparse(IEnumerable<string> lines) =>
        lines.Any(line => line.Contains("C=1 specified, but sparse is not available or not up to date", StringComparison.Ordinal));

    /// <summary>Reads a log.</summary>
    /// <param name="lines">Its lines.</param>
    /// <returns>Each file that was made, relative to <c>O=</c>, with its warnings, none for most.</returns>
    public ImmutableSortedDictionary<string, ImmutableArray<GateWarning>> Read(IEnumerable<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        SortedDictionary<string, List<GateWarning>> made = new(StringComparer.Ordinal);
        string target = "";
        List<GateWarning> current = [];
        foreach (string line in lines)
        {
            if (Making.Match(line) is { Success: true } making)
            {
                // sparse checks a source within the recipe of its object.
                if (making.Groups["what"].ValueSpan is "CHECK")
                    continue;
                target = CompiledObjects.Normalise(Relative(Path.GetFullPath(making.Groups["target"].Value, outputTree)));
                // Made again in the same log: what counts is the last time.
                made[target] = current = [];
            }
            else if (current.Count > 0 && Addition.Match(line) is { Success: true } addition && Continues(current[^1], addition))
            {
                current[^1] = current[^1] with { Message = $"{current[^1].Message} {Neutral(addition.Groups["text"].Value)}" };
            }
            else if (_parser.Parse(line) is { Location: { } place } diagnostic && IsAboutCode(diagnostic))
            {
                if (!made.TryGetValue(target, out List<GateWarning>? list))
                    made[target] = list = current;
                list.Add(new GateWarning(Relative(place.File), place.Line, place.Column, _functions.Find(place.File, place.Line), Neutral(diagnostic.Message)));
            }
        }

        return made.ToImmutableSortedDictionary(pair => pair.Key, pair => pair.Value.ToImmutableArray(), StringComparer.Ordinal);
    }

    private static bool IsAboutCode(Diagnostic diagnostic) =>
        diagnostic.Code == ErrorCodes.CompilerError || diagnostic.Code == ErrorCodes.CompilerWarning || diagnostic.Code == ErrorCodes.ObjtoolProblem;

    private bool Continues(GateWarning warning, Match addition) =>
        addition.Groups["line"].Value == warning.Line.ToString(CultureInfo.InvariantCulture)
        && Relative(Path.GetFullPath(addition.Groups["file"].Value, outputTree)) == warning.File;

    private string Relative(string file) =>
        file.StartsWith(outputTree + "/", StringComparison.Ordinal) ? Path.GetRelativePath(outputTree, file)
            : file.StartsWith(sourceTree + "/", StringComparison.Ordinal) ? Path.GetRelativePath(sourceTree, file)
            : file;

    private string Neutral(string message) => LineNumber.Replace(
        message.Replace(outputTree + "/", "", StringComparison.Ordinal).Replace(sourceTree + "/", "", StringComparison.Ordinal), "");

    [GeneratedRegex(@"^  (?<what>[A-Z][A-Z0-9_]+)(?: \[[A-Z]+\])? +(?<target>\S+)$")]
    private static partial Regex Making { get; }

    [GeneratedRegex(@"^(?<file>[^\s:]+):(?<line>\d+):\d+:    \s*(?<text>\S.*)$")]
    private static partial Regex Addition { get; }

    [GeneratedRegex(@"(?<=\.[chS]):\d+(?::\d+)?\b")]
    private static partial Regex LineNumber { get; }
}
