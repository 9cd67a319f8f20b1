using System.Collections.Immutable;
using System.Text.RegularExpressions;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Configuration;

/// <summary>One line of a fragment that asks for a value.</summary>
/// <param name="Name">The symbol, without <c>CONFIG_</c>.</param>
/// <param name="Value">The value as .config has it: <c>y</c>, <c>m</c>, <c>n</c>, a number, or a string in quotes.</param>
/// <param name="Overrides">Whether the line says <c># override</c>.</param>
/// <param name="Location">Where it stands.</param>
public sealed record ConfigLine(string Name, string Value, bool Overrides, SourceLocation Location)
{
    /// <summary>Whether the symbol is asked to be off.</summary>
    public bool IsOff => Value == "n";

    /// <summary>The line as kconfig reads it.</summary>
    /// <returns>An assignment, or kconfig's comment for a symbol that is off.</returns>
    public override string ToString() => IsOff ? $"# CONFIG_{Name} is not set" : $"CONFIG_{Name}={Value}";
}

/// <summary>A part of a configuration, as a person writes it. kconfig skips a line that it does not understand; this is strict.</summary>
/// <param name="Path">The file.</param>
/// <param name="Lines">Its lines that ask for something.</param>
public sealed partial record ConfigFragment(string Path, ImmutableArray<ConfigLine> Lines)
{
    /// <summary>Reads a fragment.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The fragment.</returns>
    /// <exception cref="KernelException">EVK3010: it is not there; EVK3001: a line is malformed.</exception>
    public static ConfigFragment Read(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path), path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new KernelException(ErrorCodes.ConfigurationFileMissing, $"The configuration fragment '{path}' is not there.", inner: exception);
        }
    }

    /// <summary>Parses a fragment's text.</summary>
    /// <param name="text">All of it.</param>
    /// <param name="path">The file that it came from, for messages.</param>
    /// <returns>The fragment.</returns>
    /// <exception cref="KernelException">EVK3001: with each malformed line.</exception>
    public static ConfigFragment Parse(string text, string path)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<Diagnostic> errors = [];
        ImmutableArray<ConfigLine>.Builder lines = ImmutableArray.CreateBuilder<ConfigLine>();
        int number = 0;
        foreach (string line in text.Split('\n').Select(line => line.TrimEnd()))
        {
            SourceLocation location = new(path, ++number);
            if (Off().Match(line) is { Success: true } off)
                lines.Add(new ConfigLine(off.Groups["name"].Value, "n", off.Groups["override"].Success, location));
            else if (Assignment().Match(line) is { Success: true } assignment)
                lines.Add(new ConfigLine(assignment.Groups["name"].Value, assignment.Groups["value"].Value, assignment.Groups["override"].Success, location));
            else if (line.Length > 0 && (line[0] != '#' || AlmostOff().IsMatch(line)))
                errors.Add(new Diagnostic(Severity.Error, ErrorCodes.FragmentMalformed, Malformed(line), location));
        }

        return errors.Count == 0 ? new ConfigFragment(path, lines.DrainToImmutable()) : throw new KernelException(errors);
    }

    private static string Malformed(string line) =>
        $"'{line}' is not a configuration line. It is CONFIG_NAME=y, =m, =n, a number or a \"string\", or '# CONFIG_NAME is not set'; " +
        "only '# override' may follow, and a comment has a line of its own.";

    [GeneratedRegex("""^CONFIG_(?<name>[A-Za-z0-9_]+)=(?<value>[ymn]|-?[0-9]+|0[xX][0-9a-fA-F]+|"(?:[^"\\]|\\.)*")(?<override>\s+# override)?$""")]
    private static partial Regex Assignment();

    [GeneratedRegex("^# CONFIG_(?<name>[A-Za-z0-9_]+) is not set(?<override> # override)?$")]
    private static partial Regex Off();

    // kconfig takes these for plain comments, which is never what was meant.
    [GeneratedRegex(@"^#\s*CONFIG_\w+\s+(is\s+)?not\s+set")]
    private static partial Regex AlmostOff();
}
