using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace EveKernel.Core.Patches.Status;

/// <summary>What a tree's makefiles and Kconfig files say of which files are built for an architecture. It knows the plain rules only: <c>obj-…</c> and
/// <c>name-objs</c> lines, and <c>depends on</c> of the symbols in them. Where they do not suffice, the answer is that it is not known.</summary>
internal sealed partial class BuildKnowledge(TreeFiles tree, string sourceArch)
{
    // Folders that no kernel is built from, whatever the configuration.
    private static readonly ImmutableArray<string> Words = ["Documentation/", "LICENSES/", "tools/", "samples/"];

    // arm64's makefiles reach into arch/arm for these.
    private static readonly ImmutableArray<(string Arch, string Folder)> Borrowed = [("arm64", "arch/arm/xen/"), ("um", "arch/x86/")];

    private static readonly ImmutableHashSet<string> ArchSymbols =
    [
        "ALPHA", "ARC", "ARM", "ARM64", "CSKY", "HEXAGON", "LOONGARCH", "M68K", "MICROBLAZE", "MIPS", "NIOS2", "OPENRISC", "PARISC", "PPC", "PPC32", "PPC64",
        "RISCV", "S390", "SUPERH", "SPARC", "SPARC32", "SPARC64", "UML", "X86", "X86_32", "X86_64", "XTENSA", "COMPILE_TEST",
    ];

    private static readonly ImmutableDictionary<string, ImmutableHashSet<string>> OwnSymbols = new Dictionary<string, ImmutableHashSet<string>>
    {
        ["x86"] = ["X86", "X86_64"],
        ["arm64"] = ["ARM64"],
        ["riscv"] = ["RISCV"],
    }.ToImmutableDictionary();

    private readonly Dictionary<string, Built> _known = new(StringComparer.Ordinal);

    /// <summary>Whether a file is built.</summary>
    public Built Of(string path)
    {
        if (!_known.TryGetValue(path, out Built? built))
            _known[path] = built = Decide(path);
        return built;
    }

    private Built Decide(string path)
    {
        if (Words.Any(folder => path.StartsWith(folder, StringComparison.Ordinal)) || !path.Contains('/', StringComparison.Ordinal) ||
            path.EndsWith(".rst", StringComparison.Ordinal))
            return new Built(null, "it is no source of the kernel", Neutral: true);
        string[] parts = path.Split('/');
        if (parts is ["arch", { } arch, _, ..] && arch != sourceArch && !Borrowed.Contains((sourceArch, string.Join('/', parts[..3]) + "/")) &&
            !Borrowed.Contains((sourceArch, $"arch/{arch}/")))
        {
            return new Built(false, $"arch/{arch} is for other architectures");
        }

        string folder = string.Join('/', parts[..^1]);
        if (path.EndsWith(".c", StringComparison.Ordinal) || path.EndsWith(".S", StringComparison.Ordinal))
        {
            Built file = ByRule(folder, Path.GetFileNameWithoutExtension(path) + ".o", 0);
            if (file.IsBuilt == false)
                return file;
        }

        for (; folder.Contains('/', StringComparison.Ordinal); folder = folder[..folder.LastIndexOf('/')])
        {
            string above = folder[..folder.LastIndexOf('/')];
            Built whole = ByRule(above, folder[(folder.LastIndexOf('/') + 1)..] + "/", 0);
            if (whole.IsBuilt == false)
                return whole;
        }

        return new Built(true, "");
    }

    /// <summary>Looks for the lines of a folder's makefile that build a thing. It is not built if each of them is out of the question.</summary>
    private Built ByRule(string folder, string thing, int depth)
    {
        string? file = new[] { $"{folder}/Kbuild", $"{folder}/Makefile" }.FirstOrDefault(name => tree.Find(name) is not null);
        if (file is null || depth > 3)
            return Built.Unknown;
        List<Built> found = [];
        string text = tree.ReadText(file)!.Replace("\\\n", " ", StringComparison.Ordinal);
        foreach (Match rule in Rule().Matches(text))
        {
            if (!rule.Groups[4].Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Contains(thing))
                continue;
            string name = rule.Groups[1].Value;
            Built condition = rule.Groups[3].Success ? Possible(rule.Groups[3].Value, folder, $"{file} builds {thing} for CONFIG_{rule.Groups[3].Value}")
                : Built.Unknown;
            if (condition.IsBuilt != false && name is not ("obj" or "lib"))
                condition = ByRule(folder, name + ".o", depth + 1);
            found.Add(condition);
        }

        return found.Count > 0 && found.All(one => one.IsBuilt == false) ? found[0] : Built.Unknown;
    }

