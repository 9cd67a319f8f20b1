using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Gates;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;
using EveKernel.Tests.Source;

namespace EveKernel.Tests.Gates;

public sealed class CheckpatchTests : IDisposable
{
    // What the real script prints, shortened by lines.
    private const string Objections = """
        /p/0001 a.patch:37: WARNING:BAD_SIGN_OFF: Non-standard signature: 'Signed-of-by:' - perhaps 'Signed-off-by:'?
        #37: 
        Signed-of-by: Ada <ada@example.org>

        /p/0001 a.patch:53: ERROR:CODE_INDENT: code indent should use tabs where possible
        #53: FILE: arch/x86/kvm/mmu/mmu.c:4548:
        +        /* x */   $

        /p/0001 a.patch:54: CHECK:CAMELCASE: Avoid CamelCase: <Emulate>
        #54: FILE: arch/x86/kvm/mmu/mmu.c:4549:
        +	 * /p/0001 a.patch:99: ERROR:QUOTED: by the patch itself

        /p/0001 a.patch:116: ERROR:MISSING_SIGN_OFF: Missing Signed-off-by: line(s)

        total: 2 errors, 1 warnings, 1 checks, 53 lines checked

        NOTE: For some of the reported defects, checkpatch may be able to
              mechanically convert to the typical style using --fix or --fix-inplace.
        """;

    // Objects to the first line of a patch with all that it was called with, as far as it can change what is found.
    private const string Script = """
        my $file = $ARGV[-1];
        my $git = -e $ENV{GIT_DIR} ? "git" : "no git";
        print "$file:1: CHECK:CALLED: @ARGV[0 .. $#ARGV - 1] with $git, ", join(" ", sort(glob("include/* drivers/*"))), "\n#1:\n\n";
        print "total: 0 errors, 0 warnings, 1 checks, 1 lines checked\n";
        exit 1;
        """;

    private readonly SourceSetup _setup = new();

    public void Dispose() => _setup.Dispose();

    [Fact]
    public void Each_finding_is_an_error_at_the_patch_s_line()
    {
        ImmutableArray<Diagnostic> findings = Checkpatch.Parse("/p/0001 a.patch", new CommandResult(1, Objections, ""));
        Assert.Equal(
            [
                (37, "checkpatch: WARNING:BAD_SIGN_OFF: Non-standard signature: 'Signed-of-by:' - perhaps 'Signed-off-by:'?"),
                (53, "checkpatch: ERROR:CODE_INDENT: code indent should use tabs where possible"),
                (54, "checkpatch: CHECK:CAMELCASE: Avoid CamelCase: <Emulate>"),
                (116, "checkpatch: ERROR:MISSING_SIGN_OFF: Missing Signed-off-by: line(s)"),
            ],
            findings.Select(finding => (finding.Location!.Line, finding.Message)));
        Assert.All(findings, finding => Assert.Equal((Severity.Error, ErrorCodes.CheckpatchFinding), (finding.Severity, finding.Code)));
    }

    [Theory]
    [InlineData("total: 0 errors, 0 warnings, 0 checks, 53 lines checked\n\nx has no obvious style problems\n", 0, true)]
    [InlineData("", 0, false)]
    [InlineData("total: 0 errors, 0 warnings, 0 checks, 53 lines checked\n", 1, false)]
    [InlineData("total: 1 errors, 0 warnings, 0 checks, 53 lines checked\n", 1, false)]
    [InlineData("x:3: ERROR:A: b\ntotal: 1 errors, 0 warnings, 0 checks, 53 lines checked\n", 0, false)]
    [InlineData("x:3: ERROR:A: b\n", 1, false)]
    public void A_script_that_did_not_read_the_patch_finds_nothing_and_says_so(string output, int exitCode, bool whole)
    {
        if (whole)
            Assert.Empty(Checkpatch.Parse("x", new CommandResult(exitCode, output, "")));
        else
            Assert.Equal(ErrorCodes.CheckpatchFailed, Assert.Throws<KernelException>(() => Checkpatch.Parse("x", new CommandResult(exitCode, output, "died"))).Code);
    }

