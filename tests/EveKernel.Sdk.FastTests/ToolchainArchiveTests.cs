using System.Collections.Immutable;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>Toolchains of two Debian suites, as eng/toolchain-archive.sh makes them of their packages: where they come from apt, which takes minutes.</summary>
public sealed class ToolchainArchiveTests
{
    // What a host of another distribution has in other versions, or not at all; its zstd unpacks the archive.
    private static readonly ImmutableArray<string> HostTools =
    [
        "gcc", "as", "ld", "ld.bfd", "ar", "nm", "objcopy", "objdump", "strip", "readelf", "pahole", "openssl", "kmod", "bzip2", "lz4", "lzop",
    ];

    [Fact]
    [Trait("Tier", "all")]
    public async Task One_archive_gives_one_key_and_the_same_bytes_on_two_hosts_and_another_suite_gives_another_key()
    {
        string bookworm = await ArchiveAsync("bookworm");
        string trixie = await ArchiveAsync("trixie");

        using FakeProject here = await FakeProject.CreateAsync(ownCache: true);
        Pin(here, bookworm);
        await here.MustBuildAsync();
        Manifest built = here.Manifest();
        Assert.All(built.Toolchain, tool => Assert.True(tool.Archived, tool.Name));

        using FakeProject elsewhere = await FakeProject.CreateAsync(ownCache: true);
        Pin(elsewhere, bookworm);
        foreach (string tool in HostTools)
            elsewhere.WriteProgram($"shims/{tool}", "#!/bin/sh\necho of another host >&2\nexit 1\n");
        elsewhere.Variables = elsewhere.Variables.SetItem("PATH", $"{elsewhere["shims"]}:{Environment.GetEnvironmentVariable("PATH")}");
        await elsewhere.MustBuildAsync("-p:KernelCacheMode=ignore");
        Assert.Equal(
            await File.ReadAllTextAsync(here["bin/x/manifest.json"]),
            await File.ReadAllTextAsync(elsewhere["bin/x/manifest.json"]));

        Pin(elsewhere, trixie);
        CommandResult explained = await elsewhere.DotnetAsync("msbuild", "x.kernelproj", "-t:KernelExplain", "-tl:off");
        Assert.True(explained.Succeeded, explained.StandardOutput);
        Assert.Matches(@"gcc 12\.\S+ → 14\.\S+: everything", explained.StandardOutput);
        await elsewhere.MustBuildAsync("-p:KernelCacheMode=ignore");
        Assert.NotEqual(built.Key, elsewhere.Manifest().Key);
    }

    private static void Pin(FakeProject project, string archive) => project.WriteProject("x", project.GitSource() + $"""
        <KernelToolchainArchive>{archive}</KernelToolchainArchive>
        <KernelToolchainArchiveSha256>{Digest.OfFile(archive)}</KernelToolchainArchiveSha256>
        """);

    // Made once for a checkout: a suite's packages stay, as far as a test of two of them goes.
    private static async Task<string> ArchiveAsync(string suite)
    {
        string archive = RepositoryRoot.File($"artifacts/toolchains/{suite}.tar.zst");
        if (!File.Exists(archive))
        {
            CommandResult made = await ProcessRunner.RunAsync(new("bash", RepositoryRoot.File("eng/toolchain-archive.sh"), suite, archive), CancellationToken.None);
            Assert.True(made.Succeeded, made.StandardOutput + made.StandardError);
        }

        return archive;
    }
}