    private Built Possible(string symbol, string folder, string why)
    {
        if (Value(symbol) == false)
            return new Built(false, why);
        for (string at = folder; ; at = at.Contains('/', StringComparison.Ordinal) ? at[..at.LastIndexOf('/')] : "")
        {
            string file = at.Length == 0 ? "Kconfig" : $"{at}/Kconfig";
            if (tree.ReadText(file) is { } text && FindDependency(text, symbol) is { } dependency)
                return dependency.Impossible is { } line ? new Built(false, $"{why}, which depends on {line} ({file})") : Built.Unknown;
            if (at.Length == 0)
                return Built.Unknown;
        }
    }

    /// <summary>The dependencies in a symbol's entry; null where the file does not define it.</summary>
    private (string? Impossible, bool Found)? FindDependency(string text, string symbol)
    {
        bool inside = false;
        bool found = false;
        string? impossible = null;
        bool possible = false;
        foreach (string line in text.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n'))
        {
            if (line.Length > 0 && !char.IsWhiteSpace(line[0]) && line[0] != '#')
            {
                possible |= inside && impossible is null;
                inside = Entry().Match(line) is { Success: true } entry && entry.Groups[1].Value == symbol;
                found |= inside;
            }
            else if (inside && line.Trim() is var clause && clause.StartsWith("depends on ", StringComparison.Ordinal))
            {
                string expression = clause["depends on ".Length..].Split('#')[0].Trim();
                if (Evaluate(expression) == false)
                    impossible = expression;
            }
        }

        possible |= inside && impossible is null;
        // A symbol may have several entries; one that is possible suffices.
        return found ? (possible ? null : impossible, true) : null;
    }

    private bool? Value(string symbol) => symbol switch
    {
        "n" => false,
        "y" or "m" or "64BIT" => true,
        _ when ArchSymbols.Contains(symbol) => OwnSymbols.TryGetValue(sourceArch, out ImmutableHashSet<string>? own) ? own.Contains(symbol) : null,
        _ => null,
    };

    /// <summary>The value of an expression in three-valued logic.</summary>
    private bool? Evaluate(string expression)
    {
        string[] tokens = [.. Token().Matches(expression).Select(match => match.Value)];
        int at = 0;
        bool? value = Or();
        // What was not read to its end was not understood.
        return at == tokens.Length ? value : null;

        bool? Or()
        {
            bool? left = And();
            while (at < tokens.Length && tokens[at] == "||")
            {
                at++;
                bool? right = And();
                left = left == true || right == true ? true : left is null || right is null ? null : false;
            }

            return left;
        }

        bool? And()
        {
            bool? left = Term();
            while (at < tokens.Length && tokens[at] == "&&")
            {
                at++;
                bool? right = Term();
                left = left == false || right == false ? false : left is null || right is null ? null : true;
            }

            return left;
        }

        bool? Term()
        {
            if (at >= tokens.Length)
                return null;
            string token = tokens[at++];
            if (token == "!")
                return Term() is { } value ? !value : null;
            if (token == "(")
            {
                bool? inner = Or();
                at++;
                return inner;
            }

            if (at < tokens.Length && tokens[at] is "=" or "!=" or "<" or ">" or "<=" or ">=")
            {
                at += 2;
                return null;
            }

            return Value(token);
        }
    }

    [GeneratedRegex(@"^([\w-]+?)-(y|m|objs|\$\(CONFIG_(\w+)\))[ \t]*[:+]?=[ \t]*(.*)$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Rule();

    [GeneratedRegex(@"^(?:menu)?config[ \t]+(\w+)", RegexOptions.CultureInvariant)]
    private static partial Regex Entry();

    [GeneratedRegex(@"\|\||&&|!=|<=|>=|[!()=<>]|[\w.$""-]+", RegexOptions.CultureInvariant)]
    private static partial Regex Token();
}

/// <summary>Whether a file is built.</summary>
/// <param name="IsBuilt">Null where it is not known.</param>
/// <param name="Reason">Why it is not.</param>
/// <param name="Neutral">Whether it is no source at all, such as documentation.</param>
internal sealed record Built(bool? IsBuilt, string Reason, bool Neutral = false)
{
    public static readonly Built Unknown = new(null, "");
}
