namespace EveKernel.Tests;

/// <summary>Where the project's own files are, seen from a test.</summary>
public static class RepositoryRoot
{
    public static string Folder { get; } = Find();

    public static string File(string relative) => Path.Combine(Folder, relative);

    private static string Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !System.IO.File.Exists(Path.Combine(folder.FullName, "EveKernel.Sdk.nuspec")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside the repository.");
    }
}
