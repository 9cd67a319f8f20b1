using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Processes;

/// <summary>Finds programs as execvp does, on the PATH that the command itself will see.</summary>
public static class ExecutableSearch
{
    /// <summary>Finds a program.</summary>
    /// <param name="name">A name, or a path, which is returned as it is.</param>
    /// <param name="environment">The environment whose PATH counts; null is this process's.</param>
    /// <returns>The path.</returns>
    /// <exception cref="KernelException">EVK9001: it is not there.</exception>
    public static string Find(string name, ImmutableDictionary<string, string>? environment = null) =>
        TryFind(name, environment) ?? throw new KernelException(
            ErrorCodes.ToolMissing,
            $"'{name}' is not on PATH. Install {DebianPackages.Describe(name)}.");

    /// <summary>Finds a program, or null.</summary>
    /// <param name="name">A name, or a path, which is returned as it is.</param>
    /// <param name="environment">The environment whose PATH counts; null is this process's.</param>
    /// <returns>The path, or null.</returns>
    public static string? TryFind(string name, ImmutableDictionary<string, string>? environment = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Contains('/', StringComparison.Ordinal) ? name : FindAll(name, environment).FirstOrDefault();
    }

    /// <summary>Finds every program of a name, the one that would run first.</summary>
    /// <param name="name">A name.</param>
    /// <param name="environment">The environment whose PATH counts; null is this process's.</param>
    /// <returns>The paths.</returns>
    public static IEnumerable<string> FindAll(string name, ImmutableDictionary<string, string>? environment = null)
    {
        string? path = environment is null ? Environment.GetEnvironmentVariable("PATH") : environment.GetValueOrDefault("PATH");
        return (path ?? "/usr/bin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .Where(IsExecutable);
    }

    private static bool IsExecutable(string path) =>
        File.Exists(path) && (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;
}