    [Fact]
    public async Task A_commit_s_id_is_looked_up_only_where_all_history_is_there()
    {
        string first = _setup.Commit(("scripts/checkpatch.pl", Script), ("include/linux/pci.h", ""), ("drivers/a.c", "old\n"), ("drivers/b.c", ""));
        string second = _setup.Commit(("drivers/a.c", "older\n"));

        (Diagnostic without, ListSink sink) = await Check(first);
        Assert.Contains("--ignore=UNKNOWN_COMMIT_ID -- with no git, drivers/a.c include/linux", without.Message, StringComparison.Ordinal);
        Assert.Contains("UNKNOWN_COMMIT_ID is ignored", Assert.Single(sink.Seen).Message, StringComparison.Ordinal);

        (Diagnostic with, sink) = await Check(second);
        Assert.Contains("--no-codespell -- with git", with.Message, StringComparison.Ordinal);
        Assert.Empty(sink.Seen);
    }

    [Fact]
    public async Task History_is_there_or_it_is_cut_off_somewhere()
    {
        string first = _setup.Commit();
        string second = _setup.Commit(("a", "1"));
        string third = _setup.Commit(("a", "2"));
        string repository = Path.Combine(_setup.Repository, ".git");
        Assert.False(await _setup.Git.HasHistoryAsync(repository, first, default));
        Assert.True(await _setup.Git.HasHistoryAsync(repository, second, default));
        Assert.True(await _setup.Git.HasHistoryAsync(repository, "HEAD", default));

        foreach (int depth in (int[])[1, 2])
        {
            string shallow = _setup[$"shallow{depth}"];
            _setup.Plain("/", "clone", "-q", $"--depth={depth}", "--bare", $"file://{_setup.Repository}", shallow);
            Assert.False(await _setup.Git.HasHistoryAsync(shallow, third, default));
        }
    }

    [Fact]
    public async Task A_tree_without_the_script_is_told()
    {
        string commit = _setup.Commit(("drivers/a.c", "old\n"));
        KernelException failure = await Assert.ThrowsAsync<KernelException>(() => Check(commit));
        Assert.Equal(ErrorCodes.CheckpatchFailed, failure.Code);
    }

    [Fact]
    public async Task Without_perl_the_package_is_named()
    {
        string commit = _setup.Commit(("scripts/checkpatch.pl", Script));
        _setup.Environment = _setup.Environment.SetItem("PATH", _setup["nothing"]);
        KernelException failure = await Assert.ThrowsAsync<KernelException>(() => Check(commit));
        Assert.Equal(ErrorCodes.ToolMissing, failure.Code);
        Assert.Contains("apt-get install perl", failure.Message, StringComparison.Ordinal);
    }

    private async Task<(Diagnostic Finding, ListSink Sink)> Check(string commit)
    {
        _setup.Write("series/one.patch", "--- a/drivers/a.c\n+++ b/drivers/a.c\n@@ -1 +1 @@\n-old\n+new\n");
        PatchSeries series = PatchSeries.Read(_setup.Write("series/series", "one.patch\n"));
        ListSink sink = new();
        Checkpatch checkpatch = new(_setup.Git, _setup.Environment, sink);
        CheckpatchTree tree = new(Path.Combine(_setup.Repository, ".git"), $"{commit}^{{tree}}", commit, Path.Combine(_setup.Repository, ".git"));
        KernelException failure = await Assert.ThrowsAsync<KernelException>(() => checkpatch.CheckAsync(tree, [series], _setup[$"gate-{commit}"], default));
        return failure.Code == ErrorCodes.CheckpatchFinding ? (Assert.Single(failure.Diagnostics), sink) : throw failure;
    }
}
