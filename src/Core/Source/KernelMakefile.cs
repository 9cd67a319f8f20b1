using System.Text;

namespace EveKernel.Core.Source;

/// <summary>What the top Makefile of a kernel tree says of its version.</summary>
public static class KernelMakefile
{
    /// <summary>Reads the version as kbuild composes it.</summary>
    /// <param name="content">The Makefile.</param>
    /// <returns>VERSION.PATCHLEVEL.SUBLEVEL and EXTRAVERSION, such as 7.2.0-rc3; null if this is no kernel's Makefile.</returns>
    public static string? ReadVersion(ReadOnlySpan<byte> content)
    {
        Dictionary<string, string> values = [];
        // They are the file's first assignments; later ones of the same name would be make's business.
        foreach (string line in Encoding.UTF8.GetString(content).Split('\n').Take(40))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
                values.TryAdd(line[..equals].Trim(), line[(equals + 1)..].Trim());
        }

        string? version = values.GetValueOrDefault("VERSION");
        string? patchLevel = values.GetValueOrDefault("PATCHLEVEL");
        string? subLevel = values.GetValueOrDefault("SUBLEVEL");
        return IsNumber(version) && IsNumber(patchLevel) && IsNumber(subLevel)
            ? $"{version}.{patchLevel}.{subLevel}{values.GetValueOrDefault("EXTRAVERSION")}"
            : null;
    }

    private static bool IsNumber(string? text) => !string.IsNullOrEmpty(text) && text.All(char.IsAsciiDigit);
}
