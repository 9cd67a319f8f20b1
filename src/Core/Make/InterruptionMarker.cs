using System.Globalization;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Make;

/// <summary>Tells a make that was cut off from one that ended. After SIGKILL or a power cut an object may be cut short and yet look fresh to make.</summary>
/// <param name="outputTree">The <c>O=</c> folder.</param>
internal sealed class InterruptionMarker(string outputTree)
{
    /// <summary>The marker's name in the <c>O=</c> folder.</summary>
    internal const string FileName = ".evekernel-running";

    private readonly string _path = Path.Combine(outputTree, FileName);

    /// <summary>Sets the marker before make starts.</summary>
    /// <param name="start">The time, for people: what counts is the file's own, from the clock that stamps make's files too.</param>
    public void Set(DateTime start) => DurableFile.WriteAllText(_path, start.ToString("O", CultureInfo.InvariantCulture) + "\n");

    /// <summary>Removes the marker after make has ended by itself.</summary>
    public void Remove() => File.Delete(_path);

    /// <summary>Deletes what an interrupted make has written. The marker stays, so that an interrupted deletion is taken up again.</summary>
    /// <param name="keep">A file that stays, such as the log.</param>
    /// <returns>How many files were deleted, or null when the last make ended by itself.</returns>
    public int? CleanUp(string keep)
    {
        if (!File.Exists(_path))
            return null;
        DateTime start = File.GetLastWriteTimeUtc(_path);
        EnumerationOptions every = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };
        int deleted = 0;
        foreach (FileInfo file in new DirectoryInfo(outputTree).EnumerateFiles("*", every))
        {
            // Kconfig and this SDK write aside and rename, so .config and the SDK's own files are whole; and a build without .config could not go on.
            bool whole = file.Name == ".config" || file.Name.StartsWith(".evekernel", StringComparison.Ordinal) || file.FullName == Path.GetFullPath(keep);
            if (whole || file.LastWriteTimeUtc <= start)
                continue;
            file.Delete();
            deleted++;
        }

        return deleted;
    }
}
