using System.Globalization;
using System.Text.RegularExpressions;

namespace EveKernel.Core.Feeds;

/// <summary>KernelCacheLimit: a number of bytes, or with a unit: <c>500MB</c>, <c>20GB</c>, <c>1.5TB</c>, in powers of 1000.</summary>
public static partial class CacheLimit
{
    /// <summary>Reads a limit.</summary>
    /// <param name="text">The text.</param>
    /// <returns>Bytes, or null when the text is none.</returns>
    public static long? TryParse(string text)
    {
        Match match = Form().Match(text);
        if (!match.Success)
            return null;
        double factor = match.Groups["unit"].Value.ToUpperInvariant() switch { "KB" => 1e3, "MB" => 1e6, "GB" => 1e9, "TB" => 1e12, _ => 1 };
        double bytes = double.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture) * factor;
        return bytes < long.MaxValue ? (long)bytes : null;
    }

    [GeneratedRegex(@"^(?<number>\d+(\.\d+)?)\s*(?<unit>[kmgt]?b)?$", RegexOptions.IgnoreCase)]
    private static partial Regex Form();
}
