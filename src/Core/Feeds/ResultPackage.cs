using System.Collections.Immutable;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Feeds;

/// <summary>A kernel's package that somebody else has made. Nothing of it is believed: its form, its manifest and each of its files are held against what the
/// project would build, as far as a project knows that beforehand.</summary>
public sealed class ResultPackage : IDisposable
{
    private const string Content = "kernel/";
    private const string Properties = "package/services/metadata/core-properties/";
    private const int LongestText = 1 << 24;

    private static readonly ImmutableHashSet<string> Described =
        ["id", "version", "authors", "owners", "description", "license", "licenseUrl", "requireLicenseAcceptance"];

    private static readonly ImmutableArray<string> Signatures = [.. SignatureTool.All.Select(tool => tool.FileName)];

    private readonly ZipArchive _archive;
    private readonly ImmutableDictionary<string, ZipArchiveEntry> _entries;

    private ResultPackage(ZipArchive archive, ImmutableDictionary<string, ZipArchiveEntry> entries) => (_archive, _entries) = (archive, entries);

    /// <summary>The text of its manifest.json.</summary>
    public string ManifestText { get; private set; } = "";

    /// <summary>Its manifest.</summary>
    public Manifest Manifest { get; private set; } = null!;

    /// <summary>Opens a package and reads its manifest.</summary>
    /// <param name="path">The file.</param>
    /// <param name="id">The id that it must have.</param>
    /// <param name="version">The version that it must have.</param>
    /// <returns>The package.</returns>
    /// <exception cref="FeedException">EVK5101: it has another form.</exception>
    public static ResultPackage Open(string path, string id, string version)
    {
        ResultPackage? package = null;
        try
        {
            package = new ResultPackage(ZipFile.OpenRead(path), ImmutableDictionary<string, ZipArchiveEntry>.Empty);
            package = new ResultPackage(package._archive, List(package._archive));
            package.ReadManifest();
            package.RequireForm(id, version);
            return package;
        }
        catch (InvalidDataException exception)
        {
            package?.Dispose();
            throw new FeedException(ErrorCodes.PackageRefused, $"it is no whole package: {exception.Message}", exception);
        }
        catch
        {
            package?.Dispose();
            throw;
        }
    }

