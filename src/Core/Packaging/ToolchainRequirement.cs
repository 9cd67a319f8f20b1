using System.Collections.Immutable;
using System.Text.RegularExpressions;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Packaging;

/// <summary>KernelToolchain: the versions that a project takes, such as <c>gcc [12,13); binutils [2.40]; pahole [1.24,)</c>.</summary>
public static partial class ToolchainRequirement
{
    private static readonly ImmutableDictionary<string, string> Roles = new Dictionary<string, string>
    {
        ["gcc"] = "compiler",
        ["clang"] = "compiler",
        ["binutils"] = "linker",
        ["ld"] = "linker",
        ["ld.lld"] = "linker",
        ["lld"] = "linker",
    }.ToImmutableDictionary();

    /// <summary>Checks a toolchain.</summary>
    /// <param name="requirement">KernelToolchain.</param>
    /// <param name="compiler">KernelCompiler.</param>
    /// <param name="tools">The toolchain.</param>
    /// <param name="place">The project file.</param>
    /// <exception cref="KernelException">EVK5024: with each program that is another; EVK5002: the property has another form.</exception>
    public static void Check(string requirement, string compiler, ImmutableArray<Tool> tools, SourceLocation place)
    {
        ArgumentNullException.ThrowIfNull(requirement);
        List<Diagnostic> errors = [];
        foreach ((string name, VersionRange range) in Parse(requirement, place))
        {
            Tool? tool = tools.FirstOrDefault(tool => tool.Name == Roles.GetValueOrDefault(name, name));
            string? found = name is "gcc" or "clang" && name != (compiler == "clang" ? "clang" : "gcc") ? $"the project's compiler is {compiler}"
                : tool is null ? "the host has none"
                : VersionOf(tool) is not { } version ? $"'{tool.Version}' names no version"
                : range.Contains(version) ? null
                : $"the host has {version} ({tool.Version})";
            if (found is not null)
            {
                errors.Add(new Diagnostic(
                    Severity.Error,
                    ErrorCodes.ToolchainRefused,
                    $"KernelToolchain asks for {name} {range}, and {found}. Install such a one, give it by KernelToolchainArchive, or change the range.",
                    place));
            }
        }

        if (errors.Count > 0)
            throw new KernelException(errors);
    }

    /// <summary>A program's version, without what its distributor says of it.</summary>
    /// <param name="tool">The program.</param>
    /// <returns>Numbers with dots between them, or null.</returns>
    public static string? VersionOf(Tool tool)
    {
        ArgumentNullException.ThrowIfNull(tool);
        Match match = Number().Match(Parentheses().Replace(tool.Version, ""));
        return match.Success ? match.Value : null;
    }

    private static IEnumerable<(string Name, VersionRange Range)> Parse(string requirement, SourceLocation place)
    {
        foreach (string part in requirement.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] words = part.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            VersionRange? range = words.Length == 2 ? VersionRange.TryParse(words[1]) : null;
            yield return range is not null ? (words[0], range) : throw new KernelException(
                ErrorCodes.PropertyInvalid, $"KernelToolchain holds '{part}'. Give a program and a range, such as gcc [12,13); put ';' between several.", place);
        }
    }

    [GeneratedRegex(@"\([^()]*\)")]
    private static partial Regex Parentheses();

    [GeneratedRegex(@"\d+(\.\d+)*")]
    private static partial Regex Number();
}
