using System.Globalization;
using System.Text.RegularExpressions;

namespace EveKernel.Core.Packaging;

/// <summary>Versions and ids of kernel packages. A version orders as its kernel does: by kernel version, release candidates before the release, commit time,
/// then revision; what stands behind only tells equal ones apart.</summary>
public static partial class PackageVersion
{
    /// <summary>Makes a version: <c>M.m.p-rel.yyyymmddhhmmss.revision.g&lt;commit 10&gt;.k&lt;key 12&gt;</c>, or <c>-rc.n.</c> in place of <c>-rel.</c>.</summary>
    /// <param name="kernelVersion">The tree's own version, such as 6.12.49 or 7.2.0-rc3.</param>
    /// <param name="commitTime">The commit's time.</param>
    /// <param name="revision">The project's KernelRevision.</param>
    /// <param name="commit">The commit's id.</param>
    /// <param name="key">The build key.</param>
    /// <returns>The version; at most 64 characters.</returns>
    /// <exception cref="FormatException"><paramref name="kernelVersion"/> has another form.</exception>
    public static string Create(string kernelVersion, DateTimeOffset commitTime, int revision, string commit, string key)
    {
        ArgumentNullException.ThrowIfNull(commit);
        ArgumentNullException.ThrowIfNull(key);
        Match match = KernelVersion().Match(kernelVersion);
        if (!match.Success)
            throw new FormatException($"'{kernelVersion}' is no kernel version of the form M.m.p or M.m.p-rcN.");
        string stage = match.Groups["rc"].Success ? $"rc.{match.Groups["rc"].Value}" : "rel";
        string time = commitTime.UtcDateTime.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{match.Groups["number"].Value}-{stage}.{time}.{revision}.g{commit[..10]}.k{key[..12]}");
    }

    /// <summary>Makes an id: <c>EveKernel.&lt;Arch&gt;.&lt;Flavor&gt;[.&lt;ConfigFlavor&gt;][.Objects]</c>.</summary>
    /// <param name="arch">The architecture, such as amd64.</param>
    /// <param name="flavor">The flavor, such as generic or nvidia-jp6.</param>
    /// <param name="configFlavor">The config flavor, or empty.</param>
    /// <param name="kind">What the package holds.</param>
    /// <returns>The id.</returns>
    public static string CreateId(string arch, string flavor, string configFlavor, PackageKind kind) => string.Join('.',
        new[] { "EveKernel", Capitalise(arch), Capitalise(flavor), Capitalise(configFlavor), kind == PackageKind.Objects ? "Objects" : "" }
            .Where(part => part.Length > 0));

    private static string Capitalise(string word) => word.Length == 0 ? "" : char.ToUpperInvariant(word[0]) + word[1..];

    // EXTRAVERSION other than -rcN is the distributor's own and orders nothing.
    [GeneratedRegex(@"^(?<number>\d+\.\d+\.\d+)(-rc(?<rc>\d+))?(?![\d.])")]
    private static partial Regex KernelVersion();
}

/// <summary>What a package holds.</summary>
public enum PackageKind
{
    /// <summary>A kernel that boots, with its modules.</summary>
    Kernel,

    /// <summary>The objects of some directories.</summary>
    Objects,
}
