using System.Collections.Immutable;
using System.IO.Compression;
using System.Text;
using EveKernel.Core;
using EveKernel.Core.Packaging;
using EveKernel.Tests.Key;
using EveKernel.Tests.Source;

namespace EveKernel.Tests.Feeds;

/// <summary>The package that a small plan would have, entry by entry, so that a test can change what it likes.</summary>
internal sealed class PackageSetup : IDisposable
{
    private readonly KeySetup _key = new();

    private PackageSetup(BuildPlan plan) => Plan = plan;

    internal BuildPlan Plan { get; private set; }

    internal ListSink Sink => _key.Sink;

    internal string this[string relative] => _key[relative];

    internal ImmutableArray<string> MakeArguments => Plan.CreateMakeContext(_key.Environment).PortableArguments;

    internal ImmutableDictionary<string, string> Environment => _key.Environment;

    /// <summary>The entries of the package.</summary>
    internal SortedDictionary<string, byte[]> Entries { get; } = new(StringComparer.Ordinal);

    internal static async Task<PackageSetup> CreateAsync()
    {
        PackageSetup setup = new(null!);
        BuildPlan plan = await setup._key.PlanAsync();
        setup.Plan = plan with { ConsumerTargets = setup._key.Write("consumer.targets", "<Project />\n") };
        setup.Fill();
        return setup;
    }

    internal Manifest Manifest => System.Text.Json.JsonSerializer.Deserialize<Manifest>(Entries["kernel/manifest.json"], Core.Processes.JsonFile.Readable)!;

    internal void SetText(string name, string content) => Entries[name] = Encoding.UTF8.GetBytes(content);

    internal void SetManifest(Func<Manifest, Manifest> change)
    {
        SetText("kernel/manifest.json", change(Manifest).ToJson());
        SetProvenance();
    }

    internal void SetProvenance() => SetText($"kernel/{Provenance.FileName}", Provenance.Create(Plan, Manifest));

    internal string Text(string name) => Encoding.UTF8.GetString(Entries[name]);

    /// <summary>Writes the package.</summary>
    /// <returns>The file.</returns>
    internal string Pack(string name = "package.nupkg", CompressionLevel level = CompressionLevel.Fastest)
    {
        string path = this[name];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path);
        using ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach ((string entry, byte[] content) in Entries)
        {
            using Stream stream = archive.CreateEntry(entry, level).Open();
            stream.Write(content);
        }

        return path;
    }

    public void Dispose() => _key.Dispose();

    private void Fill()
    {
        Entries["kernel/kernel"] = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7 / 3))];
        SetText("kernel/System.map", "ffffffff81000000 T _text\n");
        SetText("kernel/config", "CONFIG_PRINTK=y\n");
        ImmutableArray<ManifestFile> files =
        [
            .. Entries.Select(entry => new ManifestFile(
                entry.Key["kernel/".Length..], entry.Value.Length, "644", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(entry.Value)))),
        ];
        SetText("kernel/manifest.json", new Manifest
        {
            Key = Plan.Key,
            Kind = "kernel",
            PackageId = Plan.PackageId,
            PackageVersion = Plan.PackageVersion,
            KernelVersion = Plan.Source.KernelVersion,
            KernelRelease = Plan.Release,
            SourceCommit = Plan.Source.Commit,
            SourceTree = Plan.Source.Tree,
            SourceTime = Plan.Source.CommitTime.ToUnixTimeSeconds(),
            SourceTimeFrom = Plan.Source.TimeSource,
            Dirty = false,
            PatchDiffs = [.. BuildKey.TryParse(Plan.KeyText)!.Inputs.Where(input => input.Name.StartsWith("patch/", StringComparison.Ordinal)).Select(input => input.Value)],
            PatchedTree = new string('a', 40),
            ConfigSha256 = files.Single(file => file.Path == "config").Sha256,
            Toolchain = Plan.Toolchain,
            MakeArguments = MakeArguments,
            Proven = [],
            Files = files,
        }.ToJson());
        SetProvenance();
        SetText($"{Plan.PackageId}.nuspec", $"""
            <package><metadata><id>{Plan.PackageId}</id><version>{Plan.PackageVersion}</version><authors>a</authors><description>d</description></metadata></package>
            """);
        SetText("[Content_Types].xml", "<Types />");
        SetText("_rels/.rels", "<Relationships />");
        SetText($"build/{Plan.PackageId}.props", "<Project />\n");
        SetText($"build/{Plan.PackageId}.targets", "<Project />\n");
    }
}
