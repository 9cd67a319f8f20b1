using System.IO.Compression;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>Results that others have built, through the packed SDK.</summary>
public sealed class FeedTests(FeedTests.Finished finished) : IClassFixture<FeedTests.Finished>
{
    // Whatever could fetch, patch, configure or compile.
    private static readonly string[] Builders =
        ["make", "gcc", "cc", "gcc-12", "ld", "as", "ar", "objcopy", "strip", "git", "perl", "flex", "bison", "depmod", "kmod", "xz", "gzip", "zstd", "openssl"];

    /// <summary>A result that was built once for all tests, and a feed that is a folder with its package.</summary>
    public sealed class Finished : IAsyncLifetime
    {
        public FakeProject Project { get; private set; } = null!;

        public string Feed => Project["packages"];

        public string Package => Assert.Single(Directory.EnumerateFiles(Feed));

        public Manifest Manifest => Project.Manifest();

        public async Task InitializeAsync()
        {
            Project = await FakeProject.CreateAsync();
            Project.WriteSeries(("init/main.c", "return 1", "return 2"));
            Project.WriteProject("x", items: """<KernelPatchSeries Include="series" /><KernelGate Include="bus" />""");
            await Project.MustBuildAsync();
        }

        public Task DisposeAsync()
        {
            Project.Dispose();
            return Task.CompletedTask;
        }

        /// <summary>The same project on another machine, which has nothing but the project's own files.</summary>
        /// <param name="feeds">Its feeds: name, place and what else NuGet's configuration says of it.</param>
        /// <returns>The project.</returns>
        public async Task<FakeProject> OnAnotherMachineAsync(params (string Name, string Place, string More)[] feeds)
        {
            FakeProject project = await FakeProject.CreateAsync(ownCache: true);
            Directory.Delete(project.Cache, recursive: true);
            project.WriteSeries(("init/main.c", "return 1", "return 2"));
            string unreachable = "https://unreachable.invalid/kernel.git";
            project.WriteProject("x", project.GitSource(unreachable), """<KernelPatchSeries Include="series" /><KernelGate Include="bus" />""");
            File.Copy(Project["kernel.lock.json"], project["kernel.lock.json"]);
            project.Variables = project.Variables.SetItem("KernelCacheMode", "use");
            SetFeeds(project, feeds);
            return project;
        }
    }

