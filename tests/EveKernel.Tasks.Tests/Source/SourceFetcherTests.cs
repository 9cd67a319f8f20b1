using EveKernel.Core.Diagnostics;
using EveKernel.Core.Source;

namespace EveKernel.Tests.Source;

public sealed class SourceFetcherTests : IDisposable
{
    private readonly SourceSetup _setup = new();

    public void Dispose() => _setup.Dispose();

    [Fact]
    public async Task A_commit_is_fetched_by_its_id_and_then_needs_no_network()
    {
        string commit = _setup.Commit(("init/main.c", "int main;\r\n"));
        _setup.Commit(("later.c", "x\n"));
        SourceRecord first = await FetchAsync(new GitPin(_setup.Repository, null, commit));
        Directory.Delete(_setup.Repository, recursive: true);
        SourceRecord second = await FetchAsync(new GitPin(_setup.Repository, null, commit));

        Assert.Equal(first, second);
        Assert.Equal(("git", commit, "7.2.0-rc3", "commit", false), (first.Kind, first.Commit, first.KernelVersion, first.TimeSource, first.Dirty));
        Assert.Equal(TimeSpan.Zero, first.CommitTime.Offset);
        Assert.Null(await _setup.Git.ReadFileAsync(_setup.Store, commit, "later.c", default));
        Assert.Equal("int main;\r\n"u8.ToArray(), await _setup.Git.ReadFileAsync(_setup.Store, commit, "init/main.c", default));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(60)]
    public async Task A_server_that_refuses_ids_is_asked_for_the_branch_as_deep_as_it_takes(int below)
    {
        RefuseIds();
        string commit = _setup.Commit(("a", "1\n"));
        for (int i = 0; i < below; i++)
            _setup.Plain(_setup.Repository, "-c", "commit.gpgSign=false", "commit", "-q", "--allow-empty", "-m", "More");
        SourceRecord record = await FetchAsync(new GitPin("file://" + _setup.Repository, "main", commit));

        Assert.Equal(commit, record.Commit);
        Assert.Equal(commit, (await _setup.Git.FindCommitAsync(_setup.Store, $"refs/evekernel/pins/{commit}", default))!.Id);
        Assert.Null(await _setup.Git.FindCommitAsync(_setup.Store, $"refs/evekernel/fetching/{commit}", default));
    }

    [Fact]
    public async Task A_commit_that_is_nowhere_is_said_so_however_the_server_is_asked()
    {
        _setup.Commit(("a", "1\n"));
        string other = new('a', 40);
        Assert.Equal(ErrorCodes.CommitNotFound, await FailAsync(new GitPin(_setup.Repository, null, other)));
        Assert.Equal(ErrorCodes.CommitNotFound, await FailAsync(new GitPin(_setup.Repository, "main", other)));
        Assert.Equal(ErrorCodes.BranchNotFound, await FailAsync(new GitPin(_setup.Repository, "no-such", other)));
        Assert.Equal(ErrorCodes.SourceNotFound, await FailAsync(new GitPin(_setup["nowhere"], "main", other)));
        Assert.Equal(ErrorCodes.SourceUnreachable, await FailAsync(new GitPin("https://localhost:1/kernel.git", "main", other)));
        Assert.Equal(ErrorKind.Infrastructure, ErrorCodes.SourceUnreachable.Kind);
    }

