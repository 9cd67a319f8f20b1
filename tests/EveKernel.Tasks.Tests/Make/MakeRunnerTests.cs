using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Make;
using EveKernel.Core.Processes;

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

    [Theory]
    // gcc's own words, from real ends of its programs.
    [InlineData("gcc -wrapper sh,-c,'kill -KILL $$$$' -c x.c -o $(O)/x.o", "EVK4010")]
    [InlineData("gcc -wrapper sh,-c,'kill -SEGV $$$$' -c x.c -o $(O)/x.o", "EVK4020")]
    [InlineData("(echo 'int a[] = {'; seq -f '%.0f,' 2000000; echo '};') > $(O)/big.c; ulimit -v 200000; gcc -c $(O)/big.c -o $(O)/big.o", "EVK4010")]
    [InlineData("gcc -c x.c -o /dev/full", "EVK4011")]
    [InlineData("(ulimit -f 1; seq 100000 > $(O)/big)", "EVK4011")]
    [InlineData("kill -SEGV $$$$", "EVK4020")]
    public async Task What_the_host_fails_at_is_told_from_what_the_source_fails_at(string recipe, string code)
    {
        _folder.Write("src/x.c", "int x = 1;\n");
        Makefile($"all:\n\t@{recipe}");
        KernelException failure = await Assert.ThrowsAsync<KernelException>(() => Run());
        Assert.Equal(code, failure.Code.Id);
        Assert.Equal(ErrorKind.Infrastructure, failure.Code.Kind);
    }

    [Fact]
    public async Task A_full_disk_comes_before_the_compilers_complaints_that_it_causes()
    {
        Makefile("all:\n\t@echo 'x.c:3:4: error: bad' >&2; echo 'ar: x.a: No space left on device' >&2; exit 1\n");
        KernelException failure = await Assert.ThrowsAsync<KernelException>(() => Run());
        Assert.Equal(ErrorCodes.MakeDiskFull, failure.Code);
        Assert.Equal(2, failure.Diagnostics.Count);
    }

    [Fact]
    public async Task The_log_grows_while_make_runs()
    {
        // The pipe holds make up until the log is seen to have its first line.
        _folder.Write("out/.keep", "");
        Makefile("all:\n\t@mkfifo $(O)/gate; echo first; cat $(O)/gate; echo last\n");
        Task<MakeResult> run = Run();
        while (!run.IsCompleted && !(File.Exists(_folder["make.log"]) && File.ReadAllText(_folder["make.log"]).Contains("\nfirst\n", StringComparison.Ordinal)))
            await Task.Delay(20);
        Assert.False(run.IsCompleted);
        File.WriteAllText(_folder["out/gate"], "");
        await run;
        Assert.Contains("\nlast\n", File.ReadAllText(_folder["make.log"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Memory_does_not_grow_with_the_log()
    {
        Makefile("""
            all:
            	@$(WORK)
            """);
        long little = await PeakAsync("echo one");
        long much = await PeakAsync(
            "seq -f '  CC      drivers/net/ethernet/vendor/a-file-with-a-long-name-%.0f.o' 900000; "
            + "seq -f 'x.c:%.0f:4: warning: one of many' 20000; head -c 40000000 /dev/zero | tr '\\000' x");
        Assert.True(new FileInfo(_folder["make.log"]).Length > 100_000_000);
        Assert.True(much - little < 60_000_000, $"{little / 1_000_000} MB for a line, {much / 1_000_000} MB for 100 MB of them");
    }

    [Fact]
    public async Task A_files_first_warning_is_never_lost_among_many()
    {
        Makefile("all:\n\t@seq -f 'x.c:%.0f:4: warning: one of many' 5000; echo 'y.c:1:1: warning: late'\n");
        Assert.Contains((await Run()).Warnings, warning => warning.Location!.File == _folder["src/y.c"]);
    }

    [Fact]
    public async Task What_a_failed_make_has_warned_about_is_remembered()
    {
        Makefile("all:\n\t@echo 'x.c:3:4: warning: odd' >&2; exit 1\n");
        await Assert.ThrowsAsync<KernelException>(() => Run());
        Assert.Equal(["x.c"], new WarnedFiles(_folder["out"]).Read());
    }

    // In a .NET process of its own, whose peak is nobody else's.
    private async Task<long> PeakAsync(string work)
    {
        string assembly = typeof(MakeRunnerTests).Assembly.Location;
        // 16 MiB in hex. By default the collector waits until what is new fills the processor's third-level cache, which is hundreds of megabytes on some.
        Command command = new(
            "env", "DOTNET_GCgen0size=1000000", "dotnet", "exec", "--runtimeconfig", Path.ChangeExtension(assembly, "runtimeconfig.json"), "--depsfile", Path.ChangeExtension(assembly, "deps.json"),
            assembly, "make", _folder.Path, $"WORK={work}");
        CommandResult result = await ProcessRunner.RunAsync(command, CancellationToken.None);
        Assert.True(result.Succeeded, result.StandardError);
        return long.Parse(result.StandardOutput, CultureInfo.InvariantCulture);
    }

    private void Makefile(string content) => _folder.Write("src/Makefile", content + "\n");

    private Task<MakeResult> Run(CancellationToken cancellation = default, params string[] targets) => new MakeRunner(_sink).RunAsync(
        Context(_folder), 2, ["all", .. targets], _folder["make.log"], withoutNetwork: false, cancellation);

    internal static MakeContext Context(TemporaryFolder folder) => Context(folder["src"], folder["out"]);

    internal static MakeContext Context(string source, string output) => new(
        source,
        output,
        "x86_64",
        DateTimeOffset.UnixEpoch,
        "",
        ImmutableDictionary<string, string>.Empty.Add("PATH", Environment.GetEnvironmentVariable("PATH")!));

    internal sealed class Sink : IDiagnosticSink
    {
        public ConcurrentQueue<Diagnostic> Reported { get; } = new();

        public void Report(Diagnostic diagnostic) => Reported.Enqueue(diagnostic);
    }
}
