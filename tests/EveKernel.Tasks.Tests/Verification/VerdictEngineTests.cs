using EveKernel.Core.Verification;

namespace EveKernel.Tests.Verification;

public sealed class VerdictEngineTests
{
    [Theory]
    [InlineData("disabled-bar")]
    [InlineData("real-faults")]
    [InlineData("bar-claimed")]
    public void Both_kernels_as_they_should_be(string check)
    {
        ProtocolLine onBase = Consoles.Result(Consoles.Base, check);
        Verdict without = VerdictEngine.Judge(check, KernelRole.Base, onBase, 10);
        Verdict with = VerdictEngine.Judge(check, KernelRole.Patched, Consoles.Result(Consoles.Patched, check), 2000, onBase);
        Assert.True(without.Passed, without.Seen);
        Assert.True(with.Passed, with.Seen);
    }

    [Theory]
    // What the base must show.
    [InlineData("disabled-bar", "EVK6013", "\"cycle\":1", "\"cycle\":11")]
    [InlineData("disabled-bar", "EVK6013", "\"cycle\":1,", "\"cycle\":0,")]
    [InlineData("disabled-bar", "EVK6013", "\"errno\":14", "\"errno\":4")]
    [InlineData("disabled-bar", "EVK6013", "kvm-run-failed", "completed")]
    [InlineData("disabled-bar", "EVK6013", "kvm-run-failed", "wrong-value")]
    [InlineData("disabled-bar", "EVK6013", "kvm-run-failed", "something-new")]
    [InlineData("disabled-bar", "EVK6012", "kvm-run-failed", "setup-failed")]
    [InlineData("real-faults", "EVK6013", "\"faultErrno\":14", "\"faultErrno\":0")]
    [InlineData("bar-claimed", "EVK6013", "\"claimedAtOpen\":false", "\"claimedAtOpen\":true")]
    [InlineData("bar-claimed", "EVK6013", "\"claimedAfterUse\":true", "\"claimedAfterUse\":false")]
    public void A_base_that_does_not_show_the_fault_fails(string check, string code, string from, string to) =>
        AssertFails(code, check, KernelRole.Base, Edit(Consoles.Base, check, from, to), 10);

