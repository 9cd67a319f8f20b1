using System.Collections.Immutable;
using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Sizes;

/// <summary>What of a kernel takes how many bytes.</summary>
/// <param name="Image">The image as it boots, compressed.</param>
/// <param name="Modules">Each module's file as it is installed, by its path below <c>lib/modules/RELEASE/</c>.</param>
/// <param name="Symbols">What stands between one symbol of System.map and the next, by name; those of one name together.</param>
public sealed record KernelSizes(long Image, ImmutableSortedDictionary<string, long> Modules, ImmutableSortedDictionary<string, long> Symbols)
{
    // Beyond this it is no function or object but the hole before the next section.
    private const ulong LargestSymbol = 1 << 20;

    /// <summary>All modules.</summary>
    public long ModulesTotal => Modules.Values.Sum();

    /// <summary>What a root file system has to hold of it.</summary>
    public long Total => Image + ModulesTotal;

    /// <summary>Reads a kernel's sizes.</summary>
    /// <param name="path">A package (.nupkg), or a folder: a project's results, or a package that was unpacked.</param>
    /// <returns>The sizes.</returns>
    /// <exception cref="KernelException">EVK5150: no kernel is there.</exception>
    public static KernelSizes Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            if (path.EndsWith(".nupkg", StringComparison.OrdinalIgnoreCase) && File.Exists(path))
            {
                using ZipArchive package = ZipFile.OpenRead(path);
                return Read(path, name => package.GetEntry("kernel/" + name) is { } entry ? (entry.Length, entry.Open()) : null);
            }

            string folder = File.Exists(Path.Combine(path, "manifest.json")) ? path : Path.Combine(path, "kernel");
            return Read(path, name => File.Exists(Path.Combine(folder, name)) ? (new FileInfo(Path.Combine(folder, name)).Length, File.OpenRead(Path.Combine(folder, name))) : null);
        }
        catch (Exception exception) when (exception is InvalidDataException or FormatException)
        {
            throw new KernelException(ErrorCodes.SizesUnreadable, $"'{path}' cannot be read: {exception.Message.TrimEnd('.')}. Fetch or build it again.", inner: exception);
        }
    }

    private static KernelSizes Read(string path, Func<string, (long Length, Stream Content)?> open)
    {
        (long Length, Stream Content) image = open("kernel") ?? throw new KernelException(
            ErrorCodes.SizesUnreadable,
            $"'{path}' holds no kernel that boots. Name a package (.nupkg), a folder with a kernel's results, or ID/VERSION of a package that was restored or that a feed has.");
        image.Content.Dispose();
        return new KernelSizes(image.Length, ReadModules(open("kernel.tar")?.Content), ReadSymbols(open("System.map")?.Content));
    }

    private static ImmutableSortedDictionary<string, long> ReadModules(Stream? archive)
    {
        ImmutableSortedDictionary<string, long>.Builder modules = ImmutableSortedDictionary.CreateBuilder<string, long>(StringComparer.Ordinal);
        if (archive is null)
            return modules.ToImmutable();
        using TarReader reader = new(archive);
        while (reader.GetNextEntry() is { } entry)
        {
            // lib/modules/RELEASE/kernel/…
            string[] parts = entry.Name.Split('/', 4);
            if (parts.Length == 4 && parts[0] == "lib" && Path.GetFileName(entry.Name).Contains(".ko", StringComparison.Ordinal))
                modules[parts[3]] = entry.Length;
        }

        return modules.ToImmutable();
    }

    private static ImmutableSortedDictionary<string, long> ReadSymbols(Stream? map)
    {
        Dictionary<string, long> sizes = new(StringComparer.Ordinal);
        if (map is null)
            return ImmutableSortedDictionary<string, long>.Empty;
        using StreamReader reader = new(map);
        (ulong Address, string Name)? before = null;
        while (reader.ReadLine() is { } line)
        {
            // address, type, name; nm sorts it by address.
            string[] fields = line.Split(' ', 3);
            if (fields.Length != 3 || fields[1] is "A" or "a")
                continue;
            ulong address = ulong.Parse(fields[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (before is { } last && address > last.Address && address - last.Address < LargestSymbol)
                sizes[last.Name] = sizes.GetValueOrDefault(last.Name) + (long)(address - last.Address);
            before = (address, fields[2]);
        }

        return sizes.ToImmutableSortedDictionary(StringComparer.Ordinal);
    }
}
