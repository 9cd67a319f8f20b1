using System.Globalization;
using System.Text;

namespace EveKernel.Core.Source;

/// <summary>The few folders of a tree that a patch touches, to be written again without an index of the whole tree. Names are bytes, held as
/// Latin-1 so that any name survives.</summary>
internal sealed class TreeEdit
{
    private readonly SortedDictionary<string, Dictionary<string, (string Mode, string Id)>> _folders = new(StringComparer.Ordinal);
    private readonly HashSet<string> _paths;
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal) { "" };

    /// <summary>Begins an edit of paths.</summary>
    public TreeEdit(IEnumerable<string> paths)
    {
        _paths = paths.Select(path => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(path))).ToHashSet(StringComparer.Ordinal);
        foreach (string path in _paths)
        {
            for (string folder = Parent(path); ; folder = Parent(folder))
            {
                _folders.TryAdd(folder, []);
                if (folder.Length == 0)
                    break;
            }
        }
    }

    /// <summary>What to ask of <c>git cat-file --batch</c>.</summary>
    public byte[] Questions(string tree) => Encoding.Latin1.GetBytes(string.Concat(_folders.Keys.Select(folder => $"{tree}:{folder}\n")));

    /// <summary>Takes the answers. False where a file stands in a folder's place, or the ids are not of SHA-1: git must do those by itself.</summary>
    public bool TryLoad(ReadOnlySpan<byte> answers)
    {
        foreach (Dictionary<string, (string Mode, string Id)> entries in _folders.Values)
        {
            int line = answers.IndexOf((byte)'\n');
            if (line < 0)
                return false;
            string head = Encoding.Latin1.GetString(answers[..line]);
            answers = answers[(line + 1)..];
            if (head.EndsWith(" missing", StringComparison.Ordinal))
                continue;
            string[] words = head.Split(' ');
            if (words is not [{ Length: 40 }, "tree", _] || !int.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out int size) || size >= answers.Length)
                return false;
            ReadEntries(answers[..size], entries);
            answers = answers[(size + 1)..];
        }

        return answers.IsEmpty && _paths.All(path => Find(path)?.Mode != GitFormat.FolderMode && !_folders.ContainsKey(path));
    }

    /// <summary>The touched files that there are, as <c>git update-index -z --index-info</c> takes them.</summary>
    public byte[] IndexInfo() => Encoding.Latin1.GetBytes(string.Concat(
        from path in _paths
        let entry = Find(path)
        where entry is not null
        select $"{entry.Value.Mode} {entry.Value.Id} 0\t{path}\0"));

    /// <summary>Takes the touched files as <c>git ls-files -s -z</c> prints them afterwards.</summary>
    public void Replace(IReadOnlyDictionary<string, (string Mode, string Id)> files)
    {
        foreach (string path in _paths)
        {
            (string Mode, string Id)? now = files.TryGetValue(path, out (string Mode, string Id) entry) ? entry : null;
            if (Find(path) == now)
                continue;
            if (now is null)
                _folders[Parent(path)].Remove(Leaf(path));
            else
                _folders[Parent(path)][Leaf(path)] = entry;
            for (string folder = Parent(path); _changed.Add(folder); folder = Parent(folder))
            {
            }
        }
    }

    /// <summary>The new trees of the folders that changed since the last call, innermost first, as <c>git mktree --batch -z</c> takes them, are written to
    /// <paramref name="input"/>; the last is the whole tree.</summary>
    public string Build(Stream input)
    {
        string id = "";
        // A folder's name is less than those of the folders in it, so that the order backwards has these first.
        foreach ((string folder, Dictionary<string, (string Mode, string Id)> entries) in _folders.Reverse().Where(pair => _changed.Contains(pair.Key)))
        {
            if (folder.Length > 0 && entries.Count == 0)
            {
                _folders[Parent(folder)].Remove(Leaf(folder));
                continue;
            }

            id = Write(entries, input);
            if (folder.Length > 0)
                _folders[Parent(folder)][Leaf(folder)] = (GitFormat.FolderMode, id);
        }

        _changed.IntersectWith([""]);
        return id;
    }

    /// <summary>Reads what <c>git ls-files -s -z</c> prints; an empty record ends a listing.</summary>
    public static IEnumerable<Dictionary<string, (string Mode, string Id)>> ReadListings(byte[] listings)
    {
        Dictionary<string, (string Mode, string Id)> files = new(StringComparer.Ordinal);
        string text = Encoding.Latin1.GetString(listings);
        for (int at = 0, end; at < text.Length; at = end + 1)
        {
            end = text.IndexOf('\0', at);
            if (end == at)
            {
                yield return files;
                files = new(StringComparer.Ordinal);
                continue;
            }

            int tab = text.IndexOf('\t', at);
            string[] words = text[at..tab].Split(' ');
            files[text[(tab + 1)..end]] = (words[0], words[1]);
        }
    }

    private static string Write(Dictionary<string, (string Mode, string Id)> entries, Stream input)
    {
        using MemoryStream tree = new();
        foreach ((string name, (string mode, string id)) in entries.OrderBy(e => e.Value.Mode == GitFormat.FolderMode ? e.Key + "/" : e.Key, StringComparer.Ordinal))
        {
            string type = mode == GitFormat.FolderMode ? "tree" : mode == "160000" ? "commit" : "blob";
            input.Write(Encoding.Latin1.GetBytes($"{mode} {type} {id}\t{name}\0"));
            tree.Write(Encoding.Latin1.GetBytes($"{mode} {name}\0"));
            tree.Write(Convert.FromHexString(id));
        }

        input.WriteByte(0);
        return GitFormat.Id("tree", tree.ToArray());
    }

    private static void ReadEntries(ReadOnlySpan<byte> tree, Dictionary<string, (string Mode, string Id)> entries)
    {
        while (GitFormat.TryReadEntry(ref tree, out ReadOnlySpan<byte> mode, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> id))
            entries[Encoding.Latin1.GetString(name)] = (Encoding.Latin1.GetString(mode), Convert.ToHexStringLower(id));
    }

    private (string Mode, string Id)? Find(string path) =>
        _folders[Parent(path)].TryGetValue(Leaf(path), out (string Mode, string Id) entry) ? entry : null;

    private static string Parent(string path) => path.LastIndexOf('/') is var slash && slash < 0 ? "" : path[..slash];

    private static string Leaf(string path) => path[(path.LastIndexOf('/') + 1)..];
}
