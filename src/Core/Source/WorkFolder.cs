using System.Globalization;
using EveKernel.Core.Processes;
using LibGit2Sharp;

namespace EveKernel.Core.Source;

/// <summary>A tree in a folder, written by libgit2: git's own index cannot be kept without a work tree that is the repository's, so a list of what was written takes its place.</summary>
internal static class WorkFolder
{
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Makes a folder hold just the files of a tree. What is as it was written keeps its time.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="list">The list of what was written.</param>
    /// <param name="wanted">Which paths, folders among them.</param>
    /// <param name="cancellation">Ends it.</param>
    public static void Write(Tree tree, string folder, string list, Func<string, bool> wanted, CancellationToken cancellation)
    {
        Dictionary<string, string> known = File.Exists(list) && Directory.Exists(folder)
            ? File.ReadLines(list).Select(line => line.Split('\t', 2)).Where(parts => parts.Length == 2).ToDictionary(parts => parts[1], parts => parts[0], StringComparer.Ordinal)
            : [];
        // What a killed run has written is not in the list, and is written again.
        File.Delete(list);
        Directory.CreateDirectory(folder);
        Dictionary<string, string> now = new(StringComparer.Ordinal);
        Write(tree, folder, "", known, now, wanted, cancellation);
        EnumerationOptions all = new() { RecurseSubdirectories = true, AttributesToSkip = 0 };
        foreach (string file in Directory.EnumerateFiles(folder, "*", all).Where(file => !now.ContainsKey(Path.GetRelativePath(folder, file))))
            File.Delete(file);
        foreach (string left in Directory.EnumerateDirectories(folder, "*", all).OrderByDescending(path => path.Length))
        {
            if (new FileInfo(left).LinkTarget is null && !Directory.EnumerateFileSystemEntries(left).Any() && !now.ContainsKey(Path.GetRelativePath(folder, left)))
                Directory.Delete(left);
        }

        DurableFile.WriteAllText(list, string.Concat(now.Select(one => $"{one.Value}\t{one.Key}\n")));
    }

    private static void Write(
        Tree tree, string folder, string below, Dictionary<string, string> known, Dictionary<string, string> now, Func<string, bool> wanted, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        foreach (TreeEntry entry in tree)
        {
            string path = below + entry.Name;
            if (!wanted(path))
                continue;
            string file = Path.Combine(folder, path);
            if (entry.Target is Tree inner)
            {
                if (File.Exists(file) || new FileInfo(file).LinkTarget is not null)
                    File.Delete(file);
                Directory.CreateDirectory(file);
                Write(inner, folder, path + "/", known, now, wanted, cancellation);
            }
            else if (entry.Target is Blob blob)
            {
                string mark = $"{Convert.ToString((int)entry.Mode, 8)} {blob.Sha} ";
                if (!known.TryGetValue(path, out string? seen) || seen != mark + Stamp(file))
                    Write(blob, entry.Mode, file);
                now[path] = mark + Stamp(file);
            }
            else
            {
                // A submodule is an empty folder, as git leaves it.
                Directory.CreateDirectory(file);
                now[path] = "160000";
            }
        }
    }

    private static void Write(Blob blob, Mode mode, string file)
    {
        if (Directory.Exists(file) && new FileInfo(file).LinkTarget is null)
            Directory.Delete(file, recursive: true);
        File.Delete(file);
        using Stream content = blob.GetContentStream();
        if (mode == Mode.SymbolicLink)
        {
            using StreamReader target = new(content);
            File.CreateSymbolicLink(file, target.ReadToEnd());
            return;
        }

        using (FileStream output = File.Create(file))
            content.CopyTo(output);
        File.SetUnixFileMode(file, mode == Mode.ExecutableFile ? Executable : Plain);
    }

    // Size and time tell whether somebody has touched it since.
    private static string Stamp(string file)
    {
        FileInfo info = new(file);
        return info.LinkTarget is { } target ? Packaging.Digest.OfText(target)
            : info.Exists ? string.Create(CultureInfo.InvariantCulture, $"{info.Length}-{info.LastWriteTimeUtc.Ticks}-{(int)info.UnixFileMode}")
            : "none";
    }
}
