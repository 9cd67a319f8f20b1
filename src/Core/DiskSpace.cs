using System.Globalization;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core;

/// <summary>Asks for room before the work starts, not when the disk is full.</summary>
internal static class DiskSpace
{
    // A checked out tree is 1.7 GB, a small configuration's objects 0.2 GB.
    private const long Needed = 2_500_000_000;

    internal static void Require(params IEnumerable<string> folders)
    {
        foreach (string folder in folders)
        {
            Directory.CreateDirectory(folder);
            // A folder that cannot be written to says so now, by its name, and not through a git that was started minutes later.
            File.Create(Path.Combine(folder, $".evekernel-{Guid.NewGuid():N}"), 1, FileOptions.DeleteOnClose).Dispose();
            long free = new DriveInfo(folder).AvailableFreeSpace;
            if (free < Needed)
            {
                throw new KernelException(ErrorCodes.DiskFull, string.Create(
                    CultureInfo.InvariantCulture,
                    $"'{folder}' has {free / 1_000_000} MB free, and a kernel tree with its objects needs {Needed / 1_000_000} MB. Free some, or move KernelCacheDirectory."));
            }
        }
    }
}
