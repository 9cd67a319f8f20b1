using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace EveKernel.Core.Verification;

/// <summary>An initramfs in the one form that the kernel unpacks, "newc": the bytes depend on nothing but names, modes and contents. The tree's own
/// usr/gen_init_cpio would do the same, but belongs to a build whose objects may be gone while its kernel is proven again.</summary>
public static class CpioArchive
{
    /// <summary>Writes an initramfs of one program.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="init">The static program, which becomes /init.</param>
    /// <param name="folders">Names of empty folders, such as <c>dev</c>.</param>
    public static void WriteInitramfs(Stream output, byte[] init, ImmutableArray<string> folders) =>
        Write(output, [.. folders.Select(CpioEntry.Folder), CpioEntry.Console, CpioEntry.Program("init", init)]);

    /// <summary>Writes an initramfs.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="entries">What it holds: a folder before what is in it. Each is asked for once, and let go when it is written.</param>
    public static void Write(Stream output, IEnumerable<CpioEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(entries);
        int inode = 1;
        foreach (CpioEntry entry in entries)
            WriteEntry(output, inode++, entry);
        WriteEntry(output, 0, new CpioEntry("TRAILER!!!", 0, []));
    }

    private static void WriteEntry(Stream output, int inode, CpioEntry entry)
    {
        int links = entry.IsFolder ? 2 : 1;
        // ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
        int[] fields = [inode, entry.Mode, 0, 0, links, 0, entry.Content.Length, 0, 0, entry.Device.Major, entry.Device.Minor, Encoding.UTF8.GetByteCount(entry.Name) + 1, 0];
        string header = "070701" + string.Concat(fields.Select(field => field.ToString("X8", CultureInfo.InvariantCulture)));
        WritePadded(output, Encoding.UTF8.GetBytes($"{header}{entry.Name}\0"));
        WritePadded(output, entry.Content);
    }

    private static void WritePadded(Stream output, ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        for (int rest = bytes.Length; rest % 4 != 0; rest++)
            output.WriteByte(0);
    }
}

/// <summary>A file of an initramfs, which is root's.</summary>
/// <param name="Name">Its path below the root, without a slash in front.</param>
/// <param name="Mode">Its type and permissions, as stat(2) has them.</param>
/// <param name="Content">Its bytes; a link's target.</param>
public sealed record CpioEntry(string Name, int Mode, byte[] Content)
{
    private const int FolderType = 0b0100_000_000_000_000;
    private const int FileType = 0b1000_000_000_000_000;
    private const int LinkType = 0b1010_000_000_000_000;
    private const int CharacterDevice = 0b0010_000_000_000_000;

    /// <summary>A device's numbers.</summary>
    public (int Major, int Minor) Device { get; init; }

    /// <summary>The console: the kernel opens it before init runs, and init has no output otherwise.</summary>
    public static CpioEntry Console { get; } = new("dev/console", CharacterDevice | 0b110_000_000, []) { Device = (5, 1) };

    /// <summary>Whether it is a folder.</summary>
    internal bool IsFolder => (Mode & 0b1111_000_000_000_000) == FolderType;

    /// <summary>A folder.</summary>
    /// <param name="name">Its path.</param>
    /// <returns>The entry.</returns>
    public static CpioEntry Folder(string name) => new(name, FolderType | 0b111_101_101, []);

    /// <summary>A program or script.</summary>
    /// <param name="name">Its path.</param>
    /// <param name="content">Its bytes.</param>
    /// <returns>The entry.</returns>
    public static CpioEntry Program(string name, byte[] content) => new(name, FileType | 0b111_101_101, content);

    /// <summary>A file that is only read.</summary>
    /// <param name="name">Its path.</param>
    /// <param name="content">Its bytes.</param>
    /// <returns>The entry.</returns>
    public static CpioEntry File(string name, byte[] content) => new(name, FileType | 0b110_100_100, content);

    /// <summary>A symbolic link.</summary>
    /// <param name="name">Its path.</param>
    /// <param name="target">Where it points.</param>
    /// <returns>The entry.</returns>
    public static CpioEntry Link(string name, string target) => new(name, LinkType | 0b111_111_111, Encoding.UTF8.GetBytes(target));
}
