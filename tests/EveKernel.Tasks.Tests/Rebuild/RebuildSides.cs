using EveKernel.Core.Rebuild;

namespace EveKernel.Tests.Rebuild;

/// <summary>Two builds that saw different hosts.</summary>
internal static class RebuildSides
{
    public const long Clock = 1_790_000_000;

    public const long OtherClock = Clock + (400 * 86400);

    public static LeakClassifier Classifier { get; } = new(First, Second);

    private static BuildSide First => new(
        Saw("ada", "tower", Clock, "+0100", "en_GB.UTF-8", "0022", 8, "6.1.0-18-amd64"),
        ["/home/ada/k/obj/x/tree", "/home/ada/k/obj/x/out", "/home/ada/k/bin/x", "/home/ada/k/obj/x", "/home/ada", "/tmp", "/usr/local/bin:/usr/bin"],
        Clock - 86400,
        Clock + 86400);

    private static BuildSide Second => new(
        Saw("daemon", "evk-rebuild-on-another-host", OtherClock, "+1400", "tr_TR.utf8", "0077", 9, "2.6.61-18-amd64"),
        ["/home/ada/k/obj/x/rebuild/a/tree", "/home/ada/k/obj/x/rebuild/a/out", "/home/ada/k/obj/x/rebuild/a/bin", "/home/ada/k/obj/x/rebuild/a", "/home/ada/k/obj/x/rebuild/home",
            "/home/ada/k/obj/x/rebuild/tmp", "/usr/bin:/usr/local/bin"],
        OtherClock - 86400,
        OtherClock + 86400);

    private static Surroundings Saw(string user, string host, long clock, string zone, string locale, string umask, int jobs, string kernel) => new()
    {
        Folder = "",
        User = user,
        Host = host,
        Clock = clock,
        TimeZone = zone,
        Locale = locale,
        Umask = umask,
        Jobs = jobs,
        Path = "",
        ReadOrder = "",
        Kernel = kernel,
        Environment = "",
        Home = "",
        Temporary = "",
    };
}
