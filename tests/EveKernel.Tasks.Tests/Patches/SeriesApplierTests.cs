using System.Globalization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches;

namespace EveKernel.Tests.Patches;

public sealed class SeriesApplierTests : IDisposable
{
    private static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(1_600_000_000);
    private readonly PatchStore _store = new();

    public void Dispose() => _store.Dispose();

    public static TheoryData<string, (string, string)[], (string, string)[]> Changes() => new()
    {
        { "text", [("f", Lines(20))], [("f", Lines(20, (5, "five"), (18, "eighteen")))] },
        { "rename", [("a/f", Lines(20))], [("b/g", Lines(20, (5, "five")))] },
        { "mode", [("f", "#!x\n")], [("f", "x\n"), ("g", "#!y\n")] },
        { "new and deleted", [("f", "f\n"), ("gone", Lines(3)), ("empty", "")], [("f", "f\n"), ("d/new", Lines(4))] },
        { "binary", [("f", "a\0b\u0001")], [("f", "a\0c\u0002"), ("g", "\0")] },
        { "link", [("f", "x\n")], [("f", "x\n"), ("d/l", "->../f")] },
        { "no line end", [("f", "a\nb")], [("f", "a\nc")] },
        { "CRLF", [("f", "a\r\nb\r\n")], [("f", "a\r\nc\r\n")] },
        { "white space at an end", [("f", "a\nb\n")], [("f", "a \t\nb\n\n\n")] },
        { "folders that come and go", [("a/b/c/f", Lines(9)), ("a/x", "x\n"), ("a.b", "1\n"), ("z/y/g", "g\n")], [("a/x", "x\n"), ("a.b", "2\n"), ("n/m/f", Lines(9))] },
        { "a file in a folder's place", [("a/f", "1\n"), ("b", "b\n")], [("a", "2\n"), ("b", "b\n")] },
        { "a folder in a file's place", [("a", "2\n"), ("b", "b\n")], [("a/f", "1\n"), ("b", "b\n")] },
        { "a name with a line feed", [("a\nb", "2\n"), ("b", "b\n")], [("a\nb", "3\n"), ("b", "b\n")] },
        { "odd names", [("ä b", "1\n"), ("q\"\t", "1\n")], [("ä b", "2\n"), ("q\"\t", "2\n")] },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_patch_gives_the_tree_that_it_was_made_of_and_is_known_when_applied(
        string name, (string, string)[] before, (string, string)[] after)
    {
        string from = _store.Tree(before);
        string to = _store.Tree(after);
        PatchSeries series = PatchSeries.Read(_store.Series(PatchStore.Mail(name, _store.Diff(from, to))));

        PatchedTree patched = await ApplyAsync(from, series);
        PatchedTree again = await ApplyAsync(to, series);

        Assert.Equal(to, patched.Tree);
        Assert.Equal(to, _store.Git("rev-parse", $"{patched.Commit}^{{tree}}"));
        Assert.False(patched.Patches.Single().AlreadyApplied);
        Assert.Equal(patched.Commit, _store.Git("rev-parse", $"refs/evekernel/patched/{patched.Commit}"));
        Assert.Equal(to, again.Tree);
        Assert.True(again.Patches.Single().AlreadyApplied);
        Diagnostic message = Assert.Single(_store.Reported);
        Assert.Equal(Severity.Message, message.Severity);
        Assert.Contains(name, message.Message, StringComparison.Ordinal);
        Assert.Equal("EVK2010", (await FailAsync(to, series, AlreadyApplied.Error)).Code.Id);
    }

    [Fact]
    public async Task Without_a_series_all_stays_as_it_is()
    {
        string tree = _store.Tree(("f", "f\n"));
        string commit = _store.Commit(tree);

        PatchedTree patched = await new SeriesApplier(_store, _store.Store, _store).ApplyAsync(commit, tree, Time, [], AlreadyApplied.Skip, _store.Index, default);

        Assert.Equal((commit, tree, 0), (patched.Commit, patched.Tree, patched.Patches.Length));
        Assert.Empty(Directory.GetFiles(_store.Folder.Path, "index*"));
    }

    [Fact]
    public async Task Ids_depend_on_nothing_but_the_patches()
    {
        string one = _store.Tree(("f", "1\n"));
        string two = _store.Tree(("f", "2\n"));
        string three = _store.Tree(("f", "3\n"));
        string first = PatchStore.Mail("two", _store.Diff(one, two));
        PatchSeries series = PatchSeries.Read(_store.Series(first, _store.Diff(two, three)));

        PatchedTree patched = await ApplyAsync(one, series);
        PatchedTree again = await ApplyAsync(one, PatchSeries.Read(_store.Series(first, "\n" + _store.Diff(two, three))));
        PatchedTree apart = await ApplyAsync(one, PatchSeries.Read(_store.Series(first)), PatchSeries.Read(_store.Series("0002\n\n" + _store.Diff(two, three))));

        Assert.Equal(patched.Commit, again.Commit);
        Assert.Equal(patched.Commit, apart.Commit);
        Assert.Equal(
            "EveKernel.Sdk <evekernel-sdk@localhost> 1600000000 EveKernel.Sdk <evekernel-sdk@localhost> 1600000000 0002",
            _store.Git("log", "-1", "--format=%an <%ae> %at %cn <%ce> %ct %s", patched.Commit));
        Assert.Equal(
            "Ada Lovelace <ada@example.org> 1704161045 EveKernel.Sdk <evekernel-sdk@localhost> 1704161045 two",
            _store.Git("log", "-1", "--format=%an <%ae> %at %cn <%ce> %ct %s", patched.Commit + "^"));
    }

    [Theory]
    [InlineData("Ada Lovelace <ada@example.org>", "Ada Lovelace <ada@example.org>")]
    [InlineData("\"Lovelace, Ada.\" < ada@example.org >", "Lovelace, Ada <ada@example.org>")]
    [InlineData("=?UTF-8?q?Ad=C3=A4?= <ada@example.org>", "Adä <ada@example.org>")]
    [InlineData("ada@example.org", "ada@example.org <ada@example.org>")]
    public async Task An_author_is_written_as_git_itself_writes_it(string from, string author)
    {
        string one = _store.Tree(("f", "1\n"));
        string mail = PatchStore.Mail("two", _store.Diff(one, _store.Tree(("f", "2\n")))).Replace("Ada Lovelace <ada@example.org>", from, StringComparison.Ordinal);

        PatchedTree patched = await ApplyAsync(one, PatchSeries.Read(_store.Series(mail)));

        Assert.Equal(author, _store.Git("log", "-1", "--format=%an <%ae>", patched.Commit));
    }

    [Fact]
    public async Task Of_a_long_series_each_patch_has_its_commit_and_those_that_are_there_are_left_out()
    {
        string[] trees = [.. Enumerable.Range(0, 12).Select(step => _store.Tree(
            [("a/f", Lines(40, (3 * step + 1, "x"))), ("top", $"{step / 3}\n"), .. step > 4 ? [("n/m/new", $"{step}\n")] : ((string, string)[])[], .. step < 8 ? [("g/o/old", "o\n")] : ((string, string)[])[]]))];
        string[] diffs = [.. trees.Zip(trees[1..], _store.Diff)];
        PatchSeries series = PatchSeries.Read(_store.Series(diffs));

        PatchedTree patched = await ApplyAsync(trees[0], series);
        string[] written = _store.Git("log", "--reverse", "--format=%T", patched.Commit).Split('\n');
        Assert.Equal(trees, written);

        // One in the midst that the tree holds already, of a file that no other touches.
        string with = _store.Tree(("z", "2\n"), ("f", "1\n"));
        PatchSeries mixed = PatchSeries.Read(_store.Series(
            _store.Diff(with, _store.Tree(("z", "2\n"), ("f", "2\n"))),
            _store.Diff(_store.Tree(("z", "1\n")), _store.Tree(("z", "2\n"))),
            _store.Diff(_store.Tree(("z", "2\n"), ("f", "2\n")), _store.Tree(("z", "3\n"), ("f", "3\n")))));
        PatchedTree left = await ApplyAsync(with, mixed);
        Assert.Equal([false, true, false], left.Patches.Select(patch => patch.AlreadyApplied));
        Assert.Equal("3\n", _store.Show(left.Tree, "f"));
        Assert.Equal("3", _store.Git("rev-list", "--count", left.Commit));
    }

    [Fact]
    public async Task A_hunk_that_moved_applies()
    {
        string patch = _store.Diff(_store.Tree(("f", Lines(30))), _store.Tree(("f", Lines(30, (15, "new")))));
        string moved = _store.Tree(("f", "0\n0\n0\n" + Lines(30)));

        PatchedTree patched = await ApplyAsync(moved, PatchSeries.Read(_store.Series(patch)));

        Assert.Equal("0\n0\n0\n" + Lines(30, (15, "new")), _store.Show(patched.Tree, "f"));
    }

    public static TheoryData<string, int, string, int[], string[]> Conflicts() => new()
    {
        // Fuzz would let the first pass: only the outermost line of context differs.
        { "context", 12, "other", [5], ["Expected at line 12:\n  l12\n", "Found at line 12:\n  other\n"] },
        { "removed line", 15, "other", [5], ["Expected at line 15:\n  l15\n", "Found at line 15:\n  other\n"] },
        { "second hunk", 40, "other", [14], ["Expected at line 40:\n  l40\n", "Found at line 40:\n  other\n"] },
        { "moved and changed", 15, "other\nmore", [5], ["Expected at line 15:\n  l15\n", "Found at line 15:\n  other\n  more\n"] },
    };

    [Theory]
    [MemberData(nameof(Conflicts))]
    public async Task A_conflict_is_told_at_its_hunk_with_what_was_expected_and_found(string name, int line, string instead, int[] at, string[] words)
    {
        string patch = _store.Diff(_store.Tree(("f", Lines(50))), _store.Tree(("f", Lines(50, (15, "new"), (40, "newer")))));
        string file = _store.Series(patch);

        KernelException error = await FailAsync(_store.Tree(("f", Lines(50, (line, instead)))), PatchSeries.Read(file));

        Assert.Equal(at, error.Diagnostics.Select(one => one.Location!.Line));
        Assert.All(error.Diagnostics, one => Assert.Equal(Path.Combine(Path.GetDirectoryName(file)!, "0001.patch"), one.Location!.File));
        Assert.All(error.Diagnostics, one => Assert.Equal("EVK2009", one.Code!.Id));
        Assert.All(words, word => Assert.True(error.Message.Contains(word, StringComparison.Ordinal), $"{name}: {error.Message}"));
    }

    [Fact]
    public async Task Every_hunk_that_fails_has_its_error()
    {
        string from = _store.Tree(("f", Lines(50)), ("g", Lines(9)), ("h", "h\n"));
        string to = _store.Tree(("f", Lines(50, (15, "new"), (40, "newer"))), ("g", Lines(9, (4, "g"))), ("h", "i\n"), ("n", "n\n"));
        string target = _store.Tree(("f", Lines(50, (15, "x"), (40, "y"))), ("h", "h\n"), ("n", "other\n"));

        KernelException error = await FailAsync(target, PatchSeries.Read(_store.Series(_store.Diff(from, to))));

        Assert.Equal([5, 14, 23, 43], error.Diagnostics.Select(one => one.Location!.Line));
    }

    [Fact]
    public async Task A_binary_conflict_has_gits_own_words()
    {
        string patch = _store.Diff(_store.Tree(("f", "a\0b")), _store.Tree(("f", "a\0c")));

        KernelException error = await FailAsync(_store.Tree(("f", "a\0d")), PatchSeries.Read(_store.Series(patch)));

        Assert.Equal("EVK2009", error.Code.Id);
        Assert.Contains("does not match the current contents", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_last_patch_is_told_before_the_first_is_applied()
    {
        string one = _store.Tree(("f", "1\n"));
        PatchSeries series = PatchSeries.Read(_store.Series(_store.Diff(one, _store.Tree(("f", "2\n"))), "nothing\n"));

        Assert.Equal("EVK2006", (await FailAsync(one, series)).Code.Id);
        Assert.Empty(Directory.GetFiles(_store.Folder.Path, "index*"));
    }

    [Fact]
    public async Task An_index_that_somebody_else_wrote_is_not_trusted()
    {
        // A name that cat-file cannot be asked for by line needs an index of the whole tree.
        string one = _store.Tree(("f\n", "1\n"));
        string two = _store.Tree(("f\n", "2\n"));
        PatchSeries series = PatchSeries.Read(_store.Series(_store.Diff(one, two)));
        await ApplyAsync(one, series);
        File.WriteAllText(_store.Index, "");

        Assert.Equal(two, (await ApplyAsync(one, series)).Tree);
    }

    private static string Lines(int count, params (int Line, string Text)[] changes) =>
        string.Concat(Enumerable.Range(1, count).Select(line =>
            (changes.FirstOrDefault(change => change.Line == line).Text ?? "l" + line.ToString(CultureInfo.InvariantCulture)) + "\n"));

    private Task<PatchedTree> ApplyAsync(string tree, params PatchSeries[] series) => ApplyAsync(tree, AlreadyApplied.Skip, series);

    private Task<PatchedTree> ApplyAsync(string tree, AlreadyApplied policy, params PatchSeries[] series) =>
        new SeriesApplier(_store, _store.Store, _store).ApplyAsync(_store.Commit(tree), tree, Time, series, policy, _store.Index, default);

    private Task<KernelException> FailAsync(string tree, PatchSeries series, AlreadyApplied policy = AlreadyApplied.Skip) =>
        Assert.ThrowsAsync<KernelException>(() => ApplyAsync(tree, policy, series));
}
