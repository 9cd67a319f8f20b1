using System.Text.RegularExpressions;

namespace EveKernel.Core.Gates;

/// <summary>Finds the function that a line of C belongs to, as the hunk headers of a diff do: by the nearest line above that begins at the margin.</summary>
public sealed partial class FunctionFinder
{
    private readonly Dictionary<string, string[]> _files = new(StringComparer.Ordinal);

    /// <summary>Finds a function.</summary>
    /// <param name="file">The file, absolute.</param>
    /// <param name="line">The line, from 1.</param>
    /// <returns>The function's name, or what else begins there; empty where nothing does, and for a file that cannot be read.</returns>
    public string Find(string file, int line)
    {
        ArgumentNullException.ThrowIfNull(file);
        string[] lines = Read(file);
        for (int at = Math.Min(line, lines.Length) - 1; at >= 0; at--)
        {
            // A } at the margin ends the function above, unless it is the very line.
            if (at < line - 1 && lines[at].StartsWith('}'))
                return "";
            if (NameIn(lines[at]) is { } name)
                return name;
        }

        return "";
    }

    private string[] Read(string file)
    {
        if (!_files.TryGetValue(file, out string[]? lines))
            _files[file] = lines = File.Exists(file) ? File.ReadAllLines(file) : [];
        return lines;
    }

    // git's rule for C, without declarations that end on their line.
    private static string? NameIn(string line)
    {
        bool begins = line.Length > 0 && (char.IsAsciiLetter(line[0]) || line[0] == '_') && !line.TrimEnd().EndsWith(';') && !Label.IsMatch(line);
        return begins && Name.Match(line) is { Success: true } name ? name.Groups["name"].Value : null;
    }

    [GeneratedRegex(@"^\w+:\s*(?:$|/)")]
    private static partial Regex Label { get; }

    // What stands before the first ( of a function, before the = or [ of a variable, or before the { of a struct.
    [GeneratedRegex(@"(?<name>\w+)\s*(?:[(=\[{]|$)")]
    private static partial Regex Name { get; }
}
