using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Source;

/// <summary>The members of an archive as they are read, and whether they make a tree that stays within itself.</summary>
internal sealed class ArchiveTree
{
    private readonly Dictionary<string, Member> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);

    /// <summary>A file or link.</summary>
    /// <param name="Mode">git's mode.</param>
    /// <param name="Mark">The mark of its blob.</param>
    /// <param name="Link">The target of a symbolic link, or null.</param>
    internal sealed record Member(string Mode, int Mark, string? Link);

    /// <summary>The one folder that all members lie in, or null. It is left out of the tree.</summary>
    internal string? TopFolder { get; private set; }

    /// <summary>Makes a name plain, and refuses one that could leave the tree.</summary>
    /// <param name="name">A member's name.</param>
    /// <returns>Its parts, joined with slashes; empty for the root.</returns>
    internal static string Normalize(string name)
    {
        if (name.StartsWith('/'))
            throw Unsafe(name, "its name is absolute");
        string[] parts = [.. name.Split('/').Where(part => part.Length > 0 && part != ".")];
        if (parts.Contains(".."))
            throw Unsafe(name, "its name has '..'");
        if (parts.Contains(".git", StringComparer.OrdinalIgnoreCase))
            throw Unsafe(name, "it lies in a '.git'");
        return name.Contains('\0', StringComparison.Ordinal) ? throw Unsafe(name, "its name has a zero byte") : string.Join('/', parts);
    }

    /// <summary>The failure for a member that is refused.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="why">Why.</param>
    /// <returns>What to throw.</returns>
    internal static KernelException Unsafe(string name, string why) =>
        new(ErrorCodes.ArchiveUnsafe, $"The archive's member '{name}' is refused: {why}. Nothing of the archive was kept.");

    /// <summary>Takes a folder. git keeps none, but it tells whether there is one top folder.</summary>
    /// <param name="path">Its plain name.</param>
    internal void AddFolder(string path) => _folders.Add(path);

    /// <summary>Takes a file or link; a later one of the same name counts.</summary>
    /// <param name="path">Its plain name.</param>
    /// <param name="member">What it is.</param>
    internal void Add(string path, Member member) => _members[path] = member;

    /// <summary>A file that came before, for a hard link.</summary>
    /// <param name="path">Its plain name.</param>
    /// <returns>The file, or null.</returns>
    internal Member? Find(string path) => _members.GetValueOrDefault(path);

    /// <summary>Strips the single top folder, and refuses links that lead out and members below links.</summary>
    /// <returns>The members, in the order of their names.</returns>
    internal IReadOnlyList<KeyValuePair<string, Member>> Finish()
    {
        string[] tops = [.. _members.Keys.Concat(_folders).Where(path => path.Length > 0).Select(path => path.Split('/')[0]).Distinct().Take(2)];
        TopFolder = tops.Length == 1 && !_members.ContainsKey(tops[0]) ? tops[0] : null;
        int strip = TopFolder is null ? 0 : TopFolder.Length + 1;
        SortedDictionary<string, Member> tree = new(StringComparer.Ordinal);
        foreach ((string path, Member member) in _members)
            tree.Add(path[strip..], member);

        foreach ((string path, Member member) in tree)
        {
            for (int slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
            {
                if (tree.TryGetValue(path[..slash], out Member? above))
                    throw Unsafe(path, above.Link is null ? "it lies below a file" : "it lies below a symbolic link");
            }

            if (member.Link is { } target && LeadsOutside(tree, path, target))
                throw Unsafe(path, $"it is a symbolic link that leads outside the tree, to '{target}'");
        }

        return [.. tree];
    }

    // Follows a link as the system would, through other links: a name with '..' may look harmless and lead out by way of one.
    private static bool LeadsOutside(SortedDictionary<string, Member> tree, string path, string target)
    {
        if (target.StartsWith('/'))
            return true;
        List<string> place = [.. path.Split('/')[..^1]];
        Stack<string> left = new(target.Split('/').Reverse());
        for (int links = 0; left.TryPop(out string? part);)
        {
            if (part is "" or ".")
                continue;
            if (part == "..")
            {
                if (place.Count == 0)
                    return true;
                place.RemoveAt(place.Count - 1);
                continue;
            }

            place.Add(part);
            if (!tree.TryGetValue(string.Join('/', place), out Member? next) || next.Link is null)
                continue;
            // As many as the system follows; beyond that a link leads nowhere.
            if (next.Link.StartsWith('/') || ++links > 40)
                return next.Link.StartsWith('/');
            place.RemoveAt(place.Count - 1);
            foreach (string more in next.Link.Split('/').Reverse())
                left.Push(more);
        }

        return false;
    }
}
