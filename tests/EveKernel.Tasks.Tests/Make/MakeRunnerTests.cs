using System.Collections.Concurrent;
using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Make;

namespace EveKernel.Tests.Make;

public sealed class MakeRunnerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Sink _sink = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Warnings_are_told_once_and_the_log_has_every_line()
    {
        Makefile("""
            all:
            	@echo '  CC x.o'; echo 'x.c:3:4: warning: odd [-Wodd]' >&2; echo 'x.c:3:4: warning: odd [-Wodd]' >&2
            	@echo 'O is $(O)'
            """);
        MakeResult result = await Run();
        Diagnostic warning = Assert.Single(result.Warnings);
        Assert.Equal(warning, Assert.Single(_sink.Reported));
        Assert.Equal(3, warning.Location!.Line);
        string log = File.ReadAllText(_folder["make.log"]);
        Assert.Contains($"  CC x.o\nx.c:3:4: warning: odd [-Wodd]\nx.c:3:4: warning: odd [-Wodd]\nO is {_folder["out"]}\n", log, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["out/.evekernel-running"]));
    }

    [Fact]
    public async Task The_first_real_error_comes_first_and_the_log_is_named()
    {
        Makefile("""
            all: a
            	@:
            a:
            	@echo 'make[9]: *** [Makefile:1: other] Error 1'; echo 'x.c:3:4: error: bad' >&2; echo 'y.c:3:4: error: bad' >&2; exit 1
            """);
        KernelException failure = await Assert.ThrowsAsync<KernelException>(() => Run());
        Assert.Equal(ErrorCodes.CompilerError, failure.Code);
        Assert.Equal(_folder["src/x.c"], failure.Location!.File);
        Assert.Contains(_folder["make.log"], failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, failure.Diagnostics.Count);
        Assert.Empty(_sink.Reported);
        Assert.False(File.Exists(_folder["out/.evekernel-running"]));
    }

    [Fact]
    public async Task An_unknown_failure_shows_the_last_lines()
    {
        Makefile("all:\n\t@echo something strange; exit 3\n");
        KernelException failure = await Assert.ThrowsAsync<KernelException>(() => Run());
        Assert.Equal(ErrorCodes.MakeFailed, failure.Code);
        Assert.Contains("something strange", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Error 3", failure.Message, StringComparison.Ordinal);
        Assert.Contains(_folder["make.log"], failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_looks_like_an_error_does_not_fail_a_make_that_succeeds()
    {
        Makefile("all:\n\t@echo '/bin/sh: 1: pahole: not found'\n");
        Assert.Equal(Severity.Warning, Assert.Single((await Run()).Warnings).Severity);
    }

    [Fact]
    public async Task What_an_interrupted_make_has_written_is_made_anew()
    {
        Makefile("""
            all: $(O)/old.o $(O)/sub/new.o
            	@:
            $(O)/%.o:
            	@mkdir -p $(@D); echo whole > $@
            $(O)/sub/new.o:
            	@mkdir -p $(@D); echo ha > $@; $(SLOW)
            	@echo whole > $@
            """);
        string old = _folder.Write("out/old.o", "old");
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddHours(-1));
        using CancellationTokenSource source = new();
        Task<MakeResult> run = Run(source.Token, "SLOW=kill -STOP $$PPID; sleep 30");
        while (!File.Exists(_folder["out/sub/new.o"]))
            await Task.Delay(10);
        // As SIGKILL: make is stopped and cannot tidy up.
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.True(File.Exists(_folder["out/.evekernel-running"]));
        _folder.Write("out/sub/new.o", "ha");
        _folder.Write("out/.config", "CONFIG_X=y");

        await Run();
        Assert.Equal("whole\n", File.ReadAllText(_folder["out/sub/new.o"]));
        Assert.Equal("old", File.ReadAllText(old));
        Assert.True(File.Exists(_folder["out/.config"]));
        Assert.Contains(_sink.Reported, told => told.Message.Contains("did not end by itself", StringComparison.Ordinal));
        Assert.False(File.Exists(_folder["out/.evekernel-running"]));
    }

    [Fact]
    public async Task A_killed_make_is_the_hosts_fault_and_leaves_the_marker()
    {
        Makefile("all:\n\t@kill -KILL $$PPID\n");
        KernelException failure = await Assert.ThrowsAsync<KernelException>(() => Run());
        Assert.Equal(ErrorKind.Infrastructure, failure.Code.Kind);
        Assert.True(File.Exists(_folder["out/.evekernel-running"]));
    }

    private void Makefile(string content) => _folder.Write("src/Makefile", content + "\n");

    private Task<MakeResult> Run(CancellationToken cancellation = default, params string[] targets) => new MakeRunner(_sink).RunAsync(
        Context(_folder), 2, ["all", .. targets], _folder["make.log"], withoutNetwork: false, cancellation);

    internal static MakeContext Context(TemporaryFolder folder) => new(
        folder["src"],
        folder["out"],
        "x86_64",
        DateTimeOffset.UnixEpoch,
        "",
        ImmutableDictionary<string, string>.Empty.Add("PATH", Environment.GetEnvironmentVariable("PATH")!));

    private sealed class Sink : IDiagnosticSink
    {
        public ConcurrentQueue<Diagnostic> Reported { get; } = new();

        public void Report(Diagnostic diagnostic) => Reported.Enqueue(diagnostic);
    }
}
