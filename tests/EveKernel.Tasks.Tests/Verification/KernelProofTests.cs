using System.Collections.Immutable;
using System.Xml.Linq;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Verification;

namespace EveKernel.Tests.Verification;

/// <summary>The proof as a whole, with a program in QEMU's place that prints consoles.</summary>
public sealed class KernelProofTests : IAsyncLifetime, IDisposable
{
    private readonly ProofProject _project = new();

    public async Task InitializeAsync()
    {
        await _project.BuildAsync();
        await _project.BuildBaseAsync();
        string qemu = _project.Write("qemu", $"""
            #!/bin/sh
            case "$*" in
            --version) echo "A machine, version 1" ;;
            *evk.checks=race*) n=race ;;
            *obj/base/kernel*) n=base ;;
            *) n=patched ;;
            esac
            [ -z "$n" ] || echo "$*" >> {_project["calls"]}
            . {_project["$n.sh"]}
            """);
        File.SetUnixFileMode(qemu, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _project.Write("verify/a.c", "int main(void) { return 0; }\n");
        _project.Write(".sh", "");
        Says("base", Consoles.Base);
        Says("patched", Consoles.Patched);
        Says("race", $$"""
            evk-verify {"event":"begin","protocol":1,"kernel":"{{Consoles.PatchedRelease}}"}
            {{Consoles.Race}}
            evk-verify {"event":"end","results":1}
            """);
        WriteManifest();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _project.Dispose();

    [Fact]
    public async Task Both_kernels_are_booted_and_all_is_kept()
    {
        ProofOutcome outcome = await ProveAsync();
        Assert.Empty(outcome.Diagnostics);
        Assert.True(outcome.Record.Passed);
        Assert.Equal(
            ["disabled-bar base", "disabled-bar patched", "real-faults base", "real-faults patched", "bar-claimed base", "bar-claimed patched", "race patched"],
            outcome.Record.Checks.Select(check => $"{check.Check} {check.Kernel}"));

        string[] calls = await File.ReadAllLinesAsync(_project["calls"]);
        Assert.Equal(3, calls.Length);
        Assert.EndsWith("evk.checks=disabled-bar,real-faults,bar-claimed evk.cycles=10 evk.race_cycles=10", calls[0], StringComparison.Ordinal);
        Assert.Contains(_project["bin/kernel"], calls[1], StringComparison.Ordinal);
        Assert.Contains(" evk.cycles=2000 ", calls[1], StringComparison.Ordinal);

        outcome.Record.Write(_project["bin/verify.json"]);
        string json = await File.ReadAllTextAsync(_project["bin/verify.json"]);
        Assert.DoesNotContain(_project[""], json, StringComparison.Ordinal);
        ProofRecord record = ProofRecord.Read(_project["bin/verify.json"]);
        Assert.Equal(Digest.OfFile(_project["bin/kernel"]), record.Patched.Sha256);
        Assert.Equal(Digest.OfFile(_project["obj/base/kernel"]), record.Base.Sha256);
        Assert.Equal(("tcg", "A machine, version 1"), (record.Accelerator, record.Qemu));
        Assert.Equal(4000, record.Checks[1].Reported["regionReads"].GetInt32());
        Assert.Contains("-kernel kernel -initrd initramfs", record.Boots[0].CommandLine, StringComparison.Ordinal);

        Assert.Equal(8, outcome.ToTable().Length);
        Assert.Contains(outcome.ToTable(), line => line.Contains("disabled-bar  patched  as expected  2000 cycles: 4000 reads all ones", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_series_that_mends_half_of_it_fails_with_the_console_named()
    {
        // As a kernel with the vfio patch alone: the guest dies as on the base.
        Says("patched", Consoles.Patched.Replace(
            Consoles.PatchedBar, """evk-verify {"event":"result","check":"disabled-bar","outcome":"kvm-run-failed","errno":14,"cycle":1}""", StringComparison.Ordinal));
        ProofOutcome outcome = await ProveAsync();
        Assert.False(outcome.Record.Passed);
        Diagnostic error = Assert.Single(outcome.Diagnostics);
        Assert.Equal((Severity.Error, ErrorCodes.CheckFailed), (error.Severity, error.Code));
        Assert.Contains("disabled-bar, patched kernel: KVM_RUN failed with errno 14 in cycle 1", error.Message, StringComparison.Ordinal);
        Assert.Contains(_project["obj/proof/console-patched.log"], error.Message, StringComparison.Ordinal);
        Assert.Equal("failed", outcome.Record.Checks[1].Verdict);
    }

    [Fact]
    public async Task A_kernel_alone_is_judged_as_a_patched_one_and_the_base_is_not_booted()
    {
        Directory.Delete(_project["obj/base"], recursive: true);
        ImmutableArray<Verdict> verdicts = await CreateProof().JudgeAloneAsync(default);
        Assert.Equal(["disabled-bar", "real-faults", "bar-claimed", "race"], verdicts.Select(verdict => verdict.Check));
        Assert.All(verdicts, verdict => Assert.True(verdict.Passed && verdict.Kernel == KernelRole.Patched, verdict.Seen));
        Assert.Equal(2, (await File.ReadAllLinesAsync(_project["calls"])).Length);

        Says("patched", Consoles.Patched.Replace(
            Consoles.PatchedBar, """evk-verify {"event":"result","check":"disabled-bar","outcome":"kvm-run-failed","errno":14,"cycle":1}""", StringComparison.Ordinal));
        Assert.Equal(ErrorCodes.CheckFailed, (await CreateProof().JudgeAloneAsync(default))[0].Code);
    }

    [Theory]
    [InlineData("EVK6009", 1, "echo 'Kernel panic - not syncing: Attempted to kill init'")]
    [InlineData("EVK6011", 1, "true")]
    [InlineData("EVK6007", 2, "echo no such device >&2; exit 1")]
    [InlineData("EVK6008", 2, "echo Linux; exec sleep 3088")]
    public async Task Only_an_infrastructures_failure_is_tried_again(string code, int attempts, string script)
    {
        _project.Write("patched.sh", script);
        ProofOutcome outcome = await ProveAsync();
        Diagnostic error = Assert.Single(outcome.Diagnostics);
        Assert.Equal(code, error.Code!.Id);
        Assert.Equal(attempts, outcome.Boots[1].Attempts);
        Assert.False(outcome.Record.Passed);
        Assert.Equal(code, outcome.Record.Boots[1].Problem);
        Assert.Equal(error.Code.Kind == ErrorKind.Infrastructure ? "none" : "failed", outcome.Record.Checks[1].Verdict);
        Assert.Equal("as-expected", outcome.Record.Checks[0].Verdict);
    }

    [Fact]
    public async Task A_machine_that_speaks_at_the_second_try_is_judged()
    {
        string once = File.ReadAllText(_project["patched.sh"]);
        _project.Write("patched.sh", $"[ -e {_project["tried"]} ] || {{ touch {_project["tried"]}; exit 1; }}\n{once}");
        ProofOutcome outcome = await ProveAsync();
        Assert.True(outcome.Record.Passed);
        Assert.Equal(2, outcome.Boots[1].Attempts);
    }

    [Fact]
    public async Task Race_mode_that_hangs_twice_is_a_warning_and_a_wrong_value_is_an_error()
    {
        Says("race", $$"""evk-verify {"event":"begin","protocol":1,"kernel":"{{Consoles.PatchedRelease}}"}""", "exec sleep 3099");
        ProofOutcome outcome = await ProveAsync();
        Diagnostic warning = Assert.Single(outcome.Diagnostics);
        Assert.Equal((Severity.Warning, ErrorCodes.RaceUnanswered), (warning.Severity, warning.Code));
        Assert.True(outcome.Record.Passed);
        Assert.Equal(2, outcome.Boots[2].Attempts);
        Assert.Equal("none", outcome.Record.Checks[^1].Verdict);

        Says("race", $$"""
            evk-verify {"event":"begin","protocol":1,"kernel":"{{Consoles.PatchedRelease}}"}
            {{Consoles.Race.Replace("\"wrongValues\":0", "\"wrongValues\":3", StringComparison.Ordinal)}}
            evk-verify {"event":"end","results":1}
            """);
        Assert.Equal(ErrorCodes.CheckFailed, Assert.Single((await ProveAsync()).Diagnostics).Code);
    }

    [Theory]
    [InlineData("kernel")]
    [InlineData("System.map")]
    [InlineData("manifest.json")]
    public async Task Other_bytes_than_the_packed_ones_are_not_booted(string name)
    {
        File.Delete(_project["calls"]);
        if (name == "manifest.json")
            File.Delete(_project["bin/manifest.json"]);
        else
            File.WriteAllText(_project[$"bin/{name}"], "PATCHED\nboth\n"[..(int)new FileInfo(_project[$"bin/{name}"]).Length]);
        Assert.Equal(ErrorCodes.PackedBytesDiffer, (await Assert.ThrowsAsync<KernelException>(ProveAsync)).Code);
        Assert.False(File.Exists(_project["calls"]));
    }

    [Fact]
    public async Task A_TRX_file_has_a_test_a_verdict()
    {
        Says("patched", Consoles.Patched.Replace("\"faultErrno\":14", "\"faultErrno\":0", StringComparison.Ordinal) + "\n\u0001\u001b[0m");
        ProofOutcome outcome = await ProveAsync();
        Assert.Null(TrxFile.FindPath(["console;verbosity=normal"], "/r", "x"));
        Assert.Equal("/r/x.trx", TrxFile.FindPath(["console", "trx"], "/r", "x"));
        string path = TrxFile.FindPath(["TRX;LogFileName=out/y.trx"], _project[""], "x")!;
        TrxFile.Write(path, "x", outcome, DateTimeOffset.UnixEpoch);

        XNamespace trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";
        XElement run = XDocument.Load(_project["out/y.trx"]).Root!;
        XElement counters = run.Descendants(trx + "Counters").Single();
        Assert.Equal(("7", "6", "1"), (counters.Attribute("total")!.Value, counters.Attribute("passed")!.Value, counters.Attribute("failed")!.Value));
        XElement failed = run.Descendants(trx + "UnitTestResult").Single(result => result.Attribute("outcome")!.Value == "Failed");
        Assert.Equal("real-faults (patched)", failed.Attribute("testName")!.Value);
        Assert.StartsWith("EVK6014: KVM_RUN must fail with EFAULT: memory that is gone gave no error", failed.Descendants(trx + "Message").Single().Value, StringComparison.Ordinal);
        Assert.Equal(
            run.Descendants(trx + "UnitTest").Select(test => test.Attribute("id")!.Value),
            run.Descendants(trx + "UnitTestResult").Select(result => result.Attribute("testId")!.Value));
    }

    [Theory]
    [InlineData("echo stop; exec sleep 3111", 2, "alive alive")]
    [InlineData("mkdir $DEAD 2>/dev/null || exec sleep 3122; echo 'Kernel panic - not syncing: Oops'", 60, "died stopped")]
    [InlineData("exit 0", 60, "died")]
    public async Task A_soak_ends_with_its_time_or_the_first_death(string then, int seconds, string outcomes)
    {
        string begin = $$"""evk-verify {"event":"begin","protocol":1,"kernel":"{{Consoles.PatchedRelease}}"}""";
        Says("patched", $$"""
            {{begin}}
            evk-verify {"event":"progress","check":"disabled-bar","cycles":4711}
            """, then.Replace("$DEAD", _project["dead"], StringComparison.Ordinal));
        SoakRequest request = new(Bench(TimeSpan.FromMinutes(1)), "disabled-bar", outcomes.Split(' ').Length, TimeSpan.FromSeconds(seconds));
        SoakRecord record = await new KernelSoak(request, _project.Environment, _project.Sink).RunAsync(CancellationToken.None);
        Assert.Equal(outcomes, string.Join(' ', record.Machines.Select(machine => machine.Outcome).Order(StringComparer.Ordinal)));
        // Which machine dies first, and whether the others have said anything by then, is chance.
        Assert.Contains(_project.Sink.Seen, line => line.Message.StartsWith("machine ", StringComparison.Ordinal) && line.Message.Contains(" 4,711 cycles in ", StringComparison.Ordinal));
        if (record.Machines.FirstOrDefault(machine => machine.Outcome == "died") is { } died)
            Assert.Contains("4711", await File.ReadAllTextAsync(_project[$"obj/proof/console-soak-{died.Number}.log"]), StringComparison.Ordinal);
    }

    private BenchRequest Bench(TimeSpan silence) => new(
        _project.Plan, new MachineModel(_project["qemu"], "", "", "", "", "", "console=ttyS0"), silence, AllowKvm: true, _project["verify"]);

    private Task<ProofOutcome> ProveAsync() => CreateProof().RunAsync(CancellationToken.None);

    private KernelProof CreateProof() => new(new ProofRequest(Bench(TimeSpan.FromSeconds(2)), KernelChecks.All, 2000, 2000), _project.Environment, _project.Sink);

    private void Says(string machine, string console, string then = "") => _project.Write($"{machine}.sh", $"cat <<'CONSOLE'\n{console}\nCONSOLE\n{then}\n");

    private void WriteManifest()
    {
        Manifest manifest = new()
        {
            Key = _project.Plan.Key,
            Kind = "kernel",
            PackageId = _project.Plan.PackageId,
            PackageVersion = _project.Plan.PackageVersion,
            KernelVersion = "7.2.0-rc3",
            KernelRelease = Consoles.PatchedRelease,
            SourceCommit = _project.Plan.Source.Commit,
            SourceTree = _project.Plan.Source.Tree,
            SourceTime = 0,
            SourceTimeFrom = "commit",
            Dirty = false,
            PatchDiffs = ["abc"],
            PatchedTree = "",
            ConfigSha256 = "",
            Toolchain = [],
            MakeArguments = [],
            Proven = [],
            Files = [.. new[] { "System.map", "kernel" }.Select(name =>
                new ManifestFile(name, new FileInfo(_project[$"bin/{name}"]).Length, "644", Digest.OfFile(_project[$"bin/{name}"])))],
        };
        _project.Write("bin/manifest.json", manifest.ToJson());
    }
}