    /// <summary>Requires the manifest to be that of a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="part">Which of its packages.</param>
    /// <param name="makeArguments">make's arguments, as a manifest has them.</param>
    /// <exception cref="FeedException">EVK5101: with the first members that differ.</exception>
    public void Require(BuildPlan plan, PackagePart part, ImmutableArray<string> makeArguments)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(part);
        ImmutableArray<string> diffs = [.. PatchSeries.ReadPatches(plan.Series).Select(patch => patch.DiffSha256)];
        Manifest expected = Manifest.Of(plan, part, makeArguments, diffs, Manifest.PatchedTree, Manifest.ConfigSha256, Manifest.Files);
        ImmutableArray<string> differences = ManifestDifference.Between(expected.ToJson(), ManifestText);
        if (!differences.IsEmpty)
            throw Refused($"its manifest is not of this key (expected → found): {string.Join("; ", differences)}");
        if (!_entries.TryGetValue(Content + Provenance.FileName, out ZipArchiveEntry? statement) || ReadText(statement) != Provenance.Create(plan, Manifest))
            throw Refused($"its {Provenance.FileName} is missing or not of this key");
    }

    /// <summary>Reads a text file of the result.</summary>
    /// <param name="name">Its name, as the manifest has it.</param>
    /// <returns>Its text, or null when there is none.</returns>
    /// <exception cref="FeedException">EVK5101: it is too long.</exception>
    public string? TryReadText(string name) => _entries.TryGetValue(Content + name, out ZipArchiveEntry? entry) ? ReadText(entry) : null;

    /// <summary>Writes the files into a folder, each held against the manifest on its way, and the signatures of its provenance.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    /// <exception cref="FeedException">EVK5101: a file is another, missing or too much.</exception>
    public async Task ExtractAsync(string folder, CancellationToken cancellation)
    {
        try
        {
            foreach (ManifestFile file in Manifest.Files)
                await ExtractAsync(file, Path.Combine(folder, file.Path), cancellation).ConfigureAwait(false);
            foreach (string name in Signatures)
            {
                if (_entries.TryGetValue(Content + name, out ZipArchiveEntry? signature))
                    await File.WriteAllTextAsync(Path.Combine(folder, name), ReadText(signature), cancellation).ConfigureAwait(false);
            }
        }
        catch (InvalidDataException exception)
        {
            throw new FeedException(ErrorCodes.PackageRefused, $"it is no whole package: {exception.Message}", exception);
        }
    }

    /// <summary>Holds every file against the manifest, and writes none.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    /// <exception cref="FeedException">EVK5101: a file is another, missing or too much.</exception>
    public async Task VerifyAsync(CancellationToken cancellation)
    {
        try
        {
            foreach (ManifestFile file in Manifest.Files)
                await CopyAsync(file, Stream.Null, cancellation).ConfigureAwait(false);
        }
        catch (InvalidDataException exception)
        {
            throw new FeedException(ErrorCodes.PackageRefused, $"it is no whole package: {exception.Message}", exception);
        }
    }

    /// <summary>What the package gives to projects that use it.</summary>
    /// <returns>The files' names and texts; an empty text for one that is missing.</returns>
    public ImmutableDictionary<string, string> ReadBuildFiles() => BuildFiles(Manifest.PackageId).ToImmutableDictionary(
        name => Path.GetFileName(name), name => _entries.TryGetValue(name, out ZipArchiveEntry? entry) ? ReadText(entry) : "");

    /// <inheritdoc />
    public void Dispose() => _archive.Dispose();

    private static string[] BuildFiles(string id) => [$"build/{id}.props", $"build/{id}.targets"];

    private static ImmutableDictionary<string, ZipArchiveEntry> List(ZipArchive archive)
    {
        ImmutableDictionary<string, ZipArchiveEntry>.Builder entries = ImmutableDictionary.CreateBuilder<string, ZipArchiveEntry>(StringComparer.Ordinal);
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            // NuGet writes some signs of a name as an address has them.
            string name = entry.FullName.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(entry.FullName) : entry.FullName;
            if (!entries.TryAdd(name, entry))
                throw Refused($"it holds '{name}' twice");
        }

        return entries.ToImmutable();
    }

    private void ReadManifest()
    {
        ManifestText = _entries.TryGetValue($"{Content}manifest.json", out ZipArchiveEntry? entry) ? ReadText(entry)
            : throw Refused("it has no kernel/manifest.json");
        try
        {
            Manifest? read = JsonSerializer.Deserialize<Manifest>(ManifestText, JsonFile.Readable);
            Manifest = read is { Files.IsDefault: false } && read.Files.All(file => file is not null) && read.ToJson() == ManifestText
                ? read : throw Refused("its manifest has another form");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new FeedException(ErrorCodes.PackageRefused, $"its manifest has another form: {exception.Message}", exception);
        }
    }

    private void RequireForm(string id, string version)
    {
        if (Manifest.PackageId != id || Manifest.PackageVersion != version)
            throw Refused($"its manifest is of {Manifest.PackageId} {Manifest.PackageVersion}");
        RequireNuspec(id, version);
        foreach (ManifestFile file in Manifest.Files)
        {
            if (file.Path.Length == 0 || file.Path.Split('/').Any(part => part is "" or "." or "..") || file.Path.Contains('\\', StringComparison.Ordinal)
                || Signatures.Contains(file.Path)
                || file.Path is "manifest.json" or "key.txt" or BuildRecord.FileName or Provenance.FileName or Provenance.BuilderFileName or "make.log" || file.Mode != "644" || file.Size < 0)
            {
                throw Refused($"its manifest lists a file that no build makes: '{file.Path}'");
            }
        }

        ImmutableHashSet<string> expected =
        [
            $"{id}.nuspec", "[Content_Types].xml", "_rels/.rels", ".signature.p7s", $"{Content}manifest.json", Content + Provenance.FileName,
            .. Signatures.Select(name => Content + name),
            .. BuildFiles(id), .. Manifest.Files.Select(file => Content + file.Path),
        ];
        string? unknown = _entries.Keys.Except(expected).FirstOrDefault(name => !name.StartsWith(Properties, StringComparison.Ordinal));
        if (unknown is not null)
            throw Refused($"it holds '{unknown}', which no build makes");
    }

    // Whatever else a nuspec can say would act on the projects that use the package: dependencies, content files, framework references.
    private void RequireNuspec(string id, string version)
    {
        XElement? metadata;
        try
        {
            string text = _entries.TryGetValue($"{id}.nuspec", out ZipArchiveEntry? entry) ? ReadText(entry) : throw Refused($"it has no {id}.nuspec");
            metadata = XDocument.Parse(text).Root?.Elements().FirstOrDefault(element => element.Name.LocalName == "metadata");
        }
        catch (XmlException exception)
        {
            throw new FeedException(ErrorCodes.PackageRefused, $"its nuspec cannot be read: {exception.Message}", exception);
        }

        string? Read(string name) => metadata?.Elements().FirstOrDefault(element => element.Name.LocalName == name)?.Value;
        if (Read("id") != id || Read("version") != version)
            throw Refused($"its nuspec is of {Read("id")} {Read("version")}");
        if (metadata!.Elements().FirstOrDefault(element => !Described.Contains(element.Name.LocalName)) is { } other)
            throw Refused($"its nuspec holds '{other.Name.LocalName}', which no build writes");
    }

    private async Task ExtractAsync(ManifestFile file, string to, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        FileStream stream = new(to, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
        });
        await using (stream.ConfigureAwait(false))
            await CopyAsync(file, stream, cancellation).ConfigureAwait(false);
        File.SetUnixFileMode(to, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    private async Task CopyAsync(ManifestFile file, Stream to, CancellationToken cancellation)
    {
        if (!_entries.TryGetValue(Content + file.Path, out ZipArchiveEntry? entry))
            throw Refused($"it lacks '{file.Path}'");
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 17];
        long size = 0;
        Stream from = await entry.OpenAsync(cancellation).ConfigureAwait(false);
        await using (from.ConfigureAwait(false))
        {
            for (int count; (count = await from.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
            {
                // Also against a package that would fill the disk.
                if ((size += count) > file.Size)
                    break;
                hash.AppendData(buffer, 0, count);
                await to.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
            }
        }

        if (size != file.Size || Convert.ToHexStringLower(hash.GetHashAndReset()) != file.Sha256)
            throw Refused($"'{file.Path}' is not the file of its manifest");
    }

    private static string ReadText(ZipArchiveEntry entry)
    {
        if (entry.Length > LongestText)
            throw Refused($"'{entry.FullName}' is too long");
        using StreamReader reader = new(entry.Open(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        // The length that it says may be a lie.
        char[] text = new char[entry.Length + 1];
        return new string(text, 0, reader.ReadBlock(text));
    }

    private static FeedException Refused(string why) => new(ErrorCodes.PackageRefused, why);
}