    [Theory]
    [InlineData("https://user:secret@example.org/k.git")]
    [InlineData("https://token@example.org/k.git")]
    [InlineData("ssh://git:secret@example.org/k.git")]
    public async Task An_address_with_a_password_is_refused_and_never_repeated(string address)
    {
        KernelException failure = await Assert.ThrowsAsync<KernelException>(() => FetchAsync(new GitPin(address, null, new string('a', 40))));
        Assert.Equal(ErrorCodes.CredentialsInAddress, failure.Code);
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_branch_alone_is_an_error_that_prints_what_to_pin_unless_it_may_float()
    {
        string head = _setup.Commit(("a", "1\n"));
        KernelException failure = await Assert.ThrowsAsync<KernelException>(() => FetchAsync(new GitPin(_setup.Repository, "main", null)));
        Assert.Equal(ErrorCodes.CommitNotPinned, failure.Code);
        Assert.Contains($"<KernelCommit>{head}</KernelCommit>", failure.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCodes.PinMalformed, await FailAsync(new GitPin(_setup.Repository, "main", head[..12])));

        ListSink sink = new();
        SourceRecord record = await _setup.Fetcher(sink).FetchAsync(new GitPin(_setup.Repository, "main", null, AllowFloating: true), "", "test", default);
        Assert.Equal(head, record.Commit);
        Assert.Contains(sink.Seen, seen => seen.Severity == Severity.Warning && seen.Code == ErrorCodes.CommitNotPinned);
    }

    [Fact]
    public async Task Two_first_fetches_at_once_both_succeed_and_one_goes_to_the_network()
    {
        string commit = _setup.Commit(("a", "1\n"));
        WatchedGit git = new(_setup.Git);
        SourceRecord[] records = await Task.WhenAll(Enumerable.Range(0, 2).Select(i => Task.Run(() =>
            _setup.Fetcher(git: git).FetchAsync(new GitPin(_setup.Repository, "main", commit), "", $"project {i}", default))));
        Assert.Equal(records[0], records[1]);
        Assert.Equal(1, git.Fetches);
    }

    [Fact]
    public async Task What_a_killed_git_left_is_no_hindrance()
    {
        string commit = _setup.Commit(("a", "1\n"));
        _setup.Write("cache/store/config.lock", "");
        _setup.Write("cache/store/shallow.lock", "");
        _setup.Write($"cache/store/refs/evekernel/pins/{commit}.lock", "");
        Assert.Equal(commit, (await FetchAsync(new GitPin(_setup.Repository, null, commit))).Commit);
    }

    [Fact]
    public async Task A_repository_of_somebody_else_is_read()
    {
        string commit = _setup.Commit(("a", "1\n"));
        // Only root can give files away; for others the test is the same as the first.
        if (Environment.UserName == "root")
            _setup.Run("/", "chown", "-R", "12345", _setup.Repository);
        Assert.Equal(commit, (await FetchAsync(new GitPin(_setup.Repository, null, commit))).Commit);
        Assert.Equal(commit, await _setup.Git.FindBranchAsync(_setup.Repository, "main", default));
        Assert.True((await FetchAsync(new DirectoryPin(_setup.Repository))).Dirty);
    }

    [Fact]
    public async Task A_snapshot_is_the_commits_tree_sees_an_edit_and_leaves_the_folder_alone()
    {
        string commit = _setup.Commit((".gitignore", "*.o\nkept\n"), ("a.c", "1\n"), ("kept", "tracked though ignored\n"));
        string tree = _setup.Plain(_setup.Repository, "rev-parse", $"{commit}^{{tree}}").Trim();
        _setup.Write("kernel/a.o", "object");
        byte[] index = File.ReadAllBytes(_setup["kernel/.git/index"]);

        SourceRecord clean = await FetchAsync(new DirectoryPin(_setup.Repository));
        Assert.Equal(tree, clean.Tree);
        Assert.Equal(("directory", true, _setup.Repository), (clean.Kind, clean.Dirty, clean.Directory));
        _setup.Write("kernel/a.c", "2\n");
        SourceRecord edited = await FetchAsync(new DirectoryPin(_setup.Repository));
        Assert.NotEqual(tree, edited.Tree);
        Assert.Equal("2\n"u8.ToArray(), await _setup.Git.ReadFileAsync(_setup.Store, edited.Commit, "a.c", default));
        _setup.Write("kernel/a.c", "1\n");
        Assert.Equal(clean, await FetchAsync(new DirectoryPin(_setup.Repository)));
        Assert.Equal(index, File.ReadAllBytes(_setup["kernel/.git/index"]));
    }

    [Fact]
    public async Task A_file_that_comes_to_be_ignored_leaves_the_snapshot()
    {
        _setup.Write("tree/Makefile", SourceSetup.Makefile);
        _setup.Plain("/", "init", "-q", _setup["tree"]);
        string without = (await FetchAsync(new DirectoryPin(_setup["tree"]))).Tree;
        _setup.Write("tree/junk", "x");
        Assert.NotEqual(without, (await FetchAsync(new DirectoryPin(_setup["tree"]))).Tree);
        _setup.Write("tree/.gitignore", "junk\n");
        string ignored = (await FetchAsync(new DirectoryPin(_setup["tree"]))).Tree;
        File.Delete(_setup["snapshot.index"]);
        Assert.Equal(ignored, (await FetchAsync(new DirectoryPin(_setup["tree"]))).Tree);
    }

    [Fact]
    public async Task An_unpacked_tarball_counts_in_full_though_it_ignores_all_as_Debians_does()
    {
        _setup.Write("tree/Makefile", SourceSetup.Makefile);
        _setup.Write("tree/.gitignore", "/*\n");
        SourceRecord record = await FetchAsync(new DirectoryPin(_setup["tree"]));
        Assert.Equal("7.2.0-rc3", record.KernelVersion);
        Assert.NotNull(await _setup.Git.ReadFileAsync(_setup.Store, record.Tree, ".gitignore", default));
    }

    [Theory]
    [InlineData(".config")]
    [InlineData("include/config/auto.conf")]
    [InlineData("include/generated/autoconf.h")]
    public async Task A_tree_that_was_built_in_place_is_refused(string left)
    {
        _setup.Write("tree/Makefile", SourceSetup.Makefile);
        _setup.Write($"tree/{left}", "");
        KernelException failure = await Assert.ThrowsAsync<KernelException>(() => FetchAsync(new DirectoryPin(_setup["tree"])));
        Assert.Equal(ErrorCodes.TreeBuiltInPlace, failure.Code);
        Assert.Contains("make mrproper", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_kernel_tree_is_refused()
    {
        _setup.Write("tree/Makefile", "all:\n\techo\n");
        Assert.Equal(ErrorCodes.NotAKernelTree, await FailAsync(new DirectoryPin(_setup["tree"])));
        Assert.Equal(ErrorCodes.SourceNotFound, await FailAsync(new DirectoryPin(_setup["nowhere"])));
    }

    private Task<SourceRecord> FetchAsync(SourcePin pin) => _setup.Fetcher().FetchAsync(pin, _setup["snapshot.index"], "test", default);

    private async Task<ErrorCode> FailAsync(SourcePin pin) => (await Assert.ThrowsAsync<KernelException>(() => FetchAsync(pin))).Code;

    // The old protocol, whose servers send no commit but a branch's head unless they are told to.
    private void RefuseIds() => File.AppendAllText(_setup["home/.gitconfig"], "[protocol]\n\tversion = 0\n");
}
