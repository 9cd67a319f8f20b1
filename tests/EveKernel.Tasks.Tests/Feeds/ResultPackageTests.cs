using EveKernel.Core.Diagnostics;
using EveKernel.Core.Feeds;
using EveKernel.Core.Packaging;

namespace EveKernel.Tests.Feeds;

/// <summary>What is believed of a package that somebody else has made.</summary>
public sealed class ResultPackageTests
{
    [Fact]
    public async Task A_package_of_the_plan_is_written_out_file_by_file()
    {
        using PackageSetup setup = await PackageSetup.CreateAsync();
        using ResultPackage package = Open(setup);
        package.Require(setup.Plan, PackagePart.Kernel, setup.MakeArguments);
        await package.ExtractAsync(setup["to"], CancellationToken.None);
        Assert.True(package.Manifest.Matches(setup["to"]));
        Assert.Equal(package.Manifest.Files.Length, Directory.EnumerateFiles(setup["to"]).Count());
    }

    public static TheoryData<string, string> Poison => new()
    {
        { "a byte of a file", "'kernel' is not the file of its manifest" },
        { "a file that is longer", "'config' is not the file of its manifest" },
        { "a file that is shorter", "'config' is not the file of its manifest" },
        { "a missing file", "lacks 'System.map'" },
        { "a file too much", "holds 'kernel/extra', which no build makes" },
        { "targets of another name", "holds 'build/other.targets', which no build makes" },
        { "a tool", "holds 'tools/install.ps1', which no build makes" },
        { "a path that leads out", "lists a file that no build makes: '../escaped'" },
        { "an absolute path", "lists a file that no build makes: '/escaped'" },
        { "a file over the manifest", "lists a file that no build makes: 'manifest.json'" },
        { "another mode", "lists a file that no build makes: 'kernel'" },
        { "no manifest", "has no kernel/manifest.json" },
        { "a manifest that is none", "its manifest has another form" },
        { "a manifest with a member more", "its manifest has another form" },
        { "a manifest without files", "its manifest has another form" },
        { "another version", "its manifest is of " },
        { "another version in the nuspec", "its nuspec is of " },
        { "a dependency", "its nuspec holds 'dependencies', which no build writes" },
        { "another key", "key \"" },
        { "another compiler", "toolchain[compiler].sha256 \"" },
        { "another patch", "patchDiffs[0] \"" },
        { "another release", "kernelRelease \"" },
        { "a dirty tree", "dirty false → true" },
        { "another provenance", "its provenance.json is missing or not of this key" },
        { "no provenance", "its provenance.json is missing or not of this key" },
        { "half a package", "is no whole package" },
        { "no package", "is no whole package" },
    };

