using System.Globalization;
using System.Text.RegularExpressions;

namespace EveKernel.Core.Pins;

/// <summary>What the version of a kernel's package says about its kernel, and which of two kernels is newer. What ends a version, commit and key, are hashes: they tell
/// builds apart, and order nothing.</summary>
/// <param name="Major">The kernel's major number.</param>
/// <param name="Minor">The minor number.</param>
/// <param name="Patch">The number of the stable release.</param>
/// <param name="Candidate">The number of the release candidate, or null for a release.</param>
/// <param name="Time">The commit's time, <c>yyyymmddhhmmss</c>.</param>
/// <param name="Revision">KernelRevision.</param>
/// <param name="Version">The whole version.</param>
public sealed partial record KernelRank(int Major, int Minor, int Patch, int? Candidate, long Time, int Revision, string Version)
{
    /// <summary>The kernel line, such as 6.12.</summary>
    public string Line => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");

    /// <summary>The kernel's own version, such as 6.12.49 or 7.2.0-rc3.</summary>
    public string KernelVersion => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Patch}{(Candidate is { } number ? $"-rc{number}" : "")}");

    /// <summary>Reads a version.</summary>
    /// <param name="version">The version of a package.</param>
    /// <returns>What it says, or null for one that no build of ours makes.</returns>
    public static KernelRank? TryParse(string version)
    {
        Match match = Form().Match(version);
        if (!match.Success)
            return null;
        bool fits = Number("major", out int major) & Number("minor", out int minor) & Number("patch", out int patch) & Number("revision", out int revision);
        int? candidate = null;
        if (match.Groups["rc"].Success)
        {
            fits &= Number("rc", out int number);
            candidate = number;
        }

        return fits
            ? new KernelRank(major, minor, patch, candidate, long.Parse(match.Groups["time"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture), revision, version)
            : null;

        bool Number(string group, out int number) => int.TryParse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>Which of two kernels is newer: by kernel version, release candidates before the release, commit time, then revision.</summary>
    /// <param name="other">The other.</param>
    /// <returns>More than 0 when this one is; 0 for two builds of one rank, of which neither is.</returns>
    public int CompareByAge(KernelRank other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Order(this).CompareTo(Order(other));

        static (int, int, int, int, long, int) Order(KernelRank rank) =>
            (rank.Major, rank.Minor, rank.Patch, rank.Candidate ?? int.MaxValue, rank.Time, rank.Revision);
    }

    /// <inheritdoc />
    public override string ToString() => Version;

    [GeneratedRegex(@"^(?<major>\d+)\.(?<minor>\d+)\.(?<patch>\d+)-(rel|rc\.(?<rc>\d+))\.(?<time>\d{14})\.(?<revision>\d+)\.g[0-9a-f]{10}\.k[0-9a-f]{12}\z")]
    private static partial Regex Form();
}
