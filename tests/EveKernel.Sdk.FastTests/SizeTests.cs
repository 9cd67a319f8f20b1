using System.Text.Json;

namespace EveKernel.Tests;

/// <summary>Sizes of the project's kernel against another, and the limits that fail a build.</summary>
public sealed class SizeTests
{
    [Fact]
    public async Task A_kernel_is_compared_with_a_package_a_folder_and_an_id_and_held_to_its_limits()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        await project.MustBuildAsync();
        string package = Assert.Single(Directory.GetFiles(project["packages"], "*.nupkg"));
        string id = $"{project.Manifest().PackageId}/{project.Manifest().PackageVersion}";
        project.Write("x.fragment", FakeProject.Fragment.Replace("CONFIG_DRIVER=m", "CONFIG_DRIVER=y", StringComparison.Ordinal));
        Directory.Move(project["packages"], project["old"]);
        Directory.CreateDirectory(project["packages"]);
        string old = project[$"old/{Path.GetFileName(package)}"];

        string said = await project.MustBuildAsync("-t:KernelSizeDiff", $"-p:KernelSizeDiffFrom=old/{Path.GetFileName(package)}");
        Assert.Matches(@"(?m)^ *modules +[0-9,]+ +0 +-[0-9,]+$", said);
        Assert.Contains("drivers/driver", said, StringComparison.Ordinal);
        JsonElement json = JsonDocument.Parse(await File.ReadAllTextAsync(project["bin/x/size-diff/size-diff.json"])).RootElement;
        long total = json.GetProperty("total").GetProperty("to").GetInt64();
        Assert.Equal(new FileInfo(project["bin/x/kernel"]).Length, total);

        // Built by somebody else, and on a feed of the project's; then nothing of ours need be built.
        File.Copy(old, package);
        await project.MustBuildAsync("-t:KernelSizeDiff", $"-p:KernelSizeDiffFrom={id}", "-p:KernelSizeDiffTo=bin/x", $"-p:KernelSizeLimit={total}");
        Assert.Equal(total, JsonDocument.Parse(await File.ReadAllTextAsync(project["bin/x/size-diff/size-diff.json"])).RootElement.GetProperty("total").GetProperty("to").GetInt64());
        Assert.False(Directory.Exists(project["obj/x/size-diff"]));

        Assert.Contains("are allowed", await project.MustFailAsync("EVK5151", "-t:KernelSizeDiff", $"-p:KernelSizeDiffFrom={id}", $"-p:KernelSizeLimit={total - 1}"), StringComparison.Ordinal);
        await project.MustFailAsync("EVK5151", "-t:KernelSizeDiff", "-p:KernelSizeDiffFrom=bin/x", $"-p:KernelSizeDiffTo=old/{Path.GetFileName(package)}", "-p:KernelSizeGrowthLimit=1KB");
        await project.MustFailAsync("EVK5150", "-t:KernelSizeDiff", "-p:KernelSizeDiffFrom=No.Such/1.0.0");
        await project.MustFailAsync("EVK5002", "-t:KernelSizeDiff");
        await project.MustFailAsync("EVK5002", "-t:KernelSizeDiff", "-p:KernelSizeDiffFrom=bin/x", "-p:KernelSizeLimit=much");
    }
}
