namespace EveKernel.Core.Processes;

/// <summary>What .NET has no word for, of folders.</summary>
internal static class Folders
{
    /// <summary>All that is below a folder, hidden or not, without following links.</summary>
    public static EnumerationOptions Everywhere { get; } = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    /// <summary>Deletes a folder with all that it holds, if it is there.</summary>
    /// <param name="folder">The folder.</param>
    public static void Delete(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>Makes a folder that holds nothing.</summary>
    /// <param name="folder">The folder; what it held is gone.</param>
    /// <returns>The folder.</returns>
    public static string Empty(string folder)
    {
        Delete(folder);
        Directory.CreateDirectory(folder);
        return folder;
    }
}
