using System.Collections.Immutable;
using System.Text;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;
using EveKernel.Tests.Patches.Status;

namespace EveKernel.Tests.Source;

/// <summary>What a build asks of git, by both that there are: the same answers, the same ids, the same codes.</summary>
public sealed class GitConformanceTests : IDisposable
{
    private static readonly Core.Source.Signature Author = new("Größe", "a@example.org", new DateTimeOffset(2024, 1, 2, 3, 4, 5, TimeSpan.FromHours(5.5)));

    private readonly StatusSetup _setup = new();
    private readonly string _first;
    private readonly string _second;

    public GitConformanceTests()
    {
        _first = _setup.Commit("main", "First", ("a/b/c.txt", StatusSetup.Lines(40)), ("crlf.txt", "one\r\ntwo\r\n"), (".gitattributes", "* text eol=lf\n"), ("ä.txt", "umlaut\n"));
        _second = _setup.Commit("main", "Second", ("a/b/c.txt", StatusSetup.Lines(40, (20, "\tchanged;"))), ("d", "d\n"));
    }

    public static TheoryData<string> Backends => [.. GitBackend.Names];

    private string Store => _setup.Folder["cache/objects.git"];

    public void Dispose() => _setup.Dispose();

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task A_commit_is_fetched_by_path_and_by_address_and_found_with_its_files(string backend)
    {
        IGit git = Open(backend);
        Assert.Equal(_second, await git.FindBranchAsync(_setup.Repository, "main", default));
        Assert.Null(await git.FindBranchAsync(_setup.Repository, "gone", default));
        foreach ((string address, string? branch) in ((string, string?)[])[(_setup.Repository, "main"), ($"file://{_setup.Repository}", "main"), (_setup.Repository, null)])
        {
            if (Directory.Exists(Store))
                Directory.Delete(Store, recursive: true);
            Assert.Null(await git.FindCommitAsync(Store, _first, default));
            await git.InitializeStoreAsync(Store, default);
            await git.InitializeStoreAsync(Store, default);
            await git.FetchCommitAsync(Store, address, branch, _first, default);
            CommitInfo found = (await git.FindCommitAsync(Store, _first, default))!;
            Assert.Equal((_first, "First", GitOracle.Git(_setup.Repository, "rev-parse", $"{_first}^{{tree}}").Trim()), (found.Id, found.Subject, found.Tree));
            Assert.Equal(GitOracle.Git(_setup.Repository, "log", "-1", "--format=%ct", _first).Trim(), $"{found.CommitTime.ToUnixTimeSeconds()}");
            Assert.Equal(StatusSetup.Lines(40), Encoding.UTF8.GetString((await git.ReadFileAsync(Store, _first, "a/b/c.txt", default))!));
            Assert.Equal("one\r\ntwo\r\n", Encoding.UTF8.GetString((await git.ReadFileAsync(Store, found.Tree, "crlf.txt", default))!));
            Assert.Null(await git.ReadFileAsync(Store, _first, "a/b", default));
            Assert.Null(await git.ReadFileAsync(Store, _first, "gone", default));
        }
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task What_is_not_there_has_the_same_code(string backend)
    {
        IGit git = Open(backend);
        await git.InitializeStoreAsync(Store, default);
        Assert.Equal("EVK1006", await FailAsync(() => git.FetchCommitAsync(Store, _setup.Repository, "main", new string('1', 40), default)));
        Assert.Equal("EVK1005", await FailAsync(() => git.FindBranchAsync(_setup.Folder["nowhere"], "main", default)));
        Assert.Equal("EVK1003", await FailAsync(() => git.FindBranchAsync("https://unreachable.invalid/x.git", "main", default)));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task A_series_gives_the_trees_and_commits_that_git_gives(string backend)
    {
        IGit git = await FetchedAsync(backend);
        string diff = _setup.Diff(_second);
        CommitInfo first = (await git.FindCommitAsync(Store, _first, default))!;
        ApplyResult applied = await git.ApplyAsync(Store, _setup.Folder["index"], first.Tree, Encoding.UTF8.GetBytes(diff), 1, ApplyMode.Apply, default);
        string tree = GitOracle.Git(_setup.Repository, "rev-parse", $"{_second}^{{tree}}").Trim();
        Assert.Equal(tree, applied.Tree);
        Assert.Null((await git.ApplyAsync(Store, _setup.Folder["index"], tree, Encoding.UTF8.GetBytes(diff), 1, ApplyMode.Apply, default)).Tree);
        Assert.NotNull((await git.ApplyAsync(Store, _setup.Folder["index"], tree, Encoding.UTF8.GetBytes(diff), 1, ApplyMode.ProbeReverse, default)).Tree);
        Assert.Null((await git.ApplyAsync(Store, _setup.Folder["index"], first.Tree, Encoding.UTF8.GetBytes(diff), 1, ApplyMode.ProbeReverse, default)).Tree);

        ImmutableArray<string> written = await git.WriteCommitsAsync(
            Store, _first, [new NewCommit(tree, Author, Author, "Subject\n\nBody: ä\n# no comment\n\n\nend\n"), new NewCommit(first.Tree, Author, Author, "Back\n")], default);
        await new GitCli(StatusSetup.Environment).UpdateRefAsync(Store, "refs/heads/x", written[1], default);
        Assert.Equal("Subject\n\nBody: ä\n# no comment\n\n\nend\n", GitOracle.Git(Store, "cat-file", "commit", written[0]).Split("\n\n", 2)[1]);
        Assert.Contains("author Größe <a@example.org> 1704144845 +0530\n", GitOracle.Git(Store, "cat-file", "commit", written[0]), StringComparison.Ordinal);
        Assert.Equal(written.AsEnumerable(), await Other(backend).WriteCommitsAsync(
            Store, _first, [new NewCommit(tree, Author, Author, "Subject\n\nBody: ä\n# no comment\n\n\nend\n"), new NewCommit(first.Tree, Author, Author, "Back\n")], default));
        await git.UpdateRefAsync(Store, "refs/evekernel/patched/x", written[1], default);
        Assert.Equal(written[1], (await git.FindCommitAsync(Store, "refs/evekernel/patched/x", default))!.Id);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task A_tree_is_in_a_folder_byte_for_byte_and_what_stays_the_same_keeps_its_time(string backend)
    {
        IGit git = await FetchedAsync(backend);
        string folder = _setup.Folder["tree"];
        string index = _setup.Folder["tree.index"];
        await git.CheckOutAsync(Store, _first, folder, index, default);
        Assert.Equal([".gitattributes", "Makefile", "a/b/c.txt", "crlf.txt", "ä.txt"], Files(folder));
        Assert.Equal("one\r\ntwo\r\n", await File.ReadAllTextAsync(Path.Combine(folder, "crlf.txt")));
        DateTime old = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        DateTime kept = File.GetLastWriteTimeUtc(Path.Combine(folder, "crlf.txt"));

        await git.CheckOutAsync(Store, _second, folder, index, default);
        Assert.Equal([".gitattributes", "Makefile", "a/b/c.txt", "crlf.txt", "d", "ä.txt"], Files(folder));
        Assert.Contains("changed;", await File.ReadAllTextAsync(Path.Combine(folder, "a/b/c.txt")), StringComparison.Ordinal);
        Assert.Equal(kept, File.GetLastWriteTimeUtc(Path.Combine(folder, "crlf.txt")));

        // Somebody's hand in it is undone.
        await File.WriteAllTextAsync(Path.Combine(folder, "d"), "edited\n");
        File.SetLastWriteTimeUtc(Path.Combine(folder, "d"), old);
        await git.CheckOutAsync(Store, _second, folder, index, default);
        Assert.Equal("d\n", await File.ReadAllTextAsync(Path.Combine(folder, "d")));
        await git.CheckOutAsync(Store, _first, folder, index, default);
        Assert.False(File.Exists(Path.Combine(folder, "d")));

        await git.CheckOutPathsAsync(Store, _first, ["a", "gone"], _setup.Folder["few"], _setup.Folder["few.index"], default);
        Assert.Equal(["a/b/c.txt"], Files(_setup.Folder["few"]));
    }

    [Fact]
    public async Task Only_versions_that_can_be_used_are_used_and_nothing_crashes()
    {
        Assert.Equal("EVK9040", Assert.Throws<KernelException>(() => LibGit2.Find([_setup.Folder["nowhere"]])).Code.Id);
        MakeLibrary("newer", 1, 8);
        MakeLibrary("older", 1, 4);
        KernelException refused = Assert.Throws<KernelException>(() => LibGit2.Find([_setup.Folder["newer"], _setup.Folder["older"]]));
        Assert.Equal("EVK9041", refused.Code.Id);
        Assert.Contains("libgit2.so.1 (1.8.3)", refused.Message, StringComparison.Ordinal);
        MakeLibrary("good", 1, 7);
        Assert.Equal(new Version(1, 7, 3), LibGit2.Find([_setup.Folder["newer"], _setup.Folder["good"]]).Version);
        Assert.Equal("EVK9042", await FailAsync(() => Open("libgit2").WriteSnapshotAsync(Store, "/", "/x", default)));
    }

    private void MakeLibrary(string name, int major, int minor)
    {
        _setup.Folder.Write($"{name}/v.c", $"int git_libgit2_version(int *a, int *b, int *c) {{ *a = {major}; *b = {minor}; *c = 3; return 0; }}\n");
        CommandResult made = ProcessRunner.RunAsync(
            new Command("gcc", "-shared", "-fPIC", "-o", _setup.Folder[$"{name}/libgit2.so.1"], _setup.Folder[$"{name}/v.c"]), default).GetAwaiter().GetResult();
        Assert.True(made.Succeeded, made.StandardError);
    }

    private static string[] Files(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal)];

    private async Task<IGit> FetchedAsync(string backend)
    {
        IGit git = Open(backend);
        await git.InitializeStoreAsync(Store, default);
        await git.FetchCommitAsync(Store, _setup.Repository, "main", _second, default);
        await git.FetchCommitAsync(Store, _setup.Repository, "main", _first, default);
        return git;
    }

    private IGit Open(string backend) => GitBackend.Open(backend, _setup.Folder["cache"], StatusSetup.Environment, _setup);

    private IGit Other(string backend) => Open(GitBackend.Names.Single(name => name != backend));

    private static async Task<string> FailAsync(Func<Task> action) => (await Assert.ThrowsAsync<KernelException>(action)).Code.Id;
}