    [Theory]
    // A kernel that does not do what it should.
    [InlineData("disabled-bar", "EVK6014", "\"outcome\":\"completed\"", "\"outcome\":\"kvm-run-failed\",\"errno\":14,\"cycle\":1")]
    [InlineData("disabled-bar", "EVK6014", "\"outcome\":\"completed\"", "\"outcome\":\"wrong-value\",\"found\":\"0x0\",\"expected\":\"0xffffffff\"")]
    [InlineData("disabled-bar", "EVK6014", "\"disabledReadsAllOnes\":4000", "\"disabledReadsAllOnes\":3999")]
    [InlineData("disabled-bar", "EVK6014", "\"writesDropped\":2000", "\"writesDropped\":1999")]
    [InlineData("disabled-bar", "EVK6014", "\"enabledReadsReal\":2000", "\"enabledReadsReal\":0")]
    [InlineData("real-faults", "EVK6014", "\"faultErrno\":14", "\"faultErrno\":0")]
    [InlineData("real-faults", "EVK6014", "\"faultErrno\":14", "\"faultErrno\":5")]
    [InlineData("real-faults", "EVK6014", "\"forbiddenErrno\":14", "\"forbiddenErrno\":0")]
    [InlineData("real-faults", "EVK6014", "\"exits\":0", "\"exits\":10")]
    [InlineData("real-faults", "EVK6014", "completed", "kvm-run-failed")]
    [InlineData("bar-claimed", "EVK6014", "\"claimedAtOpen\":true", "\"claimedAtOpen\":false")]
    [InlineData("bar-claimed", "EVK6014", "failed-at-mmap", "failed-at-open")]
    [InlineData("bar-claimed", "EVK6014", "failed-at-mmap", "failed-at-read")]
    [InlineData("bar-claimed", "EVK6014", "failed-at-mmap", "ok")]
    [InlineData("bar-claimed", "EVK6014", "\"conflictErrno\":16", "\"conflictErrno\":22")]
    // Real values, but by an exit: the mapping is not back.
    [InlineData("disabled-bar", "EVK6014", "\"mmioExitsEnabled\":0,\"regionReads\":4000", "\"mmioExitsEnabled\":7,\"regionReads\":4007")]
    // Counts that do not bear out the result.
    [InlineData("disabled-bar", "EVK6015", "\"cycles\":2000", "\"cycles\":1999")]
    [InlineData("disabled-bar", "EVK6015", "\"cycles\":2000", "\"cycles\":\"2000\"")]
    [InlineData("disabled-bar", "EVK6015", "\"slotUpdates\":2000", "\"slotUpdates\":0")]
    [InlineData("disabled-bar", "EVK6015", "\"slotUpdates\":2000,", "")]
    [InlineData("disabled-bar", "EVK6015", "\"enabledReads\":2000,\"enabledReadsReal\":2000", "\"enabledReads\":0,\"enabledReadsReal\":0")]
    [InlineData("disabled-bar", "EVK6015", "\"disabledReads\":4000,\"disabledReadsAllOnes\":4000", "\"disabledReads\":0,\"disabledReadsAllOnes\":0")]
    [InlineData("disabled-bar", "EVK6015", "\"mmioExitsDisabled\":6000", "\"mmioExitsDisabled\":0")]
    // A VMM that answers by itself.
    [InlineData("disabled-bar", "EVK6015", "\"regionReads\":4000", "\"regionReads\":0")]
    [InlineData("disabled-bar", "EVK6015", "\"regionReads\":4000", "\"regionReads\":3999")]
    [InlineData("disabled-bar", "EVK6015", "\"regionWrites\":2000", "\"regionWrites\":1999")]
    [InlineData("disabled-bar", "EVK6015", "\"regionReads\":4000,\"regionReadErrors\":4000,\"regionWrites\":2000", "\"regionReads\":0,\"regionWrites\":6000")]
    [InlineData("disabled-bar", "EVK6015", "\"regionReads\":4000,\"regionReadErrors\":4000,\"regionWrites\":2000", "\"regionReads\":6000,\"regionWrites\":0")]
    [InlineData("disabled-bar", "EVK6015", "\"mmioExitsDisabled\":6000", "\"mmioExitsDisabled\":6001")]
    [InlineData("real-faults", "EVK6015", "\"readsBefore\":10", "\"readsBefore\":0")]
    public void A_patched_kernel_that_fails_a_check_is_told_why(string check, string code, string from, string to) =>
        AssertFails(code, check, KernelRole.Patched, Edit(Consoles.Patched, check, from, to), 2000);

    [Theory]
    [InlineData(null, "wrongValues", "wrongValues")]
    [InlineData("EVK6014", "\"wrongValues\":0", "\"wrongValues\":1")]
    [InlineData("EVK6014", "completed", "kvm-run-failed")]
    [InlineData("EVK6015", "\"cycles\":2000", "\"cycles\":20")]
    [InlineData("EVK6015", "\"reads\":91234", "\"reads\":0")]
    public void Race_mode_fails_only_on_a_wrong_value_or_too_few_reads(string? code, string from, string to) => Assert.Equal(
        code, VerdictEngine.Judge("race", KernelRole.Patched, Consoles.Result(Consoles.Race.Replace(from, to, StringComparison.Ordinal), "race"), 2000).Code?.Id);

    [Fact]
    public void More_or_fewer_cycles_than_asked_for_are_no_proof()
    {
        ProtocolLine result = Consoles.Result(Consoles.Patched, "disabled-bar");
        Assert.Equal("EVK6015", VerdictEngine.Judge("disabled-bar", KernelRole.Patched, result, 200_000).Code?.Id);
    }

    private static ProtocolLine Edit(string console, string check, string from, string to)
    {
        string[] lines = console.Split('\n');
        int at = Array.FindIndex(lines, line => line.Contains("\"result\"", StringComparison.Ordinal) && line.Contains(check, StringComparison.Ordinal));
        Assert.Contains(from, lines[at], StringComparison.Ordinal);
        lines[at] = lines[at].Replace(from, to, StringComparison.Ordinal);
        return Consoles.Result(string.Join('\n', lines), check);
    }

    private static void AssertFails(string code, string check, KernelRole kernel, ProtocolLine result, int cycles)
    {
        Verdict verdict = VerdictEngine.Judge(check, kernel, result, cycles, kernel == KernelRole.Base ? null : Consoles.Result(Consoles.Base, check));
        Assert.Equal(code, verdict.Code?.Id);
        Assert.NotEmpty(verdict.Seen);
    }
}
