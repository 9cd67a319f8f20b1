using System.Collections.Immutable;
using System.Text.RegularExpressions;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Make;

/// <summary>Which objects the tree's Makefiles make only if a symbol is set, or otherwise when it is <c>m</c>: kbuild's lists of what an object depends on
/// do not say that, since no source names the symbol.</summary>
/// <param name="sourceTree">The kernel tree.</param>
public sealed partial class SymbolObjects(string sourceTree)
{
    /// <summary>Finds them.</summary>
    /// <param name="symbols">The symbols, without <c>CONFIG_</c>.</param>
    /// <returns>For each symbol, paths below the tree: of objects (<c>a/b.o</c>) and of whole folders (<c>a/</c>).</returns>
    public ImmutableDictionary<string, ImmutableHashSet<string>> Find(ImmutableHashSet<string> symbols)
    {
        Dictionary<string, HashSet<string>> found = symbols.ToDictionary(symbol => symbol, _ => new HashSet<string>());
        IEnumerable<string> files = Directory.Exists(sourceTree)
            ? ((string[])["Makefile*", "Kbuild"]).SelectMany(name => Directory.EnumerateFiles(sourceTree, name, Folders.Everywhere))
            : [];
        foreach (string file in symbols.IsEmpty ? [] : files)
        {
            string text = File.ReadAllText(file).Replace("\\\n", " ", StringComparison.Ordinal);
            foreach (Match line in Conditional().Matches(text).Where(line => symbols.Contains(line.Groups["symbol"].Value)))
            {
                string folder = Path.GetRelativePath(sourceTree, Path.GetDirectoryName(file)!);
                foreach (string name in Expand(text, line.Groups["names"].Value))
                    found[line.Groups["symbol"].Value].Add(folder == "." ? name : $"{folder}/{name}");
            }
        }

        return found.ToImmutableDictionary(pair => pair.Key, pair => pair.Value.ToImmutableHashSet());
    }

    // core.o may be made of the objects in core-y.
    private static IEnumerable<string> Expand(string text, string names)
    {
        foreach (string name in Words(names).Where(name => name.EndsWith(".o", StringComparison.Ordinal) || name.EndsWith('/')))
        {
            yield return name;
            string stem = Regex.Escape(name[..^2]);
            foreach (Match part in Regex.Matches(text, $@"^{stem}-(?:y|m|objs|\$\(CONFIG_\w+\))[ \t]*[:+]?=(.*)$", RegexOptions.Multiline))
            {
                foreach (string inner in Words(part.Groups[1].Value).Where(inner => inner.EndsWith(".o", StringComparison.Ordinal)))
                    yield return inner;
            }
        }
    }

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"^[\w/-]+-\$\(CONFIG_(?<symbol>\w+)\)[ \t]*[:+]?=(?<names>.*)$", RegexOptions.Multiline)]
    private static partial Regex Conditional();
}
