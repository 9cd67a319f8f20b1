using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace EveKernel.Core.Verification;

/// <summary>An initramfs in the one form that the kernel unpacks, "newc": the bytes depend on nothing but names, modes and contents. The tree's own
/// usr/gen_init_cpio would do the same, but belongs to a build whose objects may be gone while its kernel is proven again.</summary>
public static class CpioArchive
{
    private const int Folder = 0b0100_000_000_000_000;
    private const int RegularFile = 0b1000_000_000_000_000;
    private const int CharacterDevice = 0b0010_000_000_000_000;

    /// <summary>Writes an initramfs of one program.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="init">The static program, which becomes /init.</param>
    /// <param name="folders">Names of empty folders, such as <c>dev</c>.</param>
    public static void WriteInitramfs(Stream output, ReadOnlySpan<byte> init, ImmutableArray<string> folders)
    {
        ArgumentNullException.ThrowIfNull(output);
        int inode = 1;
        foreach (string folder in folders)
            WriteEntry(output, inode++, folder, Folder | 0b111_101_101, device: (0, 0), []);
        // The kernel opens it before init runs, and init has no output otherwise.
        WriteEntry(output, inode++, "dev/console", CharacterDevice | 0b110_000_000, device: (5, 1), []);
        WriteEntry(output, inode++, "init", RegularFile | 0b111_101_101, device: (0, 0), init);
        WriteEntry(output, 0, "TRAILER!!!", 0, device: (0, 0), []);
    }

    private static void WriteEntry(Stream output, int inode, string name, int mode, (int Major, int Minor) device, ReadOnlySpan<byte> content)
    {
        int links = mode == 0 ? 1 : (mode & Folder) != 0 && (mode & RegularFile) == 0 ? 2 : 1;
        // ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
        int[] fields = [inode, mode, 0, 0, links, 0, content.Length, 0, 0, device.Major, device.Minor, name.Length + 1, 0];
        string header = "070701" + string.Concat(fields.Select(field => field.ToString("X8", CultureInfo.InvariantCulture)));
        WritePadded(output, Encoding.ASCII.GetBytes($"{header}{name}\0"));
        WritePadded(output, content);
    }

    private static void WritePadded(Stream output, ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        for (int rest = bytes.Length; rest % 4 != 0; rest++)
            output.WriteByte(0);
    }
}