    [Theory]
    [MemberData(nameof(Poison))]
    public async Task Anything_else_is_refused_and_says_why(string poison, string said)
    {
        using PackageSetup setup = await PackageSetup.CreateAsync();
        string nuspec = $"{setup.Plan.PackageId}.nuspec";
        switch (poison)
        {
            case "a byte of a file": setup.Entries["kernel/kernel"][50_000] ^= 1; break;
            case "a file that is longer": setup.SetText("kernel/config", "CONFIG_PRINTK=y\n\n"); break;
            case "a file that is shorter": setup.SetText("kernel/config", "CONFIG_PRINTK=y"); break;
            case "a missing file": setup.Entries.Remove("kernel/System.map"); break;
            case "a file too much": setup.SetText("kernel/extra", ""); break;
            case "targets of another name": setup.SetText("build/other.targets", "<Project />"); break;
            case "a tool": setup.SetText("tools/install.ps1", ""); break;
            case "a path that leads out": Rename(setup, "kernel", "../escaped"); break;
            case "an absolute path": Rename(setup, "kernel", "/escaped"); break;
            case "a file over the manifest": setup.SetManifest(manifest => manifest with { Files = manifest.Files.Add(new ManifestFile("manifest.json", 1, "644", "a")) }); break;
            case "another mode": setup.SetManifest(manifest => manifest with { Files = [.. manifest.Files.Select(file => file with { Mode = file.Path == "kernel" ? "4755" : "644" })] }); break;
            case "no manifest": setup.Entries.Remove("kernel/manifest.json"); break;
            case "a manifest that is none": setup.SetText("kernel/manifest.json", "[]"); break;
            case "a manifest with a member more": setup.SetText("kernel/manifest.json", setup.Text("kernel/manifest.json").Replace("\"schema\": 1,", "\"schema\": 1,\n  \"more\": 1,", StringComparison.Ordinal)); break;
            case "a manifest without files": setup.SetText("kernel/manifest.json", setup.Text("kernel/manifest.json").Replace("\"files\":", "\"others\":", StringComparison.Ordinal)); break;
            case "another version": setup.SetManifest(manifest => manifest with { PackageVersion = "1.0.0" }); break;
            case "another version in the nuspec": setup.SetText(nuspec, setup.Text(nuspec).Replace(setup.Plan.PackageVersion, "1.0.0", StringComparison.Ordinal)); break;
            case "a dependency": setup.SetText(nuspec, setup.Text(nuspec).Replace("</metadata>", "<dependencies><dependency id=\"x\" version=\"1.0.0\" /></dependencies></metadata>", StringComparison.Ordinal)); break;
            case "another key": setup.SetManifest(manifest => manifest with { Key = manifest.Key[..12] + new string('0', 52) }); break;
            case "another compiler": setup.SetManifest(manifest => manifest with { Toolchain = [.. manifest.Toolchain.Select(tool => tool.Name == "compiler" ? tool with { Sha256 = "a" } : tool)] }); break;
            case "another patch": setup.SetManifest(manifest => manifest with { PatchDiffs = ["a"] }); break;
            case "another release": setup.SetManifest(manifest => manifest with { KernelRelease = "6.12.0" }); break;
            case "another provenance": setup.SetText("kernel/provenance.json", setup.Text("kernel/provenance.json").Replace("urn:evekernel:sdk", "urn:somebody", StringComparison.Ordinal)); break;
            case "no provenance": setup.Entries.Remove("kernel/provenance.json"); break;
            case "a dirty tree": setup.SetManifest(manifest => manifest with { Dirty = true }); break;
        }

        string file = setup.Pack();
        if (poison == "half a package")
            await File.WriteAllBytesAsync(file, (await File.ReadAllBytesAsync(file))[..900]);
        if (poison == "no package")
            await File.WriteAllTextAsync(file, "<html>Sign in first</html>");
        FeedException refused = await Assert.ThrowsAsync<FeedException>(async () =>
        {
            using ResultPackage package = Open(setup, file);
            package.Require(setup.Plan, PackagePart.Kernel, setup.MakeArguments);
            await package.ExtractAsync(setup["to"], CancellationToken.None);
        });
        Assert.Equal(ErrorCodes.PackageRefused, refused.Code);
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(setup["escaped"]));
    }

    [Fact]
    public async Task Differences_of_manifests_are_told_by_member_file_and_program()
    {
        using PackageSetup setup = await PackageSetup.CreateAsync();
        string before = setup.Manifest.ToJson();
        setup.SetManifest(manifest => manifest with { KernelRelease = "x", Files = [.. manifest.Files.Where(file => file.Path != "config"), new ManifestFile("new", 1, "644", "a")] });
        string[] lines = [.. ManifestDifference.Between(before, setup.Manifest.ToJson())];
        Assert.Equal(3, lines.Length);
        Assert.Contains($"kernelRelease \"{setup.Plan.Release}\" → \"x\"", lines);
        Assert.Contains(lines, line => line.StartsWith("files[config] {", StringComparison.Ordinal) && line.EndsWith("→ none", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("files[new] none → {", StringComparison.Ordinal));
        Assert.Empty(ManifestDifference.Between(before, before));
    }

    private static ResultPackage Open(PackageSetup setup, string? file = null) =>
        ResultPackage.Open(file ?? setup.Pack(), setup.Plan.PackageId, setup.Plan.PackageVersion);

    private static void Rename(PackageSetup setup, string from, string to)
    {
        setup.Entries[$"kernel/{to}"] = setup.Entries[$"kernel/{from}"];
        setup.Entries.Remove($"kernel/{from}");
        setup.SetManifest(manifest => manifest with { Files = [.. manifest.Files.Select(file => file.Path == from ? file with { Path = to } : file)] });
    }
}
