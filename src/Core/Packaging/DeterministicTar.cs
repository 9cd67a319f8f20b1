using System.Formats.Tar;

namespace EveKernel.Core.Packaging;

/// <summary>Tarballs whose bytes depend on names, modes and contents only.</summary>
public static class DeterministicTar
{
    /// <summary>Writes a folder as a tarball: sorted by ordinal, owned by root, every time the given one, modes without group and other write bits.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="output">Where to write.</param>
    /// <param name="time">The one time.</param>
    public static void Write(string folder, Stream output, DateTimeOffset time)
    {
        using TarWriter writer = new(output, TarEntryFormat.Gnu, leaveOpen: true);
        foreach (string path in Directory.EnumerateFileSystemEntries(folder, "*", Recursive).Order(StringComparer.Ordinal))
        {
            GnuTarEntry entry = CreateEntry(folder, path, time);
            using Stream? content = entry.DataStream;
            writer.WriteEntry(entry);
        }
    }

    private static EnumerationOptions Recursive { get; } = new() { RecurseSubdirectories = true, AttributesToSkip = 0, MaxRecursionDepth = 64 };

    private static GnuTarEntry CreateEntry(string folder, string path, DateTimeOffset time)
    {
        FileInfo file = new(path);
        string name = Path.GetRelativePath(folder, path);
        if (file.LinkTarget is { } target)
            return Fixed(new GnuTarEntry(TarEntryType.SymbolicLink, name) { LinkName = target, Mode = (UnixFileMode)0b111_111_111 }, time);
        if (Directory.Exists(path))
            return Fixed(new GnuTarEntry(TarEntryType.Directory, name + "/") { Mode = (UnixFileMode)0b111_101_101 }, time);
        UnixFileMode mode = (file.UnixFileMode & UnixFileMode.UserExecute) != 0 ? (UnixFileMode)0b111_101_101 : (UnixFileMode)0b110_100_100;
        return Fixed(new GnuTarEntry(TarEntryType.RegularFile, name) { Mode = mode, DataStream = file.OpenRead() }, time);
    }

    private static GnuTarEntry Fixed(GnuTarEntry entry, DateTimeOffset time)
    {
        entry.ModificationTime = time;
        entry.AccessTime = default;
        entry.ChangeTime = default;
        return entry;
    }
}
