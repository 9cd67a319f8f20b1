using System.Collections.Immutable;
using EveKernel.Core.Processes;
using EveKernel.Tests.Configuration;

namespace EveKernel.Tests;

/// <summary>The kernel that compiles in seconds: as a folder, and as a repository with two commits, made once for all tests of a run.</summary>
/// <param name="Tree">The folder; nothing may write to it.</param>
/// <param name="Repository">A bare repository.</param>
/// <param name="First">The commit that projects pin.</param>
/// <param name="Second">The branch's head, which adds one file of <see cref="AddedBytes"/>.</param>
public sealed record FakeKernel(string Tree, string Repository, string First, string Second)
{
    public const string Branch = "eve-kernel-amd64-fake";

    /// <summary>What the second commit adds: bytes that do not compress.</summary>
    public const int AddedBytes = 200_000;

    private static readonly Lazy<Task<FakeKernel>> Made = new(MakeAsync);

    // What the real kbuild and Kconfig need of scripts/; the rest is tens of times as much.
    private static readonly ImmutableArray<string> Scripts =
    [
        "Kbuild.include", "Kconfig.include", "subarch.include", "head-object-list.txt", "setlocalversion", "mkcompile_h", "remove-stale-files", "check-git",
        "build-version", "Makefile*", "*.sh", "basic/*", "clang-tools/*", "include/*", "kconfig/*", "kconfig/lxdialog/*",
    ];

    public static Task<FakeKernel> GetAsync() => Made.Value;

    /// <summary>Runs git, cut off from this machine's configuration.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="arguments">The arguments.</param>
    /// <returns>What git printed, without blanks at the ends.</returns>
    public static async Task<string> GitAsync(string folder, params string[] arguments)
    {
        Command command = new("git", ["-c", "safe.directory=*", .. arguments])
        {
            WorkingDirectory = folder,
            Environment = ImmutableDictionary<string, string>.Empty
                .Add("PATH", Environment.GetEnvironmentVariable("PATH")!)
                .Add("GIT_CONFIG_GLOBAL", "/dev/null").Add("GIT_CONFIG_NOSYSTEM", "1")
                .Add("GIT_AUTHOR_NAME", "A").Add("GIT_AUTHOR_EMAIL", "a@example.org").Add("GIT_AUTHOR_DATE", "1760000000 +0000")
                .Add("GIT_COMMITTER_NAME", "A").Add("GIT_COMMITTER_EMAIL", "a@example.org").Add("GIT_COMMITTER_DATE", "1760000000 +0000"),
        };
        CommandResult result = await ProcessRunner.RunAsync(command, CancellationToken.None);
        Assert.True(result.Succeeded, result.StandardError);
        return result.StandardOutput.Trim();
    }

    /// <summary>A copy of the tree for a test that writes to it.</summary>
    /// <param name="to">The folder.</param>
    public void CopyTo(string to) => Copy(Tree, to, ["*"], recurse: true);

    private static async Task<FakeKernel> MakeAsync()
    {
        SmallTree small = new();
        await small.InitializeAsync();
        string folder = RepositoryRoot.File("artifacts/fake-kernel");
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        string tree = Path.Combine(folder, "tree");
        Copy(small.Folder, tree, ["Makefile"], recurse: false);
        foreach (string pattern in Scripts)
            Copy(Path.Combine(small.Folder, "scripts", Path.GetDirectoryName(pattern)!), Path.Combine(tree, "scripts", Path.GetDirectoryName(pattern)!), [Path.GetFileName(pattern)], recurse: false);
        Copy(RepositoryRoot.File("tests/EveKernel.Sdk.FastTests/fake-kernel"), tree, ["*"], recurse: true);
        File.Delete(Path.Combine(tree, "README.md"));

        string work = Path.Combine(folder, "work");
        string repository = Path.Combine(folder, "kernel.git");
        Copy(tree, work, ["*"], recurse: true);
        string first = await CommitAllAsync(work);
        byte[] noise = new byte[AddedBytes];
        new Random(1).NextBytes(noise);
        await File.WriteAllBytesAsync(Path.Combine(work, "noise"), noise);
        string second = await CommitAllAsync(work);
        await GitAsync(folder, "clone", "-q", "--bare", work, repository);
        return new FakeKernel(tree, repository, first, second);
    }

    private static async Task<string> CommitAllAsync(string work)
    {
        await GitAsync(work, "init", "-q", "-b", Branch);
        await GitAsync(work, "add", "-A", "-f");
        await GitAsync(work, "commit", "-q", "-m", "A kernel");
        return await GitAsync(work, "rev-parse", "HEAD");
    }

    private static void Copy(string from, string to, ImmutableArray<string> patterns, bool recurse)
    {
        EnumerationOptions options = new() { RecurseSubdirectories = recurse, AttributesToSkip = FileAttributes.None };
        foreach (string file in patterns.SelectMany(pattern => Directory.EnumerateFiles(from, pattern, options)))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy, overwrite: true);
        }
    }
}
