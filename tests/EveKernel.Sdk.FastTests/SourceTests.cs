using System.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>Every kind of source, by whole builds of the fake kernel.</summary>
public sealed class SourceTests
{
    private const string Fetch = "-t:KernelFetch";

    [Fact]
    [Trait("Tier", "fast")]
    public async Task A_commit_of_a_repository_is_built()
    {
        using FakeProject project = await FakeProject.CreateAsync(items: """<KernelGate Include="bus;shared" />""", ownCache: true);
        project.WriteProject("x", project.GitSource($"file://{project.Kernel.Repository}"), """<KernelGate Include="bus;shared" />""");
        await project.MustBuildAsync();
        Manifest manifest = project.Manifest();
        Assert.Equal(project.Kernel.First, manifest.SourceCommit);
        Assert.False(manifest.Dirty);
        Assert.Equal(["System.map", "config", "kernel", "kernel.tar", "sbom.spdx.json"], manifest.Files.Select(file => file.Path));
        Assert.Equal($"{manifest.KernelVersion}-{project.Kernel.First[..12]}", manifest.KernelRelease);
    }

    [Theory]
    [InlineData("tar", "--no-auto-compress")]
    [InlineData("tar.gz", "--gzip")]
    [InlineData("tar.xz", "--xz")]
    [InlineData("tar.zst", "--zstd")]
    public async Task An_archive_is_built_from_a_path_and_from_a_server(string extension, string option)
    {
        using FakeProject project = await FakeProject.CreateAsync(ownCache: true);
        string archive = await ArchiveAsync(project, $"linux.{extension}", option);
        project.WriteProject("x", Archive($"linux.{extension}", Digest.OfFile(archive)));
        await project.MustBuildAsync();
        Manifest built = project.Manifest();
        Assert.Equal("newest member", built.SourceTimeFrom);
        Assert.Equal(await FakeKernel.GitAsync(project.Kernel.Repository, "rev-parse", $"{project.Kernel.First}^{{tree}}"), built.SourceTree);

        // The same bytes from a server, in another cache, are the same source; and what was downloaded needs no server again.
        using LoopbackServer server = LoopbackServer.Files(project.Folder);
        using FakeProject other = await FakeProject.CreateAsync(ownCache: true);
        other.WriteProject("x", Archive($"{server.Address}linux.{extension}", Digest.OfFile(archive)));
        string said = (await other.BuildAsync(Fetch)).StandardOutput;
        Assert.Contains("Downloading", said, StringComparison.Ordinal);
        Assert.Equal(new FileInfo(archive).Length, server.BytesSent);
        server.Dispose();
        Assert.True((await other.BuildAsync(Fetch)).Succeeded);
        Assert.Equal(built.PackageVersion, await KeyPropertyAsync(other, "KernelPackageVersion"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_gives_a_commit_by_id_or_by_its_branch_and_is_not_asked_again(bool byId)
    {
        using FakeProject project = await FakeProject.CreateAsync(ownCache: true);
        using LoopbackServer server = LoopbackServer.Git(Path.GetDirectoryName(project.Kernel.Repository)!, byId);
        project.WriteProject("x", project.GitSource($"{server.Address}kernel.git"));
        await project.MustBuildAsync();
        Assert.Equal(project.Kernel.First, project.Manifest().SourceCommit);
        byte[] kernel = await File.ReadAllBytesAsync(project["bin/x/kernel"]);
        Assert.True(server.BytesSent > 0);

        server.Dispose();
        Directory.Delete(project["bin"], recursive: true);
        Directory.Delete(project["obj"], recursive: true);
        await project.MustBuildAsync();
        Assert.Equal(kernel, await File.ReadAllBytesAsync(project["bin/x/kernel"]));
    }

    [Fact]
    [Trait("Tier", "fast")]
    public async Task A_second_pin_fetches_only_what_is_new()
    {
        using FakeProject project = await FakeProject.CreateAsync(ownCache: true);
        using LoopbackServer server = LoopbackServer.Git(Path.GetDirectoryName(project.Kernel.Repository)!, byId: true);
        project.WriteProject("x", project.GitSource($"{server.Address}kernel.git"));
        await project.MustBuildAsync(Fetch);
        long first = server.BytesSent;

        project.WriteProject("x", project.GitSource($"{server.Address}kernel.git", project.Kernel.Second));
        await project.MustBuildAsync(Fetch);
        long second = server.BytesSent - first;
        Assert.InRange(first, FakeKernel.AddedBytes, long.MaxValue);
        Assert.InRange(second, FakeKernel.AddedBytes, FakeKernel.AddedBytes + 10_000);
    }

    [Fact]
    public async Task Two_first_fetches_at_once_both_succeed_and_fetch_once()
    {
        using FakeProject project = await FakeProject.CreateAsync(ownCache: true);
        using LoopbackServer server = LoopbackServer.Git(Path.GetDirectoryName(project.Kernel.Repository)!, byId: true);
        project.WriteProject("x", project.GitSource($"{server.Address}kernel.git"));
        await project.MustBuildAsync(Fetch);
        long alone = server.BytesSent;

        Directory.Delete(project.Cache, recursive: true);
        Directory.Delete(project["obj"], recursive: true);
        project.WriteProject("y", project.GitSource($"{server.Address}kernel.git"));
        CommandResult[] both = await Task.WhenAll(project.DotnetAsync("build", "x.kernelproj", Fetch), project.DotnetAsync("build", "y.kernelproj", Fetch));
        Assert.All(both, build => Assert.True(build.Succeeded, build.StandardOutput));
        Assert.InRange(server.BytesSent - alone, alone - 1000, alone + 1000);
    }

    [Fact]
    [Trait("Tier", "fast")]
    public async Task A_tree_that_somebody_edits_is_built_in_a_tagged_repository_and_never_written_to()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.Kernel.CopyTo(project["linux"]);
        project.WriteProject("x", "<KernelSourceDirectory>linux</KernelSourceDirectory>");
        await FakeKernel.GitAsync(project.Folder, "init", "-q");
        await FakeKernel.GitAsync(project.Folder, "add", "linux/Makefile");
        await FakeKernel.GitAsync(project.Folder, "commit", "-q", "-m", "Not the kernel's");
        await FakeKernel.GitAsync(project.Folder, "tag", "v9.9");
        project.Write("linux/bus/bus.c", await File.ReadAllTextAsync(project["linux/bus/bus.c"]) + "\n");
        string before = FolderState.Of(project["linux"]);
        await project.MustBuildAsync();
        Manifest manifest = project.Manifest();
        Assert.True(manifest.Dirty);
        Assert.Equal($"{manifest.KernelVersion}-{manifest.SourceCommit[..12]}-k{manifest.Key[..12]}", manifest.KernelRelease);
        Assert.Equal(before, FolderState.Of(project["linux"]));

        // With a series, the series goes on a snapshot of it; and the release is still nobody's but the kernel's when it may come from a repository.
        project.WriteSeries(("init/main.c", "return 1", "return 2"));
        project.Write("x.fragment", FakeProject.Fragment.Replace("# CONFIG_LOCALVERSION_AUTO is not set", "CONFIG_LOCALVERSION_AUTO=y", StringComparison.Ordinal));
        project.WriteProject("x", "<KernelSourceDirectory>linux</KernelSourceDirectory>", """<KernelPatchSeries Include="series" />""");
        await project.MustBuildAsync("-p:KernelAllowLocalVersionAuto=true");
        Manifest patched = project.Manifest();
        Assert.NotEqual(patched.SourceTree, patched.PatchedTree);
        Assert.Equal($"{patched.KernelVersion}-{patched.SourceCommit[..12]}-k{patched.Key[..12]}", patched.KernelRelease);
        Assert.Equal(before, FolderState.Of(project["linux"]));
    }

    [Fact]
    public async Task A_tree_of_somebody_else_is_no_obstacle()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.Kernel.CopyTo(project["linux"]);
        await FakeKernel.GitAsync(project["linux"], "init", "-q");
        project.WriteProject("x", "<KernelSourceDirectory>linux</KernelSourceDirectory>");
        using Process chown = Process.Start("chown", ["-R", "65534", project["linux"]]);
        await chown.WaitForExitAsync();
        Assert.Equal(Environment.UserName == "root", chown.ExitCode == 0);
        await project.MustBuildAsync();
        Assert.True(project.Manifest().Dirty);
    }

    [Fact]
    public async Task A_release_from_a_repository_is_refused_unless_asked_for()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.Write("x.fragment", FakeProject.Fragment.Replace("# CONFIG_LOCALVERSION_AUTO is not set", "CONFIG_LOCALVERSION_AUTO=y", StringComparison.Ordinal));
        await project.MustFailAsync("EVK3007");
        Assert.Null(project.Manifest());
        await project.MustBuildAsync("-p:KernelAllowLocalVersionAuto=true");
        Assert.Equal($"{project.Manifest().KernelVersion}-{project.Kernel.First[..12]}", project.Manifest().KernelRelease);
    }

    private static string Archive(string location, string digest) =>
        $"<KernelArchive>{location}</KernelArchive><KernelArchiveSha256>{digest}</KernelArchiveSha256>";

    private static async Task<string> ArchiveAsync(FakeProject project, string name, string option)
    {
        Command command = new("tar",
        [
            "--create", option, "--file", project[name], "--sort=name", "--mtime=@1760000000", "--owner=0", "--group=0", "--transform=s,^tree,linux-fake,",
            "--directory", Path.GetDirectoryName(project.Kernel.Tree)!, "tree",
        ]);
        CommandResult result = await ProcessRunner.RunAsync(command, CancellationToken.None);
        Assert.True(result.Succeeded, result.StandardError);
        return project[name];
    }

    private static async Task<string> KeyPropertyAsync(FakeProject project, string name)
    {
        CommandResult result = await project.DotnetAsync("msbuild", "x.kernelproj", "-t:KernelKey", $"-getProperty:{name}");
        Assert.True(result.Succeeded, result.StandardOutput + result.StandardError);
        return result.StandardOutput.Trim();
    }
}
