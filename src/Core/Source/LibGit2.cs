using System.Collections.Immutable;
using System.Runtime.InteropServices;
using EveKernel.Core.Diagnostics;
using LibGit2Sharp;
using Version = System.Version;

namespace EveKernel.Core.Source;

/// <summary>Finds and loads the host's libgit2, once a process and only when it is asked for. LibGit2Sharp comes without one, and its structures are those of 1.5 to 1.7: a later library
/// would end the process, so its version is asked before anything else of it is used.</summary>
internal static class LibGit2
{
    // By this name, and without "lib", LibGit2Sharp 0.29 loads its library.
    private const string ExpectedName = "git2-a2bde63.so";

    private static readonly Version First = new(1, 5);
    private static readonly Version Last = new(1, 7);
    private static readonly ImmutableArray<string> SystemFolders = ["/usr/lib64", "/usr/lib", "/usr/local/lib64", "/usr/local/lib", "/lib64", "/lib"];
    private static readonly Lock Once = new();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int AskVersion(out int major, out int minor, out int revision);

    /// <summary>Loads it.</summary>
    /// <param name="folder">A folder for the link by which LibGit2Sharp finds it, and for an empty configuration.</param>
    /// <param name="environment">The host's environment, of which LD_LIBRARY_PATH counts.</param>
    /// <returns>Its version.</returns>
    /// <exception cref="KernelException">EVK9040: there is none; EVK9041: it is of another version.</exception>
    public static Version Load(string folder, ImmutableDictionary<string, string> environment)
    {
        lock (Once)
        {
            (string path, Version version) = Find(Folders(environment));
            string link = Path.Combine(folder, ExpectedName);
            if (new FileInfo(link).LinkTarget != path)
            {
                Directory.CreateDirectory(folder);
                string aside = $"{link}.{Guid.NewGuid():N}";
                File.CreateSymbolicLink(aside, path);
                File.Move(aside, link, overwrite: true);
            }

            // Once loaded, it stays.
            if (AppContext.GetData(ExpectedName) is null)
            {
                GlobalSettings.NativeLibraryPath = folder;
                string empty = Directory.CreateDirectory(Path.Combine(folder, "empty")).FullName;
                foreach (ConfigurationLevel level in (ImmutableArray<ConfigurationLevel>)
                    [ConfigurationLevel.Global, ConfigurationLevel.Xdg, ConfigurationLevel.System, ConfigurationLevel.ProgramData])
                {
                    GlobalSettings.SetConfigSearchPaths(level, empty);
                }

                AppContext.SetData(ExpectedName, path);
            }

            return version;
        }
    }

    /// <summary>Finds a library of a version that can be used.</summary>
    /// <param name="folders">Where to look, in order.</param>
    /// <returns>Its real path and version.</returns>
    /// <exception cref="KernelException">EVK9040, EVK9041.</exception>
    internal static (string Path, Version Version) Find(IEnumerable<string> folders)
    {
        List<string> others = [];
        foreach (string folder in folders.Where(Directory.Exists))
        {
            foreach (string file in Directory.EnumerateFiles(folder, "libgit2.so*").Order(StringComparer.Ordinal))
            {
                Version? version = VersionOf(file);
                if (version is not null && version >= First && new Version(version.Major, version.Minor) <= Last)
                    return (File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file, version);
                others.Add($"{file} ({version?.ToString() ?? "which tells no version"})");
            }
        }

        throw others.Count == 0
            ? new KernelException(
                ErrorCodes.LibGit2Missing,
                "KernelGitBackend is libgit2, and no libgit2.so is on this host. Install libgit2 1.5 to 1.7 (Debian 12: apt-get install libgit2-1.5), or git, and leave KernelGitBackend empty.")
            : new KernelException(
                ErrorCodes.LibGit2Version,
                $"KernelGitBackend is libgit2, and only versions 1.5 to 1.7 can be used. There are: {string.Join(", ", others)}. Install one of those versions, or git, and leave KernelGitBackend empty.");
    }

    private static IEnumerable<string> Folders(ImmutableDictionary<string, string> environment)
    {
        string own = environment.GetValueOrDefault("LD_LIBRARY_PATH", "");
        string triplet = RuntimeInformation.OSArchitecture switch
        {
            Architecture.Arm64 => "aarch64-linux-gnu",
            Architecture.X64 => "x86_64-linux-gnu",
            Architecture.RiscV64 => "riscv64-linux-gnu",
            _ => "",
        };
        return [.. own.Split(':', StringSplitOptions.RemoveEmptyEntries), $"/usr/lib/{triplet}", .. SystemFolders];
    }

    private static Version? VersionOf(string file)
    {
        if (!NativeLibrary.TryLoad(file, out nint library))
            return null;
        if (!NativeLibrary.TryGetExport(library, "git_libgit2_version", out nint function))
            return null;
        // What is loaded stays: a library that has begun threads cannot go.
        Marshal.GetDelegateForFunctionPointer<AskVersion>(function)(out int major, out int minor, out int revision);
        return new Version(major, minor, revision);
    }
}
