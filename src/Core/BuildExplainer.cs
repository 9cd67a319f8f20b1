using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using EveKernel.Core.Configuration;
using EveKernel.Core.Make;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Core;

/// <summary>Says which inputs are others than those of the last build, and what follows. Objects are counted by kbuild's own lists of what each depends on.</summary>
/// <param name="plan">Today's plan.</param>
public sealed partial class BuildExplainer(BuildPlan plan)
{
    private readonly List<Change> _changes = [];
    private Dictionary<string, string> _config = [];

    /// <summary>Explains.</summary>
    /// <returns>A line a change; at least one.</returns>
    public ImmutableArray<string> Explain()
    {
        string file = Path.Combine(plan.OutputFolder, "key.txt");
        BuildKey? before = File.Exists(file) ? BuildKey.TryParse(File.ReadAllText(file)) : null;
        Manifest? manifest = Manifest.TryRead(Path.Combine(plan.OutputFolder, "manifest.json"));
        if (before is null)
            return [$"No earlier build stands in {plan.OutputFolder}: everything is made."];
        if (before.Value == plan.Key)
        {
            return manifest?.Key == plan.Key && manifest.Matches(plan.OutputFolder)
                ? ["Nothing changed."]
                : [$"Nothing changed, but what stands in {plan.OutputFolder} is not whole: it is made again."];
        }

        string config = Path.Combine(plan.OutputFolder, "config");
        _config = File.Exists(config) ? Symbols(File.ReadLines(config)) : [];
        Compare(before.Inputs, BuildKey.TryParse(plan.KeyText)!.Inputs);
        if (manifest is not null && manifest.KernelRelease != plan.Release)
        {
            _changes.Add(new Change(
                $"the release {manifest.KernelRelease} → {plan.Release}", [], "the objects that hold it, the image, and each module's version magic"));
        }

        return [.. Count(_changes)];
    }

    private void Compare(ImmutableArray<KeyInput> before, ImmutableArray<KeyInput> after)
    {
        foreach (string name in after.Concat(before).Select(input => input.Name).Distinct())
        {
            KeyInput[] old = [.. before.Where(input => input.Name == name)];
            KeyInput[] now = [.. after.Where(input => input.Name == name)];
            if (old.Select(input => input.Value).SequenceEqual(now.Select(input => input.Value)))
                continue;
            // Files go by their names, all else by its place.
            bool files = name is "fragment" or "defconfig-file" || name.StartsWith("patch/", StringComparison.Ordinal);
            int count = _changes.Count;
            foreach ((KeyInput? a, KeyInput? b) in files ? PairByOrigin(old, now) : PairByPlace(old, now))
            {
                if (a?.Value != b?.Value)
                    Add(name, a, b);
            }

            if (_changes.Count == count)
                _changes.Add(new Change($"the order of {(name == "fragment" ? "fragments" : "patches")}", [], "what depends on it"));
        }
    }

    private static IEnumerable<(KeyInput? Old, KeyInput? New)> PairByOrigin(KeyInput[] old, KeyInput[] now) =>
        old.Concat(now).Select(input => input.Origin).Distinct()
            .Select(origin => (old.FirstOrDefault(input => input.Origin == origin), now.FirstOrDefault(input => input.Origin == origin)));

    private static IEnumerable<(KeyInput? Old, KeyInput? New)> PairByPlace(KeyInput[] old, KeyInput[] now) =>
        Enumerable.Range(0, Math.Max(old.Length, now.Length)).Select(i => (old.ElementAtOrDefault(i), now.ElementAtOrDefault(i)));

    private void Add(string name, KeyInput? old, KeyInput? now)
    {
        if (name == "fragment")
            AddFragment(old, now);
        else if (name.StartsWith("patch/", StringComparison.Ordinal))
            AddPatch(old, now);
        else if (name.StartsWith("tool/", StringComparison.Ordinal))
            _changes.Add(new Change($"{Program(now ?? old!)} {Version(old, now)} → {Version(now, old)}", [], EffectOf(name)));
        else
            _changes.Add(new Change($"{name} {old?.Value ?? "none"} → {now?.Value ?? "none"}", [], EffectOf(name)));
    }

    private void AddFragment(KeyInput? old, KeyInput? now)
    {
        string origin = (now ?? old!).Origin;
        Dictionary<string, (string Line, string Value)> before = Lines(old);
        Dictionary<string, (string Line, string Value)> after = Lines(now);
        int count = _changes.Count;
        foreach (string symbol in after.Keys.Concat(before.Keys).Distinct())
        {
            string? a = before.TryGetValue(symbol, out (string Line, string Value) x) ? x.Value : null;
            string? b = after.TryGetValue(symbol, out (string Line, string Value) y) ? y.Value : null;
            if (a == b)
                continue;
            string what = $"fragment {origin} line {(b is null ? x.Line : y.Line)}: CONFIG_{symbol} {a ?? "not asked"} → {b ?? "not asked"}";
            bool stands = b is not null && ConfigFile.SameValue(_config.GetValueOrDefault(symbol, "n"), b);
            _changes.Add(stands
                ? new Change(what, [], "nothing, it was so in the last configuration")
                : new Change(
                    what, [$"include/config/{symbol})", $"include/config/{symbol.Replace('_', '/').ToLowerInvariant()}.h)"], null, symbol));
        }

        if (_changes.Count == count)
            _changes.Add(new Change($"fragment {origin}: the order of its lines", [], "nothing, but where members of one choice are asked for"));
    }

