using EveKernel.Core.Verification;

namespace EveKernel.Tests.Verification;

/// <summary>Consoles as the test machine leaves them, from which tests are cut.</summary>
internal static class Consoles
{
    internal const string BaseRelease = "7.2.0-rc3-0123456789ab";
    internal const string PatchedRelease = "7.2.0-rc3-0123456789ab-kaaaaaaaaaaaa";

    internal const string Base = $$"""
        evk-verify {"event":"begin","protocol":1,"kernel":"{{BaseRelease}}","checks":"disabled-bar,real-faults,bar-claimed","cycles":10,"svm":true}
        [    1.204411] vfio-pci 0000:00:02.0: enabling device (0000 -> 0002)
        evk-verify {"event":"result","check":"disabled-bar","outcome":"kvm-run-failed","detail":"","errno":14,"cycle":1,"cycles":0,"disabledReads":0,"mmioExitsDisabled":0}
        evk-verify {"event":"result","check":"real-faults","outcome":"completed","detail":"","cycles":10,"readsBefore":10,"faultErrno":14,"forbiddenErrno":14,"exits":0}
        evk-verify {"event":"result","check":"bar-claimed","outcome":"completed","claimedAtOpen":false,"claimedAfterUse":true,"conflictOutcome":"failed-at-mmap","conflictErrno":16}
        evk-verify {"event":"end","results":3}
        [    1.704411] reboot: Power down
        """;

    internal const string PatchedBar =
        """evk-verify {"event":"result","check":"disabled-bar","outcome":"completed","detail":"","cycles":2000,"disabledReads":4000,"disabledReadsAllOnes":4000,"disabledWrites":2000,"writesDropped":2000,"enabledReads":2000,"enabledReadsReal":2000,"mmioExitsDisabled":6000,"mmioExitsEnabled":0,"regionReads":4000,"regionReadErrors":4000,"regionWrites":2000,"regionWriteErrors":2000,"slotUpdates":2000,"milliseconds":2214}""";

    internal const string PatchedFaults =
        """evk-verify {"event":"result","check":"real-faults","outcome":"completed","detail":"","cycles":10,"readsBefore":10,"faultErrno":14,"forbiddenErrno":14,"exits":0}""";

    internal const string PatchedClaim =
        """evk-verify {"event":"result","check":"bar-claimed","outcome":"completed","claimedAtOpen":true,"claimedAfterUse":true,"conflictOutcome":"failed-at-mmap","conflictErrno":16}""";

    internal const string Patched = $$"""
        evk-verify {"event":"begin","protocol":1,"kernel":"{{PatchedRelease}}","checks":"disabled-bar,real-faults,bar-claimed","cycles":2000,"svm":true}
        [    1.204411] vfio-pci 0000:00:02.0: enabling device (0000 -> 0002)
        evk-verify {"event":"progress","check":"disabled-bar","cycles":1000}
        {{PatchedBar}}
        {{PatchedFaults}}
        {{PatchedClaim}}
        evk-verify {"event":"end","results":3}
        [    3.704411] reboot: Power down
        """;

    internal const string Race =
        """evk-verify {"event":"result","check":"race","outcome":"completed","cycles":2000,"reads":91234,"exits":1744,"wrongValues":0}""";

    internal static ProtocolLine Result(string console, string check) => BootLog.Parse(console.Split('\n')).Results[check];

    internal static string UpTo(string console, string word) => console[..console.IndexOf(word, StringComparison.Ordinal)];
}
