using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using EveKernel.Core.Make;
using EveKernel.Core.Packaging;
using EveKernel.Tests.Feeds;

namespace EveKernel.Tests.Packaging;

/// <summary>The bill of materials against what SPDX 2.3 asks of a document, which its readers refuse to do without.</summary>
public sealed class SbomTests
{
    // Of the schema of SPDX 2.3; the words of its prose, such as OPERATING-SYSTEM, are not those of its JSON.
    private static readonly string[] Purposes =
        ["APPLICATION", "ARCHIVE", "CONTAINER", "DEVICE", "FILE", "FIRMWARE", "FRAMEWORK", "INSTALL", "LIBRARY", "OPERATING_SYSTEM", "OTHER", "SOURCE"];

    private static readonly string[] FileTypes = ["APPLICATION", "ARCHIVE", "AUDIO", "BINARY", "DOCUMENTATION", "IMAGE", "OTHER", "SOURCE", "SPDX", "TEXT", "VIDEO"];

    private static readonly string[] Categories = ["OTHER", "PACKAGE-MANAGER", "PERSISTENT-ID", "SECURITY"];

    private static readonly string[] Relations = ["BUILD_TOOL_OF", "CONTAINS", "DESCRIBES", "GENERATED_FROM", "PATCH_APPLIED"];

    [Fact]
    public async Task A_document_has_the_form_that_SPDX_asks_for()
    {
        using PackageSetup setup = await PackageSetup.CreateAsync();
        JsonNode document = JsonNode.Parse(await CreateAsync(setup, "obj"))!;
        JsonArray packages = document["packages"]!.AsArray();
        JsonArray files = document["files"]!.AsArray();
        JsonArray relationships = document["relationships"]!.AsArray();
        string[] ids = [.. packages.Concat(files).Select(Id), Id(document)];
        Assert.Equal(ids.Distinct(), ids);
        Assert.All(ids, id => Assert.Matches("^SPDXRef-[A-Za-z0-9.-]+$", id));
        Assert.All(relationships, one =>
        {
            Assert.Contains((string)one!["spdxElementId"]!, ids);
            Assert.Contains((string)one["relatedSpdxElement"]!, ids);
            Assert.Contains((string)one["relationshipType"]!, Relations);
        });
        Assert.Equal("SPDXRef-Package", (string)relationships.Single(one => (string)one!["relationshipType"]! == "DESCRIBES")!["relatedSpdxElement"]!);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", (string)document["creationInfo"]!["created"]!);
        Assert.All(files, file =>
        {
            Assert.StartsWith("./", (string)file!["fileName"]!, StringComparison.Ordinal);
            Assert.All(file["fileTypes"]!.AsArray(), type => Assert.Contains((string)type!, FileTypes));
            Assert.Equal(["SHA1", "SHA256"], file["checksums"]!.AsArray().Select(one => (string)one!["algorithm"]!));
        });
        Assert.All(packages, package =>
        {
            Assert.Contains((string)package!["primaryPackagePurpose"]!, Purposes);
            Assert.All(package["externalRefs"]?.AsArray() ?? [], one => Assert.Contains((string)one!["referenceCategory"]!, Categories));
            // One that was not analyzed may contain nothing; one that was has a code over what it contains.
            JsonNode[] contained = Contained(package, relationships, files);
            Assert.Equal((bool)package["filesAnalyzed"]!, contained.Length > 0);
            Assert.Equal(contained.Length > 0 ? Code(contained) : null, (string?)package["packageVerificationCode"]?["packageVerificationCodeValue"]);
        });
        JsonNode kernel = packages.Single(package => Id(package) == "SPDXRef-Package")!;
        Assert.Equal(["./kernel/System.map", "./kernel/kernel"], Contained(kernel, relationships, files).Select(file => (string)file["fileName"]!));
        Assert.Equal(["./kernel/sbom.spdx.json"], kernel["packageVerificationCode"]!["packageVerificationCodeExcludedFiles"]!.AsArray().Select(file => (string)file!));
    }

    [Fact]
    public async Task Two_of_one_plan_are_the_same_in_whatever_folder_they_are_made()
    {
        using PackageSetup setup = await PackageSetup.CreateAsync();
        Assert.Equal(await CreateAsync(setup, "obj"), await CreateAsync(setup, "elsewhere/obj"));
    }

    [Theory]
    [InlineData("6.12.49", "cpe:2.3:o:linux:linux_kernel:6.12.49:*:*:*:*:*:*:*")]
    [InlineData("7.2.0-rc3", "cpe:2.3:o:linux:linux_kernel:7.2:rc3:*:*:*:*:*:*")]
    [InlineData("6.1.112-rt43", "cpe:2.3:o:linux:linux_kernel:6.1.112:*:*:*:*:*:*:*")]
    public void A_kernel_is_named_as_lists_of_vulnerabilities_name_it(string version, string name) => Assert.Equal(name, Sbom.NamePlatform(version));

    [Theory]
    [InlineData("// SPDX-License-Identifier: GPL-2.0-only\n", "GPL-2.0-only")]
    [InlineData("/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause */\n", "BSD-3-Clause", "GPL-2.0 WITH Linux-syscall-note")]
    [InlineData("/* SPDX-License-Identifier: MIT */ /* more */\n", "MIT")]
    [InlineData("int main(void);\n", "NOASSERTION")]
    public void The_licences_are_those_that_a_file_says(string content, params string[] licenses) =>
        Assert.Equal(licenses, Sbom.ReadLicenses(Encoding.UTF8.GetBytes(content)).AsEnumerable());

    private static async Task<string> CreateAsync(PackageSetup setup, string folder)
    {
        Core.BuildPlan plan = setup.Plan with { IntermediateFolder = setup[folder] };
        string stage = Path.Combine(plan.IntermediateFolder, "stage");
        string[] made = ["System.map", "kernel"];
        await WriteAsync(plan.WorkTree, "a/a.c", "// SPDX-License-Identifier: GPL-2.0\n");
        await WriteAsync(plan.WorkTree, "include/a.h", "");
        foreach (string file in made)
            await WriteAsync(stage, file, file);
        return new Sbom(plan).Create(new SourceFiles(["a/a.c"], ["include/a.h"]), made, stage);
    }

    private static Task WriteAsync(string folder, string file, string content)
    {
        string path = Path.Combine(folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return File.WriteAllTextAsync(path, content);
    }

    private static string Id(JsonNode? element) => (string)element!["SPDXID"]!;

    private static JsonNode[] Contained(JsonNode package, JsonArray relationships, JsonArray files)
    {
        string[] contained =
        [
            .. relationships.Where(one => (string)one!["relationshipType"]! == "CONTAINS" && (string)one["spdxElementId"]! == Id(package))
                .Select(one => (string)one!["relatedSpdxElement"]!),
        ];
        return [.. files.Where(file => contained.Contains(Id(file))).Select(file => file!)];
    }

#pragma warning disable CA5350 // SPDX asks for it.
    private static string Code(IEnumerable<JsonNode> files) => Convert.ToHexStringLower(SHA1.HashData(Encoding.ASCII.GetBytes(string.Concat(
        files.Select(file => (string)file["checksums"]![0]!["checksumValue"]!).Order(StringComparer.Ordinal)))));
#pragma warning restore CA5350
}