    private void AddPatch(KeyInput? old, KeyInput? now)
    {
        string what = old is null ? "is new" : now is null ? "is gone" : "has another diff";
        string[] files = [.. (old?.Details ?? []).Concat(now?.Details ?? []).Select(detail => detail["touches ".Length..]).Distinct()];
        _changes.Add(new Change(
            $"patch {(now ?? old!).Origin} {what}, which touches {string.Join(", ", files)}",
            [.. files.SelectMany(path => new[] { $"/{path} ", $"/{path}\n" })],
            null));
    }

    private static string EffectOf(string name) => name.Split('/')[0] switch
    {
        "source-commit" or "source-archive" or "source-tree" => "what differs between the two trees, and the release",
        "defconfig" or "defconfig-file" => "what depends on the symbols that come out otherwise",
        "tool" when name is "tool/gzip" or "tool/bzip2" or "tool/xz" or "tool/lz4" or "tool/lzop" or "tool/zstd" =>
            "what it compresses, if the configuration asks for it",
        "tool" when name is "tool/pahole" => "BTF, if the configuration asks for it",
        "tool" when name is "tool/openssl" => "signatures, if the configuration asks for them",
        "tool" when name is "tool/kmod" => "the lists beside the modules",
        "tool" or "toolchain-archive" or "make" or "source-arch" => "everything",
        "environment" or "source-time" => "what holds the time of the build, and modules",
        "sdk" => "the results are put together again",
        "gate" => "the proof of its directory",
        "directory" => "the objects of that directory",
        "image" => "the image",
        "localversion" => "the objects that hold the release, and modules",
        "package" or "revision" => "the package",
        _ => "whatever depends on it",
    };

    // "gcc (Debian 12.2.0-14) 12.2.0": the distributor's own version says more than the program's.
    private static string Version(KeyInput? tool, KeyInput? other)
    {
        if (tool is null)
            return "none";
        (string sha256, string text) = Split(tool);
        if (text.Length == 0 || (other is not null && Split(other).Text == text))
            return $"{Short(text)} sha256 {sha256[..12]}".TrimStart();
        return Short(text);
    }

    private static string Short(string text) =>
        Distribution().Match(text) is { Success: true } match ? match.Groups["version"].Value : ToolchainRequirement.VersionOf(new Tool("", text, "")) ?? text;

    private static (string Sha256, string Text) Split(KeyInput tool) =>
        tool.Value.Split(' ', 2) is [string sha256, string text] ? (sha256, text) : (tool.Value, "");

    private static string Program(KeyInput tool) => tool.Name == "tool/compiler" ? Split(tool).Text.Split(' ')[0] : tool.Name["tool/".Length..];

    private static Dictionary<string, (string Line, string Value)> Lines(KeyInput? fragment)
    {
        Dictionary<string, (string, string)> lines = [];
        foreach (Match match in (fragment?.Details ?? []).Select(detail => Detail().Match(detail)).Where(match => match.Success))
            lines[match.Groups["name"].Value] = (match.Groups["line"].Value, match.Groups["value"].Value);
        return lines;
    }

    private static Dictionary<string, string> Symbols(IEnumerable<string> config)
    {
        Dictionary<string, string> symbols = [];
        foreach (string line in config.Where(line => line.StartsWith("CONFIG_", StringComparison.Ordinal)))
        {
            string[] parts = line["CONFIG_".Length..].Split('=', 2);
            symbols[parts[0]] = parts[^1];
        }

        return symbols;
    }

    private IEnumerable<string> Count(List<Change> changes)
    {
        int total = 0;
        int[] counts = new int[changes.Count];
        bool needed = changes.Any(change => change.Effect is null) && Directory.Exists(plan.ObjectTree);
        ImmutableDictionary<string, ImmutableHashSet<string>> made =
            new SymbolObjects(plan.WorkTree).Find(needed ? [.. changes.Select(change => change.Symbol).OfType<string>()] : []);
        foreach (string file in needed ? Directory.EnumerateFiles(plan.ObjectTree, ".*.o.cmd", Folders.Everywhere) : [])
        {
            string text = File.ReadAllText(file);
            string path = Path.Combine(Path.GetRelativePath(plan.ObjectTree, Path.GetDirectoryName(file)!), Path.GetFileName(file)[1..^4]);
            total++;
            for (int i = 0; i < counts.Length; i++)
                counts[i] += DependsOn(changes[i], text) || (changes[i].Symbol is { } symbol && IsOf(made[symbol], path)) ? 1 : 0;
        }

        for (int i = 0; i < counts.Length; i++)
        {
            string effect = changes[i].Effect
                ?? (total == 0 ? "no objects stand, so everything is made" : string.Create(CultureInfo.InvariantCulture, $"{counts[i]} of {total} objects"));
            yield return $"{changes[i].What}: {effect}";
        }
    }

    private static bool DependsOn(Change change, string commandFile) => change.Needles.Any(needle => commandFile.Contains(needle, StringComparison.Ordinal));

    private static bool IsOf(ImmutableHashSet<string> objects, string path) =>
        objects.Contains(path) || objects.Any(name => name.EndsWith('/') && path.StartsWith(name, StringComparison.Ordinal));

    [GeneratedRegex(@"\([^()]*\s(?<version>[0-9][^\s()]*)\)")]
    private static partial Regex Distribution();

    [GeneratedRegex("^line (?<line>[0-9]+): CONFIG_(?<name>[^=]+)=(?<value>.*)$")]
    private static partial Regex Detail();

    private sealed record Change(string What, ImmutableArray<string> Needles, string? Effect, string? Symbol = null);
}
