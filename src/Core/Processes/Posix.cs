using System.Runtime.InteropServices;

namespace EveKernel.Core.Processes;

/// <summary>What .NET has no call for. Each is a libc function whose layout does not depend on the architecture.</summary>
internal static partial class Posix
{
    private const int AtFdcwd = -100;
    private const uint BasicStats = 0x7ff;

    /// <summary>Makes the names in a folder durable: a rename is not, until its folder is synced.</summary>
    /// <param name="folder">The folder.</param>
    internal static void SyncDirectory(string folder)
    {
        int descriptor = Open(folder, 0x10000 | 0x80000);
        if (descriptor < 0)
            return;
        _ = Fsync(descriptor);
        _ = Close(descriptor);
    }

    /// <summary>What tells a replaced file from the one that was seen: (inode, size, mtime and ctime in nanoseconds), or null.</summary>
    /// <param name="path">A path; links are followed.</param>
    /// <returns>The identity as text, or null when the file is not there.</returns>
    internal static unsafe string? FileIdentity(string path)
    {
        byte* buffer = stackalloc byte[256];
        if (Statx(AtFdcwd, path, 0, BasicStats, buffer) != 0)
            return null;
        // struct statx, linux/stat.h: stx_ino at 32, stx_size at 40, stx_ctime at 96, stx_mtime at 112; a timestamp is s64 seconds and u32 nanoseconds.
        ulong inode = *(ulong*)(buffer + 32);
        ulong size = *(ulong*)(buffer + 40);
        return $"{inode}:{size}:{*(long*)(buffer + 96)}.{*(uint*)(buffer + 104)}:{*(long*)(buffer + 112)}.{*(uint*)(buffer + 120)}";
    }

    /// <summary>Ends with SIGKILL whatever is left of a process group.</summary>
    /// <param name="leader">The process id of its leader, which may have ended.</param>
    internal static void KillGroup(int leader) => _ = Kill(-leader, 9);

    /// <summary>Ends a process with SIGKILL.</summary>
    /// <param name="process">Its id.</param>
    internal static void KillProcess(int process) => _ = Kill(process, 9);

    /// <summary>Makes a pipe with a name, and opens both of its ends without ever waiting.</summary>
    /// <param name="path">Its path.</param>
    /// <returns>The descriptor, which children do not get; negative when it cannot be made.</returns>
    internal static int CreatePipe(string path) => MakeFifo(path, 0x180) != 0 ? -1 : Open(path, 0x2 | 0x800 | 0x80000);

    /// <summary>Closes a descriptor.</summary>
    /// <param name="descriptor">The descriptor.</param>
    internal static void CloseDescriptor(int descriptor) => _ = Close(descriptor);

    /// <summary>Writes one byte.</summary>
    /// <param name="descriptor">A pipe.</param>
    /// <param name="value">The byte.</param>
    /// <returns>False when the pipe is full.</returns>
    internal static unsafe bool WriteByte(int descriptor, byte value) => Write(descriptor, &value, 1) == 1;

    /// <summary>Reads one byte.</summary>
    /// <param name="descriptor">A pipe that is opened without waiting.</param>
    /// <returns>False when there is none.</returns>
    internal static unsafe bool TryReadByte(int descriptor)
    {
        byte value;
        return Read(descriptor, &value, 1) == 1;
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "write")]
    private static unsafe partial nint Write(int descriptor, byte* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "read")]
    private static unsafe partial nint Read(int descriptor, byte* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Statx(int folder, string path, int flags, uint mask, byte* buffer);
}
