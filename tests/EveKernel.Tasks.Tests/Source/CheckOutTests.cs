using EveKernel.Core.Source;

namespace EveKernel.Tests.Source;

public sealed class CheckOutTests : IDisposable
{
    private static readonly DateTime Old = new(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly SourceSetup _setup = new();

    public void Dispose() => _setup.Dispose();

    [Fact]
    public async Task Unchanged_files_keep_their_times_and_changed_ones_are_written()
    {
        string first = await FetchAsync(("same.c", "same\n"), ("changed.c", "1\n"), ("gone/x.c", "x\n"));
        await CheckOutAsync(first);
        File.SetLastWriteTimeUtc(_setup["tree/same.c"], Old);
        string second = await FetchAsync(("same.c", "same\n"), ("changed.c", "2\n"), ("gone", "a file now\n"));
        await CheckOutAsync(second);

        Assert.Equal(Old, File.GetLastWriteTimeUtc(_setup["tree/same.c"]));
        Assert.Equal("2\n", File.ReadAllText(_setup["tree/changed.c"]));
        Assert.Equal("a file now\n", File.ReadAllText(_setup["tree/gone"]));
        Assert.False(Path.Exists(_setup["tree/.git"]));
    }

    [Fact]
    public async Task What_was_done_by_hand_is_put_right()
    {
        string commit = await FetchAsync(("a.c", "1\n"), ("b/c.c", "2\n"), ("script.sh", "x\n"), (".gitignore", "*.o\n"));
        await CheckOutAsync(commit);
        _setup.Write("tree/a.c", "9\n");
        Directory.Delete(_setup["tree/b"], recursive: true);
        _setup.Write("tree/new/untracked", "x");
        _setup.Write("tree/ignored.o", "x");
        File.SetUnixFileMode(_setup["tree/script.sh"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _setup.Write("tree.index.lock", "a killed git's");
        await CheckOutAsync(commit);
        await AssertWholeAsync(commit);
    }

    [Fact]
    public async Task A_checkout_that_was_cut_short_is_finished_even_without_its_index()
    {
        string commit = await FetchAsync(("a.c", "1\n"), ("b.c", "2\n"), ("c.c", "3\n"));
        _setup.Write("tree/a.c", "1\n");
        File.SetLastWriteTimeUtc(_setup["tree/a.c"], Old);
        _setup.Write("tree/b.c", "");
        await CheckOutAsync(commit);
        await AssertWholeAsync(commit);
        Assert.Equal(Old, File.GetLastWriteTimeUtc(_setup["tree/a.c"]));
    }

    [Fact]
    public async Task Bytes_modes_and_links_are_the_trees_whatever_it_or_the_user_says_of_them()
    {
        _setup.Commit((".gitattributes", "* text eol=crlf ident\n*.dat filter=lfs\n"));
        _setup.Write("kernel/run.sh", "#!/bin/sh\n");
        File.SetUnixFileMode(_setup["kernel/run.sh"], (UnixFileMode)0b111_101_101);
        File.CreateSymbolicLink(_setup["kernel/link"], "run.sh");
        _setup.Write("kernel/Foo.h", "$Id$\n");
        _setup.Write("kernel/foo.h", "other\n");
        string commit = await FetchAsync(("x.dat", "data\n"));
        await CheckOutAsync(commit);

        Assert.Equal("$Id$\n", File.ReadAllText(_setup["tree/Foo.h"]));
        Assert.Equal("other\n", File.ReadAllText(_setup["tree/foo.h"]));
        Assert.Equal("run.sh", new FileInfo(_setup["tree/link"]).LinkTarget);
        Assert.Equal((UnixFileMode)0b111_101_101, File.GetUnixFileMode(_setup["tree/run.sh"]));
        Assert.Equal((UnixFileMode)0b110_100_100, File.GetUnixFileMode(_setup["tree/x.dat"]));
        await AssertWholeAsync(commit);
    }

    [Fact]
    public async Task A_commit_depends_on_nothing_but_what_it_is_made_of()
    {
        string parent = await FetchAsync(("a.c", "1\n"));
        CommitInfo info = (await _setup.Git.FindCommitAsync(_setup.Store, parent, default))!;
        Signature author = new("Ä. Author", "a@example.org", new DateTimeOffset(2020, 1, 2, 3, 4, 5, TimeSpan.FromMinutes(-210)));
        Signature committer = new("EveKernel.Sdk", "evekernel-sdk@localhost", DateTimeOffset.FromUnixTimeSeconds(5));
        string commit = await _setup.Git.WriteCommitAsync(_setup.Store, info.Tree, parent, author, committer, "Subject ü\n\n# kept\n", default);

        CommitInfo written = (await _setup.Git.FindCommitAsync(_setup.Store, commit, default))!;
        Assert.Equal((info.Tree, "Subject ü", 5L), (written.Tree, written.Subject, written.CommitTime.ToUnixTimeSeconds()));
        string raw = _setup.Plain("/", $"--git-dir={_setup.Store}", "cat-file", "commit", commit);
        Assert.Contains("author Ä. Author <a@example.org> 1577946845 -0330\ncommitter EveKernel.Sdk <evekernel-sdk@localhost> 5 +0000\n", raw, StringComparison.Ordinal);
        Assert.EndsWith("\n\nSubject ü\n\n# kept\n", raw, StringComparison.Ordinal);
        Assert.Equal(commit, await _setup.Git.WriteCommitAsync(_setup.Store, info.Tree, parent, author, committer, "Subject ü\n\n# kept\n", default));
    }

    private async Task<string> FetchAsync(params (string Path, string Content)[] files)
    {
        if (Directory.Exists(_setup["kernel/gone"]))
            Directory.Delete(_setup["kernel/gone"], recursive: true);
        string commit = _setup.Commit(files);
        await _setup.Git.InitializeStoreAsync(_setup.Store, default);
        await _setup.Git.FetchCommitAsync(_setup.Store, _setup.Repository, null, commit, default);
        return commit;
    }

    private Task CheckOutAsync(string commit) => _setup.Git.CheckOutAsync(_setup.Store, commit, _setup["tree"], _setup["tree.index"], default);

    private async Task AssertWholeAsync(string commit)
    {
        CommitInfo info = (await _setup.Git.FindCommitAsync(_setup.Store, commit, default))!;
        Assert.Equal(info.Tree, await _setup.Git.WriteSnapshotAsync(_setup.Store, _setup["tree"], _setup["check.index"], default));
        string[] tracked = _setup.Plain("/", $"--git-dir={_setup.Store}", "ls-tree", "-r", "--name-only", commit).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] there = [.. Directory.EnumerateFiles(_setup["tree"], "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(_setup["tree"], file))];
        Assert.Equal(tracked.Order(StringComparer.Ordinal), there.Order(StringComparer.Ordinal));
    }
}
