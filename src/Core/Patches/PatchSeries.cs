using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Patches;

/// <summary>A quilt series: patches in the order that they are applied in.</summary>
/// <param name="File">The series file.</param>
/// <param name="Entries">Its patches.</param>
public sealed record PatchSeries(string File, ImmutableArray<SeriesEntry> Entries)
{
    /// <summary>Reads a series file and sees to it that its patches are there.</summary>
    /// <param name="file">The file, absolute.</param>
    /// <returns>The series; it has at least one patch.</returns>
    /// <exception cref="KernelException">EVK2001 to EVK2005, one error a line.</exception>
    public static PatchSeries Read(string file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!System.IO.File.Exists(file))
            throw new KernelException(ErrorCodes.SeriesMissing, $"There is no patch series '{file}'. Correct the path, or take it out of the project.", new(file));

        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        List<SeriesEntry> entries = [];
        List<Diagnostic> errors = [];
        Dictionary<string, int> seen = new(StringComparer.Ordinal);
        int number = 0;
        foreach (string line in System.IO.File.ReadLines(file))
        {
            number++;
            string[] words = WithoutComment(line).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
                continue;
            if (ReadLine(words, folder, number, seen, out SeriesEntry? entry) is { } error)
                errors.Add(error with { Location = new SourceLocation(file, number) });
            else
                entries.Add(entry!);
        }

        if (errors.Count > 0)
            throw new KernelException(errors);
        if (entries.Count == 0)
            throw new KernelException(ErrorCodes.SeriesEmpty, $"The patch series '{file}' names no patch.", new(file));
        return new PatchSeries(file, [.. entries]);
    }

    /// <summary>Reads the patches of several series.</summary>
    /// <param name="files">The series files, in order.</param>
    /// <returns>The patches, in order.</returns>
    public static IEnumerable<PatchFile> ReadPatches(IEnumerable<string> files) =>
        files.SelectMany(file => Read(file).Entries).Select(entry => PatchFile.Read(entry.Path, entry.Strip));

    private static Diagnostic? ReadLine(string[] words, string folder, int number, Dictionary<string, int> seen, out SeriesEntry? entry)
    {
        entry = null;
        int strip = 1;
        foreach (string option in words.Skip(1))
        {
            if (!option.StartsWith("-p", StringComparison.Ordinal) ||
                !int.TryParse(option.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out strip) || strip > 99)
            {
                return Error(ErrorCodes.SeriesLine, $"'{option}' is no option of a series; only -pN is.");
            }
        }

        string name = words[0];
        if (name[0] == '-')
            return Error(ErrorCodes.SeriesLine, $"'{name}' stands where a patch's name belongs.");
        if (Path.IsPathRooted(name) || name.Split('/').Contains(".."))
            return Error(ErrorCodes.SeriesLine, $"'{name}' must be a name inside the series' folder, without '..'.");
        string path = Path.GetFullPath(Path.Combine(folder, name));
        if (seen.TryGetValue(path, out int first))
            return Error(ErrorCodes.PatchNamedTwice, $"'{name}' is named in line {first} already.");
        seen[path] = number;
        if (!System.IO.File.Exists(path))
            return Error(ErrorCodes.PatchMissing, $"There is no patch file '{path}'. Add it, or take the line out.");
        entry = new SeriesEntry(name, path, strip, number);
        return null;
    }

    private static Diagnostic Error(ErrorCode code, string message) => new(Severity.Error, code, message);

    /// <summary>A <c>#</c> begins a comment only where a word begins: a file's name may have one inside.</summary>
    private static string WithoutComment(string line)
    {
        for (int at = line.IndexOf('#', StringComparison.Ordinal); at >= 0; at = line.IndexOf('#', at + 1))
        {
            if (at == 0 || char.IsWhiteSpace(line[at - 1]))
                return line[..at];
        }

        return line;
    }
}

/// <summary>A line of a series.</summary>
/// <param name="Name">The patch's name as the series has it.</param>
/// <param name="Path">Its absolute path.</param>
/// <param name="Strip">How many leading folders of the names in it to leave out.</param>
/// <param name="Line">The line in the series.</param>
public sealed record SeriesEntry(string Name, string Path, int Strip, int Line);
