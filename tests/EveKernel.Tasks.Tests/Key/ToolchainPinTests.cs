using EveKernel.Core;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;

namespace EveKernel.Tests.Key;

/// <summary>What a project may say of its toolchain.</summary>
public sealed class ToolchainPinTests : IDisposable
{
    private readonly KeySetup _setup = new();

    [Theory]
    [InlineData("[12,13)", "12", true)]
    [InlineData("[12,13)", "12.2.0", true)]
    [InlineData("[12,13)", "13.0", false)]
    [InlineData("[12,13)", "11.9", false)]
    [InlineData("(12,13]", "12.0.0", false)]
    [InlineData("(12,13]", "13", true)]
    [InlineData("[12.2]", "12.2.0", true)]
    [InlineData("[12.2]", "12.2.1", false)]
    [InlineData("(,13)", "3.1", true)]
    [InlineData("[2.40,)", "2.5", false)]
    [InlineData("12", "12.1", true)]
    [InlineData("12", "9", false)]
    public void A_range_is_read_as_NuGet_reads_it(string range, string version, bool contains)
    {
        Assert.Equal(contains, VersionRange.TryParse(range)!.Contains(version));
        Assert.Equal(contains, NuGet.Versioning.VersionRange.Parse(range).Satisfies(NuGet.Versioning.NuGetVersion.Parse(version)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("twelve")]
    [InlineData("[12")]
    [InlineData("[12,x)")]
    [InlineData("(12)")]
    [InlineData("(,)")]
    [InlineData("[1,2,3]")]
    public void What_is_no_range_is_refused(string range) => Assert.Null(VersionRange.TryParse(range));

    [Theory]
    [InlineData("gcc (Debian 12.2.0-14+deb12u1) 12.2.0", "12.2.0")]
    [InlineData("Debian clang version 14.0.6", "14.0.6")]
    [InlineData("GNU ld (GNU Binutils for Debian) 2.40", "2.40")]
    [InlineData("v1.24", "1.24")]
    [InlineData("xz (XZ Utils) 5.4.1", "5.4.1")]
    [InlineData("*** Zstandard CLI (64-bit) v1.5.4, by Yann Collet ***", "1.5.4")]
    [InlineData("OpenSSL 3.0.17 1 Jul 2025 (Library: OpenSSL 3.0.17 1 Jul 2025)", "3.0.17")]
    [InlineData("kmod version 30", "30")]
    [InlineData("unknown", null)]
    public void A_programs_version_is_read_from_what_it_says(string said, string? version) =>
        Assert.Equal(version, ToolchainRequirement.VersionOf(new Tool("x", said, "")));

    [Theory]
    [InlineData("gcc", true)]
    [InlineData("gcc-12", true)]
    [InlineData("clang", false)]
    public void A_gcc_of_a_version_is_a_gcc(string compiler, bool taken)
    {
        Exception? refused = Record.Exception(() => ToolchainRequirement.Check(
            "gcc [12,13)", compiler, [new Tool("compiler", "gcc-12 (Debian 12.2.0-14) 12.2.0", "")], new SourceLocation("x.kernelproj")));
        Assert.Equal(taken, refused is null);
    }

    [Theory]
    [InlineData("gcc [1,2)", null)]
    [InlineData("gcc [1,2); pahole [1.2]", null)]
    [InlineData("gcc [2,3)", "EVK5024")]
    [InlineData("clang [1,2)", "EVK5024")]
    [InlineData("nonesuch [1,2)", "EVK5024")]
    [InlineData("gcc", "EVK5002")]
    [InlineData("gcc one", "EVK5002")]
    public async Task The_host_is_held_to_the_projects_ranges(string requirement, string? code)
    {
        string key = await _setup.KeyAsync();
        _setup.Request = _setup.Request with { ToolchainRequirement = requirement };
        if (code is null)
            Assert.Equal(key, await _setup.KeyAsync());
        else
            Assert.Equal(code, (await Assert.ThrowsAsync<KernelException>(_setup.KeyAsync)).Code.Id);
    }

    [Fact]
    public async Task An_archived_toolchain_gives_one_key_on_hosts_that_differ_in_each_program_and_with_a_lock_is_not_even_unpacked()
    {
        string plain = await _setup.KeyAsync();
        PinArchive(KeySetup.Programs);
        string first = await _setup.KeyAsync();
        Assert.NotEqual(plain, first);
        foreach (string program in KeySetup.Programs)
            _setup.EditKeepingTime($"tools/{program}", "1.2-3", "1.2-4");
        Assert.Equal(first, await _setup.KeyAsync());

        _setup.Request = _setup.Request with { LockFile = _setup["kernel.lock.json"], LockUse = LockUse.Update };
        Assert.Equal(first, await _setup.KeyAsync());
        _setup.Request = _setup.Request with { CacheFolder = _setup["another"], LockUse = LockUse.Require };
        Assert.Equal(first, await _setup.KeyAsync());
        Assert.False(Directory.Exists(_setup["another/toolchains"]));

        // What the lock says of the archive is held against it before anything is built with it.
        BuildPlan plan = await _setup.PlanAsync();
        ToolchainFinder finder = new(plan.CacheFolder, plan.Store, _setup.Environment, _setup.Sink);
        await finder.RequireAsync(plan, CancellationToken.None);
        BuildPlan forged = plan with { Toolchain = [plan.Toolchain[0] with { Version = "gcc 99" }, .. plan.Toolchain.Skip(1)] };
        Assert.Equal("EVK5022", (await Assert.ThrowsAsync<KernelException>(() => finder.RequireAsync(forged, CancellationToken.None))).Code.Id);
    }

    [Fact]
    public async Task An_archive_without_the_compiler_is_refused()
    {
        PinArchive(["ld"]);
        Assert.Equal("EVK5025", (await Assert.ThrowsAsync<KernelException>(_setup.KeyAsync)).Code.Id);
    }

    [Fact]
    public async Task A_folder_of_links_to_a_launcher_stands_for_the_compiler_behind_it()
    {
        string key = await _setup.KeyAsync();
        _setup.WriteToolIn("launcher", "ccache", "ccache 4");
        File.CreateSymbolicLink(_setup["launcher/gcc"], "ccache");
        _setup.Environment = _setup.Environment.SetItem("PATH", $"{_setup["launcher"]}:{_setup.Environment["PATH"]}");
        Assert.Equal(key, await _setup.KeyAsync());
    }

    public void Dispose() => _setup.Dispose();

    private void PinArchive(IEnumerable<string> programs)
    {
        foreach (string program in programs)
            _setup.WriteToolIn("archive/bin", program, $"{program} (Archived) 1.2");
        _setup.Source.Run(_setup[""], "tar", "-cf", "tools.tar", "archive");
        _setup.Request = _setup.Request with { ToolchainArchive = "tools.tar", ToolchainArchiveSha256 = Digest.OfFile(_setup["tools.tar"]) };
    }
}