    [Fact]
    [Trait("Tier", "fast")]
    public async Task What_a_folder_has_is_taken_without_any_compiler_and_is_what_a_build_leaves()
    {
        using FakeProject project = await finished.OnAnotherMachineAsync(("kernels", finished.Feed, ""));
        project.HidePrograms(Builders);
        string said = await project.MustBuildAsync();
        Assert.Contains($"nothing built; {finished.Manifest.KernelRelease} came from the feed kernels ({finished.Feed})", said, StringComparison.Ordinal);
        Assert.Contains($"""Version="[{finished.Manifest.PackageVersion}]" />""", said, StringComparison.Ordinal);
        AssertSameResult(project);
        Assert.Equal(KeyLines(finished.Project), KeyLines(project));
        BuildRecord record = BuildRecord.Read(project["bin/x/build.json"]);
        Assert.Equal(finished.Manifest.Key, record.Key);
        Assert.Equal(["key", "look-up", "fetch", "patch", "configure", "make", "stage", "pack"], record.Stages.Select(stage => stage.Name));
        StageRecord lookUp = record.Stages[1];
        Assert.Equal($"the feed kernels ({finished.Feed})", lookUp.Found);
        Assert.Equal(["does not have it", "does not have it", "has it"], lookUp.Asked!.Value.Select(place => place.Answer));
        Assert.All(record.Stages.Skip(2), stage => Assert.StartsWith("the result came from the feed kernels", stage.Skipped, StringComparison.Ordinal));

        Assert.Contains("nothing changed", await project.MustBuildAsync(), StringComparison.Ordinal);

        // The machine has it now: no feed is asked, though all is gone but the cache.
        SetFeeds(project, ("kernels", project["nowhere"], ""));
        foreach (string folder in (string[])["bin", "obj", "packages"])
            Directory.Delete(project[folder], recursive: true);
        project.Write("c/c.cs", "public static class C;\n");
        project.Write("c/c.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
              </PropertyGroup>
              <ItemGroup>
                <ProjectReference Include="../x.kernelproj" ReferenceOutputAssembly="false" OutputItemType="EveKernelFile" SkipGetTargetFrameworkProperties="true" />
              </ItemGroup>
              <Target Name="Show" AfterTargets="Build">
                <Message Importance="high" Text="item %(EveKernelFile.Kind) %(EveKernelFile.KernelRelease)" />
              </Target>
            </Project>
            """);
        Directory.CreateDirectory(project["nowhere"]);
        CommandResult consumer = await project.DotnetAsync("build", "c/c.csproj", $"-p:RestorePackagesPath={project["restored"]}");
        Assert.True(consumer.Succeeded, consumer.StandardOutput);
        Assert.Contains("came from the machine's cache", consumer.StandardOutput, StringComparison.Ordinal);
        Assert.Contains($"item kernel {finished.Manifest.KernelRelease}", consumer.StandardOutput, StringComparison.Ordinal);
        AssertSameResult(project);
    }

    [Fact]
    public async Task Feeds_that_fail_lie_or_refuse_are_told_and_the_next_one_is_asked()
    {
        using FakeProject poisoned = await FakeProject.CreateAsync();
        string bad = Path.Combine(poisoned["bad"], Path.GetFileName(finished.Package));
        Directory.CreateDirectory(poisoned["bad"]);
        Poison(finished.Package, bad, "kernel/kernel", content => content.Append((byte)1).ToArray());
        using FeedServer denied = new(finished.Feed, password: "secret");
        using FeedServer broken = new(finished.Feed, FeedManner.Broken);
        using FeedServer cut = new(finished.Feed, FeedManner.Curtailed);
        using FeedServer failing = new(finished.Feed, FeedManner.Failing);
        using FeedServer silent = new(finished.Feed, FeedManner.Silent);
        using FeedServer liar = new(poisoned["bad"]);
        using FeedServer good = new(finished.Feed, FeedManner.Slow, password: "secret");
        (string, string, string)[] bads =
        [
            ("denied", denied.Index, ""), ("broken", broken.Index, ""), ("short", cut.Index, ""), ("failing", failing.Index, ""), ("silent", silent.Index, ""),
            ("liar", liar.Index, ""), ("gone", "http://127.0.0.1:1/v3/index.json", ""),
        ];
        using FakeProject project = await finished.OnAnotherMachineAsync([.. bads, ("good", good.Index, "secret")]);
        project.HidePrograms(Builders);
        string said = await project.MustBuildAsync("-p:KernelFeedTimeout=15", "--no-restore");
        Assert.Contains($"came from the feed good ({good.Index})", said, StringComparison.Ordinal);
        AssertSameResult(project);
        foreach ((string code, string feed, string why) in (ReadOnlySpan<(string, string, string)>)
            [
                ("EVK5103", "denied", "401"), ("EVK5101", "broken", "no whole package"), ("EVK5101", "short", "no whole package"), ("EVK5102", "failing", "500"), ("EVK5102", "silent", "within 15 seconds"),
                ("EVK5101", "liar", "'kernel' is not the file of its manifest"), ("EVK5102", "gone", "refused"),
            ])
        {
            bool isTold = said.Split('\n').Any(line => line.Contains($"warning {code}: ", StringComparison.Ordinal)
                && line.Contains($"the feed {feed} ", StringComparison.Ordinal) && line.Contains(why, StringComparison.Ordinal));
            Assert.True(isTold, $"{feed} {code} '{why}' is not in:\n{said}");
        }

        Assert.DoesNotContain("secret", said, StringComparison.Ordinal);

        // Nobody but the bad ones.
        foreach (string folder in (string[])["bin", "obj/x/plan.json"])
            _ = Directory.Exists(project[folder]) ? Deleted(project[folder]) : null;
        Directory.Delete(Path.Combine(project.Cache, "results"), recursive: true);
        string only = await project.MustFailAsync("EVK5104", "--no-restore", "-p:KernelCacheMode=only", "-p:KernelFeeds=denied%3Bliar");
        Assert.Contains("error EVK5103", only, StringComparison.Ordinal);
        Assert.Contains("error EVK5101", only, StringComparison.Ordinal);
        Assert.DoesNotContain("broken", only, StringComparison.Ordinal);
        await project.MustFailAsync("EVK5105", "--no-restore", "-p:KernelFeeds=good%3Bnone");
        // Without a compiler and without a result: what is missing is the compiler.
        await project.MustFailAsync("EVK9001", "--no-restore", "-p:KernelFeeds=liar");
    }

    [Fact]
    public async Task Refused_bytes_are_built_from_source_and_pushed_once()
    {
        using FakeProject project = await finished.OnAnotherMachineAsync();
        project.WriteProject("x", null, """<KernelPatchSeries Include="series" /><KernelGate Include="bus" />""");
        string bad = Path.Combine(project["bad"], Path.GetFileName(finished.Package));
        Directory.CreateDirectory(project["bad"]);
        Poison(finished.Package, bad, "kernel/config", content => [.. content, (byte)'\n']);
        SetFeeds(project, ("bad", project["bad"], ""));
        using FeedServer feed = new(project["served"]);
        string said = await project.MustBuildAsync();
        Assert.Contains("warning EVK5101", said, StringComparison.Ordinal);
        Assert.NotEmpty(project.Compiled());
        AssertSameResult(project);

        SetFeeds(project, ("bad", project["bad"], ""), ("server", feed.Index, ""));
        project.Variables = project.Variables.SetItem("NUGET_API_KEY", "the-key");
        FakeProject.MustFail("EVK5113", await PushAsync(project));
        feed.Full = true;
        Assert.Contains("507", FakeProject.MustFail("EVK5112", await PushAsync(project, "-p:KernelPushSource=server")), StringComparison.Ordinal);
        feed.Full = false;
        Assert.Contains("Pushed ", await MustPushAsync(project, "server"), StringComparison.Ordinal);
        Assert.Equal(["the-key"], feed.Keys);
        Assert.Equal(await File.ReadAllBytesAsync(finished.Package), await File.ReadAllBytesAsync(Assert.Single(Directory.EnumerateFiles(project["served"]))));
        Assert.Contains("already, with the same manifest", await MustPushAsync(project, "server"), StringComparison.Ordinal);
        Assert.Single(feed.Keys);
        string conflict = FakeProject.MustFail("EVK5111", await PushAsync(project, "-p:KernelPushSource=bad"));
        Assert.Contains("'config' is not the file of its manifest", conflict, StringComparison.Ordinal);

        string tree = project["tree"];
        project.Kernel.CopyTo(tree);
        project.WriteProject("x", $"<KernelSourceDirectory>{tree}</KernelSourceDirectory>");
        FakeProject.MustFail("EVK5110", await PushAsync(project, "-p:KernelPushSource=server"));
    }

    [Fact]
    public async Task The_cache_is_read_again_a_flipped_bit_is_found_and_cured_and_a_rebuild_compiles()
    {
        using FakeProject project = await finished.OnAnotherMachineAsync(("kernels", finished.Feed, ""));
        project.WriteProject("x", null, """<KernelPatchSeries Include="series" /><KernelGate Include="bus" />""");
        await project.MustBuildAsync();
        string cached = Assert.Single(Directory.EnumerateFiles(Path.Combine(project.Cache, "results"), "*.nupkg"));
        byte[] bytes = await File.ReadAllBytesAsync(cached);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(cached, bytes);
        CommandResult verify = await project.DotnetAsync("msbuild", "x.kernelproj", "-t:KernelCacheVerify", "-tl:off");
        Assert.True(verify.Succeeded, verify.StandardOutput);
        Assert.Contains("warning EVK5120", verify.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(await File.ReadAllBytesAsync(finished.Package), await File.ReadAllBytesAsync(cached));

        await File.WriteAllBytesAsync(cached, bytes);
        SetFeeds(project);
        FakeProject.MustFail("EVK5120", await project.DotnetAsync("msbuild", "x.kernelproj", "-t:KernelCacheVerify", "-tl:off"));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(project.Cache, "results"), "*.nupkg"));

        // A tree for its own sake is there after a hit as after a build.
        CommandResult commands = await project.DotnetAsync("build", "x.kernelproj", "-t:KernelCommands");
        Assert.True(commands.Succeeded, commands.StandardOutput);
        Assert.True(File.Exists(project["obj/x/build-by-hand.sh"]));
        CommandResult rebuilt = await project.DotnetAsync("build", "x.kernelproj", "-t:Rebuild");
        Assert.True(rebuilt.Succeeded, rebuilt.StandardOutput);
        Assert.NotEmpty(project.Compiled());
        Assert.Single(Directory.EnumerateFiles(Path.Combine(project.Cache, "results"), "*.nupkg"));
        AssertSameResult(project);
    }

    [Fact]
    public async Task A_result_of_several_packages_is_taken_as_a_whole_or_not_at_all()
    {
        using FakeProject builder = await finished.OnAnotherMachineAsync();
        builder.WriteProject("x", null, """<KernelPatchSeries Include="series" /><KernelGate Include="bus" />""");
        await builder.MustBuildAsync("-p:KernelDebugPackage=true");
        Assert.Equal(2, Directory.EnumerateFiles(builder["packages"]).Count());

        // The other feed, which is asked first, has only the one that boots.
        using FakeProject project = await finished.OnAnotherMachineAsync(("half", finished.Feed, ""), ("whole", builder["packages"], ""));
        project.HidePrograms(Builders);
        Assert.Contains("came from the feed whole", await project.MustBuildAsync("-p:KernelDebugPackage=true"), StringComparison.Ordinal);
        Assert.Equal(
            Directory.EnumerateFiles(builder["packages"]).Select(Digest.OfFile).Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(project["packages"]).Select(Digest.OfFile).Order(StringComparer.Ordinal));
        Assert.Equal(await File.ReadAllTextAsync(builder["bin/x/debug/manifest.json"]), await File.ReadAllTextAsync(project["bin/x/debug/manifest.json"]));
        Assert.True(project.Manifest("bin/x/debug").Matches(project["bin/x/debug"]));
        Assert.Contains(
            BuildRecord.Read(project["bin/x/build.json"]).Stages[1].Asked!.Value,
            place => place.Place.StartsWith("the feed half", StringComparison.Ordinal) && place.Answer == $"does not have its {finished.Manifest.PackageId}.Debug");
        Assert.Contains("nothing changed", await project.MustBuildAsync("-p:KernelDebugPackage=true"), StringComparison.Ordinal);
    }

    private static string? Deleted(string folder)
    {
        Directory.Delete(folder, recursive: true);
        return folder;
    }

    private static Task<CommandResult> PushAsync(FakeProject project, params string[] arguments) =>
        project.DotnetAsync(["msbuild", "x.kernelproj", "-t:KernelPush", "-tl:off", .. arguments]);

    private static async Task<string> MustPushAsync(FakeProject project, string target)
    {
        CommandResult push = await PushAsync(project, $"-p:KernelPushSource={target}");
        Assert.True(push.Succeeded, push.StandardOutput);
        return push.StandardOutput;
    }

    private void AssertSameResult(FakeProject project)
    {
        Assert.Equal(File.ReadAllText(finished.Project["bin/x/manifest.json"]), File.ReadAllText(project["bin/x/manifest.json"]));
        Assert.True(project.Manifest().Matches(project["bin/x"]));
        Assert.Equal(Modes(finished.Project), Modes(project));
        string package = Assert.Single(Directory.EnumerateFiles(project["packages"]));
        Assert.Equal(Path.GetFileName(finished.Package), Path.GetFileName(package));
        Assert.Equal(File.ReadAllBytes(finished.Package), File.ReadAllBytes(package));
    }

    private static IEnumerable<string> Modes(FakeProject project) => Directory.EnumerateFiles(project["bin/x"]).Where(file => Path.GetFileName(file) != "make.log")
        .Select(file => $"{Path.GetFileName(file)} {File.GetUnixFileMode(file)}").Order(StringComparer.Ordinal);

    private static IEnumerable<string> KeyLines(FakeProject project) => File.ReadLines(project["bin/x/key.txt"]).Where(line => !line.StartsWith('#'));

    private static void Poison(string package, string to, string entry, Func<byte[], byte[]> change)
    {
        File.Copy(package, to);
        using ZipArchive archive = ZipFile.Open(to, ZipArchiveMode.Update);
        using MemoryStream content = new();
        using (Stream old = archive.GetEntry(entry)!.Open())
            old.CopyTo(content);
        archive.GetEntry(entry)!.Delete();
        using Stream changed = archive.CreateEntry(entry).Open();
        changed.Write(change(content.ToArray()));
    }

    private static void SetFeeds(FakeProject project, params (string Name, string Place, string More)[] feeds) => project.Write("NuGet.config", $"""
        <configuration>
          <packageSources>
            <clear />
            <add key="sdk" value="{RepositoryRoot.File("artifacts/feed")}" />
            {string.Concat(feeds.Select(feed => $"""<add key="{feed.Name}" value="{feed.Place}" {(feed.Place.Contains("://", StringComparison.Ordinal) ? "protocolVersion=\"3\" allowInsecureConnections=\"true\"" : "")} />"""))}
          </packageSources>
          <packageSourceCredentials>
            {string.Concat(feeds.Where(feed => feed.More == "secret").Select(feed => $"""<{feed.Name}><add key="Username" value="someone" /><add key="ClearTextPassword" value="secret" /><add key="ValidAuthenticationTypes" value="basic" /></{feed.Name}>"""))}
          </packageSourceCredentials>
        </configuration>
        """);
}
