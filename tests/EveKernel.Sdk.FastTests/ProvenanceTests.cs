using System.Security.Cryptography;
using System.Text.Json.Nodes;
using EveKernel.Core.Packaging;

namespace EveKernel.Tests;

/// <summary>The bill of materials and the provenance that stand beside a result.</summary>
public sealed class ProvenanceTests
{
    [Fact]
    [Trait("Tier", "fast")]
    public async Task The_bill_of_materials_has_what_was_compiled_also_after_another_configuration_was()
    {
        using FakeProject project = await FakeProject.CreateAsync(items: """<KernelPatchSeries Include="series" />""");
        project.WriteSeries(("init/main.c", "return 1", "return 2"));
        await project.MustBuildAsync();
        JsonNode with = ReadSbom(project);
        string[] compiled = Compiled(with);
        Assert.All(
            ["./init/main.c", "./drivers/driver/core.c", "./drivers/driver/device.c", "./bus/bus.c", "./arch/x86/kernel/head.S"], file => Assert.Contains(file, compiled));
        Assert.DoesNotContain("./bus/extra.c", compiled);

        // As the patched tree has them.
        JsonNode main = with["files"]!.AsArray().Single(file => (string)file!["fileName"]! == "./init/main.c")!;
        byte[] content = await File.ReadAllBytesAsync(project["obj/x/tree/init/main.c"]);
        Assert.Contains("return 2", System.Text.Encoding.UTF8.GetString(content), StringComparison.Ordinal);
        Assert.Equal(Digest.OfBytes(content), Checksum(main, "SHA256"));
#pragma warning disable CA5350 // SPDX asks for it.
        Assert.Equal(Convert.ToHexStringLower(SHA1.HashData(content)), Checksum(main, "SHA1"));
#pragma warning restore CA5350
        JsonNode patch = with["files"]!.AsArray().Single(file => (string)file!["fileName"]! == "./patches/0001.diff")!;
        Assert.Equal(Assert.Single(project.Manifest().PatchDiffs), Checksum(patch, "SHA256"));
        Assert.Contains("swh:1:rev:" + project.Kernel.First, with.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain(project.Folder, await File.ReadAllTextAsync(project[$"bin/x/{Sbom.FileName}"]), StringComparison.Ordinal);

        // The objects of the driver stay in O=, and are of no concern.
        project.Write("x.fragment", FakeProject.Fragment.Replace("CONFIG_DRIVER=m", "# CONFIG_DRIVER is not set", StringComparison.Ordinal));
        await project.MustBuildAsync();
        Assert.True(File.Exists(project["obj/x/out/drivers/driver/core.o"]));
        Assert.Equal(compiled.Where(file => !file.StartsWith("./drivers/driver/", StringComparison.Ordinal)), Compiled(ReadSbom(project)));
    }

    [Fact]
    public async Task The_provenance_is_of_the_files_and_the_key_and_the_builder_s_part_stands_beside_it()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        await project.MustBuildAsync();
        string file = project[$"bin/x/{Provenance.FileName}"];
        string statement = await File.ReadAllTextAsync(file);
        JsonNode read = JsonNode.Parse(statement)!;
        Assert.Equal("https://in-toto.io/Statement/v1", (string)read["_type"]!);
        Assert.Equal("https://slsa.dev/provenance/v1", (string)read["predicateType"]!);
        JsonArray subjects = read["subject"]!.AsArray();
        Assert.Equal(["manifest.json", .. project.Manifest().Files.Select(one => one.Path)], subjects.Select(one => (string)one!["name"]!));
        Assert.All(subjects, one => Assert.Equal(Digest.OfFile(project[$"bin/x/{(string)one!["name"]!}"]), (string)one["digest"]!["sha256"]!));
        Assert.DoesNotContain(Environment.MachineName + "\"", statement, StringComparison.Ordinal);
        JsonNode builder = JsonNode.Parse(await File.ReadAllTextAsync(project[$"bin/x/{Provenance.BuilderFileName}"]))!;
        Assert.Equal(Digest.OfText(statement), (string)builder["subject"]![0]!["digest"]!["sha256"]!);
        Assert.EndsWith(Environment.MachineName, (string)builder["predicate"]!["runDetails"]!["builder"]!["id"]!, StringComparison.Ordinal);

        // Nobody's edit of it stays.
        await File.WriteAllTextAsync(file, statement.Replace(project.Manifest().Key, new string('0', 64), StringComparison.Ordinal));
        Assert.DoesNotContain("nothing changed", await project.MustBuildAsync(), StringComparison.Ordinal);
        Assert.Equal(statement, await File.ReadAllTextAsync(file));
    }

    private static JsonNode ReadSbom(FakeProject project) => JsonNode.Parse(File.ReadAllText(project[$"bin/x/{Sbom.FileName}"]))!;

    private static string Checksum(JsonNode file, string algorithm) =>
        (string)file["checksums"]!.AsArray().Single(one => (string)one!["algorithm"]! == algorithm)!["checksumValue"]!;

    private static string[] Compiled(JsonNode sbom)
    {
        Dictionary<string, string> names = sbom["files"]!.AsArray().ToDictionary(file => (string)file!["SPDXID"]!, file => (string)file!["fileName"]!);
        return
        [
            .. sbom["relationships"]!.AsArray()
                .Where(one => (string)one!["relationshipType"]! == "GENERATED_FROM" && names.ContainsKey((string)one["relatedSpdxElement"]!))
                .Select(one => names[(string)one!["relatedSpdxElement"]!]).Order(StringComparer.Ordinal),
        ];
    }
}
