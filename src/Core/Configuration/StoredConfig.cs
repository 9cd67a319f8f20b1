using System.IO.Compression;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Configuration;

/// <summary>A configuration where people keep them: a file, also a packed one such as /proc/config.gz, a project's results, a package.</summary>
public static class StoredConfig
{
    private const string InPackage = "kernel/config";

    /// <summary>Reads one.</summary>
    /// <param name="path">A file, a packed one whose name ends in .gz, a .nupkg of a kernel, or a folder that has <c>config</c>, <c>kernel/config</c> or <c>.config</c>.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="KernelException">EVK3027: there is none.</exception>
    public static ConfigFile Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            using Stream? stream = Open(path);
            if (stream is null)
                throw Unreadable(path, "no kernel's configuration is in it");
            using StreamReader reader = new(stream);
            ConfigFile config = ConfigFile.Parse(reader);
            return config.Names.IsEmpty ? throw Unreadable(path, "it has no line of a configuration") : config;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw Unreadable(path, exception.Message.TrimEnd('.'), exception);
        }
    }

    private static Stream? Open(string path)
    {
        if (Directory.Exists(path))
        {
            return ((string[])["config", InPackage, ".config"]).Select(name => Path.Combine(path, name)).FirstOrDefault(File.Exists) is { } file ? File.OpenRead(file) : null;
        }

        if (path.EndsWith(".nupkg", StringComparison.OrdinalIgnoreCase))
        {
            using ZipArchive package = ZipFile.OpenRead(path);
            if (package.GetEntry(InPackage) is not { } entry)
                return null;
            MemoryStream content = new();
            using (Stream packed = entry.Open())
                packed.CopyTo(content);
            content.Position = 0;
            return content;
        }

        return path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(File.OpenRead(path), CompressionMode.Decompress) : File.OpenRead(path);
    }

    private static KernelException Unreadable(string path, string why, Exception? inner = null) => new(
        ErrorCodes.ConfigurationUnreadable,
        $"KernelConfigDiffWith is '{path}': {why}. Name a configuration's file (packed ones end in .gz), a kernel's package (.nupkg), a folder with results, or another project (.kernelproj).",
        inner: inner);
}
