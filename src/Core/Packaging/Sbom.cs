using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EveKernel.Core.Make;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Packaging;

/// <summary>sbom.spdx.json: what a result consists of and was made from, in SPDX 2.3: the source with each file that was compiled or included, the patches, the
/// toolchain, and the files of the package. It is one of these, and a function of the key as they are.</summary>
/// <param name="plan">The plan.</param>
public sealed class Sbom(BuildPlan plan)
{
    /// <summary>Its name in the output folder.</summary>
    public const string FileName = "sbom.spdx.json";

    private const string Document = "SPDXRef-DOCUMENT";
    private const string Package = "SPDXRef-Package";
    private const string Source = "SPDXRef-Source";
    private const string Content = "./kernel/";
    private const string LicenseMark = "SPDX-License-Identifier:";

    /// <summary>Creates the text.</summary>
    /// <param name="sources">The files of the patched tree.</param>
    /// <param name="results">The package's other files.</param>
    /// <param name="stage">Where these are.</param>
    /// <returns>JSON with a final line feed.</returns>
    public string Create(SourceFiles sources, IReadOnlyList<string> results, string stage)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(results);
        ImmutableArray<SpdxFile> read = [.. sources.Compiled.Union(sources.Included).Select(DescribeSource)];
        ImmutableArray<SpdxFile> patches = [.. PatchSeries.ReadPatches(plan.Series).Select(DescribePatch)];
        ImmutableArray<SpdxFile> made = [.. results.Select((path, index) => DescribeResult(path, Path.Combine(stage, path), index))];
        ImmutableArray<SpdxPackage> tools = [.. plan.Toolchain.Select(DescribeTool)];
        SpdxDocument document = new(
            "SPDX-2.3",
            "CC0-1.0",
            Document,
            $"{plan.PackageId} {plan.PackageVersion}",
            $"https://spdx.org/spdxdocs/{plan.PackageId}-{plan.PackageVersion}-{plan.Key}",
            new SpdxCreation(
                plan.Source.CommitTime.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                ["Tool: EveKernel.Sdk"],
                $"The time is the source's ({plan.Source.TimeSource}), so that the same inputs give the same document."),
            [DescribePackage(made), DescribeTree(read), .. tools],
            [.. read, .. patches, .. made],
            [
                new(Document, "DESCRIBES", Package),
                new(Package, "GENERATED_FROM", Source),
                .. made.Select(file => new SpdxRelationship(Package, "CONTAINS", file.Id)),
                .. read.Select(file => new SpdxRelationship(Source, "CONTAINS", file.Id)),
                .. read.Where(file => sources.Compiled.Contains(file.FileName[2..])).Select(file => new SpdxRelationship(Package, "GENERATED_FROM", file.Id)),
                .. patches.Select(file => new SpdxRelationship(file.Id, "PATCH_APPLIED", Source)),
                .. tools.Select(tool => new SpdxRelationship(tool.Id, "BUILD_TOOL_OF", Package)),
            ]);
        return JsonFile.ToText(document);
    }

    /// <summary>The licences that a file of the kernel says in its first lines, as scripts/spdxcheck.py reads them.</summary>
    /// <param name="content">The file.</param>
    /// <returns>SPDX's names, those with an exception as one; <c>NOASSERTION</c> where the file has none.</returns>
    internal static ImmutableArray<string> ReadLicenses(ReadOnlySpan<byte> content)
    {
        string head = Encoding.UTF8.GetString(content[..Math.Min(content.Length, 1024)]);
        int at = head.IndexOf(LicenseMark, StringComparison.Ordinal);
        if (at < 0)
            return ["NOASSERTION"];
        string line = head[(at + LicenseMark.Length)..].Split('\n')[0].Split("*/")[0];
        string[] names = line.Replace("(", " ", StringComparison.Ordinal).Replace(")", " ", StringComparison.Ordinal)
            .Split([" AND ", " OR ", " and ", " or "], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return names.Length == 0 ? ["NOASSERTION"] : [.. names.Distinct().Order(StringComparer.Ordinal)];
    }

    // A package that contains files was analyzed, and has a code over all of them but the document that holds the code.
    private SpdxPackage DescribePackage(ImmutableArray<SpdxFile> files) => new(Package, plan.PackageId, plan.PackageVersion, FilesAnalyzed: true, "OPERATING_SYSTEM")
    {
        LicenseDeclared = "GPL-2.0-only",
        PackageVerificationCode = new(VerificationCode(files)) { PackageVerificationCodeExcludedFiles = [$"{Content}{FileName}"] },
        ExternalRefs = [new("PACKAGE-MANAGER", "purl", $"pkg:nuget/{plan.PackageId}@{plan.PackageVersion}")],
    };

    // Where a tree is fetched from is no input; git's own ids say which it is, and are those of Software Heritage's identifiers.
    private SpdxPackage DescribeTree(ImmutableArray<SpdxFile> files) => new(Source, "linux", plan.Source.KernelVersion, FilesAnalyzed: true, "SOURCE")
    {
        LicenseDeclared = "GPL-2.0-only WITH Linux-syscall-note",
        PackageVerificationCode = new(VerificationCode(files)),
        Checksums = plan.ArchiveSha256 is { } archive ? [new("SHA256", archive.ToLowerInvariant())] : null,
        ExternalRefs =
        [
            new("SECURITY", "cpe23Type", NamePlatform(plan.Source.KernelVersion)),
            .. plan.Source.Dirty ? (SpdxReference[])[] : [new("PERSISTENT-ID", "swh", $"swh:1:rev:{plan.Source.Commit}")],
            new("PERSISTENT-ID", "swh", $"swh:1:dir:{plan.Source.Tree}"),
        ],
    };

    private static SpdxPackage DescribeTool(Tool tool) => new($"SPDXRef-Tool-{tool.Name}", tool.Name, tool.Version.Length == 0 ? "NOASSERTION" : tool.Version, FilesAnalyzed: false, "APPLICATION")
    {
        Checksums = [new("SHA256", tool.Sha256)],
    };

    private SpdxFile DescribeSource(string path, int index)
    {
        byte[] content = File.ReadAllBytes(Path.Combine(plan.WorkTree, path));
        return new SpdxFile(Numbered("SPDXRef-File", index), $"./{path}", ["SOURCE"], Checksums(content), ReadLicenses(content));
    }

    /// <summary>The name by which lists of vulnerabilities know a kernel: 7.2.0-rc3 is update rc3 of 7.2 there.</summary>
    /// <param name="version">The tree's own version.</param>
    /// <returns>A name of CPE 2.3.</returns>
    internal static string NamePlatform(string version)
    {
        string[] parts = version.Split('-', 2);
        bool candidate = parts.Length == 2 && parts[1].StartsWith("rc", StringComparison.Ordinal);
        string number = candidate && parts[0].EndsWith(".0", StringComparison.Ordinal) ? parts[0][..^2] : parts[0];
        return $"cpe:2.3:o:linux:linux_kernel:{number}:{(candidate ? parts[1].Split('-')[0] : "*")}:*:*:*:*:*:*";
    }

    // By its number: what a patch is called is no input either.
    private static SpdxFile DescribePatch(PatchFile patch, int index) => new(
        Numbered("SPDXRef-Patch", index), string.Create(CultureInfo.InvariantCulture, $"./patches/{index + 1:0000}.diff"), ["SOURCE"], Checksums(patch.Diff.Span), ["NOASSERTION"]);

    private static SpdxFile DescribeResult(string path, string file, int index)
    {
        using FileStream stream = File.OpenRead(file);
        using IncrementalHash sha1 = CreateSha1();
        using IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 17];
        for (int count; (count = stream.Read(buffer)) > 0;)
        {
            sha1.AppendData(buffer, 0, count);
            sha256.AppendData(buffer, 0, count);
        }

        string type = path.EndsWith(".tar", StringComparison.Ordinal) ? "ARCHIVE" : path is "config" or "System.map" ? "TEXT" : "BINARY";
        return new SpdxFile(
            Numbered("SPDXRef-Result", index),
            $"{Content}{path}",
            [type],
            [new("SHA1", Convert.ToHexStringLower(sha1.GetHashAndReset())), new("SHA256", Convert.ToHexStringLower(sha256.GetHashAndReset()))],
            ["NOASSERTION"]);
    }

    private static string Numbered(string name, int index) => string.Create(CultureInfo.InvariantCulture, $"{name}-{index + 1}");

    // SPDX 2.3 wants SHA-1 of each file, and this code of a package; what is trusted is SHA-256.
    private static string VerificationCode(ImmutableArray<SpdxFile> files) =>
        Sha1(Encoding.ASCII.GetBytes(string.Concat(files.Select(file => file.Checksums[0].ChecksumValue).Order(StringComparer.Ordinal))));

    private static ImmutableArray<SpdxChecksum> Checksums(ReadOnlySpan<byte> content) => [new("SHA1", Sha1(content)), new("SHA256", Digest.OfBytes(content))];

#pragma warning disable CA5350 // The format asks for it.
    private static string Sha1(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA1.HashData(content));

    private static IncrementalHash CreateSha1() => IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
}
