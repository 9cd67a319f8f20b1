using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using EveKernel.Core.Make;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>Compiler launchers: the same bytes, and objects that need not be compiled again.</summary>
public sealed class LauncherTests
{
    private const string Ccache = "-p:KernelCompilerLauncher=ccache";

    [Fact]
    [Trait("Tier", "fast")]
    public async Task Hits_survive_another_folder_another_pin_and_another_home_and_the_bytes_are_those_without_a_launcher()
    {
        using FakeProject plain = await FakeProject.CreateAsync();
        using FakeProject first = await FakeProject.CreateAsync(ownCache: true);
        using FakeProject second = await FakeProject.CreateAsync(ownCache: true);
        foreach (FakeProject project in (FakeProject[])[plain, first, second])
        {
            // An object with the length of its source's path in it, which a launcher may give in another form.
            project.WriteSeries(("init/main.c", "return 1;", "return (int)sizeof(__FILE__);"));
            project.WriteProject("x", project == second ? project.GitSource(commit: project.Kernel.Second) : null, """<KernelPatchSeries Include="series" />""");
        }

        await plain.MustBuildAsync();
        string shared = first["objects"];
        first.Variables = first.Variables.SetItem("CCACHE_DIR", shared);
        second.Variables = second.Variables.SetItem("CCACHE_DIR", shared).SetItem("HOME", Path.GetDirectoryName(second.Write("home/x", ""))!)
            .SetItem("NUGET_PACKAGES", NuGetPackages);

        await first.MustBuildAsync(Ccache);
        Assert.Equal(Digest.OfFile(plain["bin/x/manifest.json"]), Digest.OfFile(first["bin/x/manifest.json"]));
        CompilerCacheUse cold = Use(first);
        Assert.True(cold.Misses > 10, cold.ToString());

        string said = await second.MustBuildAsync(Ccache);
        CompilerCacheUse hot = Use(second);
        Assert.Equal(cold.Hits + cold.Misses, hot.Hits + hot.Misses);
        // What has the release in it, or the commit's time, is another file with another pin.
        Assert.True(hot.Misses <= 3, hot.ToString());
        Assert.Contains($"x: {hot}", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_compiler_with_the_same_size_and_time_and_other_insides_gets_no_hit()
    {
        using FakeProject project = await FakeProject.CreateAsync(ownCache: true);
        await project.MustBuildAsync(Ccache);
        CompilerCacheUse cold = Use(project);
        // What the driver starts, not the driver: ccache by itself looks at the driver only.
        project.ReplaceProgram("as", "exec REAL \"$@\"");
        await project.MustBuildAsync(Ccache);
        Assert.Equal(cold.Misses, Use(project).Misses);
    }

    [Fact]
    public async Task A_second_home_with_the_same_remote_store_compiles_nothing()
    {
        using RemoteStore store = new();
        using FakeProject first = await FakeProject.CreateAsync(ownCache: true);
        using FakeProject second = await FakeProject.CreateAsync(ownCache: true);
        string remote = $"-p:KernelCompilerCacheRemote={store.Address}";
        await first.MustBuildAsync(Ccache, remote);
        Assert.Equal(0, Use(first).RemoteHits);
        await second.MustBuildAsync(Ccache, remote);
        CompilerCacheUse use = Use(second);
        Assert.Equal((0, Use(first).Misses + Use(first).Hits), (use.Misses, use.Hits));
        Assert.Equal(Use(first).Misses, use.RemoteHits);
        Assert.Equal(Digest.OfFile(first["bin/x/manifest.json"]), Digest.OfFile(second["bin/x/manifest.json"]));
    }

    [Fact]
    public async Task Two_other_hosts_compile_and_the_bytes_are_the_same()
    {
        using FakeProject plain = await FakeProject.CreateAsync();
        using FakeProject spread = await FakeProject.CreateAsync();
        await plain.MustBuildAsync();
        await spread.DotnetAsync("restore", "x.kernelproj");
        CommandResult build = await new TwoHosts(spread.Folder).RunAsync("dotnet build x.kernelproj --no-restore -tl:off -nodeReuse:false -p:KernelCompilerLauncher=distcc -p:KernelJobs=4");
        Assert.True(build.Succeeded, build.StandardOutput + build.StandardError);
        Assert.Equal(Digest.OfFile(plain["bin/x/manifest.json"]), Digest.OfFile(spread["bin/x/manifest.json"]));
        Assert.Equal(4, BuildRecord.Read(spread["bin/x/build.json"]).Stages.Single(stage => stage.Name == "make").Jobs);
        Assert.All(TwoHosts.Names, host => Assert.Contains("COMPILE_OK", File.ReadAllText(spread[$"{host}.log"]), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Sccache_hits_in_the_same_folder_and_not_with_another_assembler_and_the_bytes_are_those_without_it()
    {
        using FakeProject project = await FakeProject.CreateAsync(ownCache: true);
        project.WatchPrograms("as");
        (int plain, string manifest) = await BuildAnewAsync(project);
        (int cold, string first) = await BuildAnewAsync(project, "-p:KernelCompilerLauncher=sccache");
        (int hot, string second) = await BuildAnewAsync(project, "-p:KernelCompilerLauncher=sccache");
        Assert.Equal((manifest, manifest), (first, second));
        // make asks the compiler the same in each of its calls, of which all but the first are hits also in the cold build.
        Assert.True(cold <= plain, $"{cold} of {plain}");
        Assert.InRange(hot, 0, cold - 15);

        project.ReplaceProgram("as", $"echo as >> '{project["started"]}' # another one\nexec REAL \"$@\"");
        int other = (await BuildAnewAsync(project, "-p:KernelCompilerLauncher=sccache")).Assembled;
        // Two that are the same at the same time both miss, or not.
        Assert.InRange(other, cold - 5, cold + 5);
    }

    // How often the assembler was started, and the manifest.
    private static async Task<(int Assembled, string Manifest)> BuildAnewAsync(FakeProject project, params string[] arguments)
    {
        foreach (string folder in (string[])["bin", "obj/x/out"])
        {
            if (Directory.Exists(project[folder]))
                Directory.Delete(project[folder], recursive: true);
        }

        File.Delete(project["started"]);
        await project.MustBuildAsync(["-p:KernelCacheMode=ignore", .. arguments]);
        return (File.ReadAllLines(project["started"]).Length, Digest.OfFile(project["bin/x/manifest.json"]));
    }

    [Fact]
    public async Task A_launcher_that_is_not_there_is_told_before_make_runs()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        project.HidePrograms("icecc");
        string said = await project.MustFailAsync("EVK4040", "-p:KernelCompilerLauncher=icecc");
        Assert.Contains("apt-get install icecc", said, StringComparison.Ordinal);
        Assert.False(File.Exists(project["bin/x/make.log"]));
        // Nothing is lost: without it the build goes on.
        await project.MustBuildAsync();
    }

    [Theory]
    [InlineData("KernelJobs", "0")]
    [InlineData("KernelJobs", "all")]
    [InlineData("KernelCompilerCacheLimit", "much")]
    [InlineData("KernelCompilerCacheRemote", "http://user:word@127.0.0.1/")]
    [InlineData("KernelCompilerCacheRemote", "ftp://127.0.0.1/")]
    public async Task A_setting_that_cannot_be_meant_is_refused(string property, string value)
    {
        using FakeProject project = await FakeProject.CreateAsync();
        string said = await project.MustFailAsync("EVK5002", Ccache, $"-p:{property}={value}");
        Assert.Contains(property, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_remote_store_of_ccache_is_not_given_to_another_launcher_in_silence()
    {
        using FakeProject project = await FakeProject.CreateAsync();
        string said = await project.MustFailAsync("EVK5002", "-p:KernelCompilerLauncher=sccache", "-p:KernelCompilerCacheRemote=http://127.0.0.1/");
        Assert.Contains("SCCACHE_REDIS", said, StringComparison.Ordinal);
    }

    private static string NuGetPackages =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget/packages");

    private static CompilerCacheUse Use(FakeProject project) =>
        BuildRecord.Read(project["bin/x/build.json"]).Stages.Single(stage => stage.Name == "make").CompilerCache!;

    /// <summary>A store as ccache wants it over http: GET, HEAD, PUT and DELETE of whatever path.</summary>
    private sealed class RemoteStore : IDisposable
    {
        private readonly ConcurrentDictionary<string, byte[]> _files = new();
        private readonly LoopbackListener _listener;

        public RemoteStore() => _listener = new LoopbackListener(AnswerAsync);

        public string Address => _listener.Address;

        public void Dispose() => _listener.Dispose();

        private async Task AnswerAsync(HttpListenerContext context)
        {
            string path = context.Request.Url!.AbsolutePath;
            if (context.Request.HttpMethod == "PUT")
            {
                using MemoryStream body = new();
                await context.Request.InputStream.CopyToAsync(body);
                _files[path] = body.ToArray();
            }
            else if (!_files.TryGetValue(path, out byte[]? file))
            {
                context.Response.StatusCode = 404;
            }
            else if (context.Request.HttpMethod == "GET")
            {
                context.Response.ContentLength64 = file.Length;
                await context.Response.OutputStream.WriteAsync(file);
            }

            context.Response.Close();
        }
    }

    /// <summary>Two hosts made of network namespaces, each with a distcc server, and a third from which a command is run.</summary>
    /// <param name="folder">Where the command runs and the servers' logs go.</param>
    private sealed class TwoHosts(string folder)
    {
        public static readonly ImmutableArray<string> Names = ["host1", "host2"];

        public Task<CommandResult> RunAsync(string command)
        {
            string script = $$"""
                set -e
                mount -t tmpfs none /run
                ip link set lo up
                for n in 1 2; do
                    ip netns add host$n
                    ip link add to$n type veth peer name at$n netns host$n
                    ip addr add 10.77.$n.1/24 dev to$n
                    ip link set to$n up
                    ip -n host$n addr add 10.77.$n.2/24 dev at$n
                    ip -n host$n link set at$n up
                    ip netns exec host$n unshare --user --map-user=1000 distccd --no-detach --daemon --enable-tcp-insecure --listen 10.77.$n.2 --allow 10.77.$n.0/24 -j 2 \
                        --log-level info --log-file '{{folder}}'/host$n.log &
                    servers="$servers $!"
                done
                export DISTCC_HOSTS='10.77.1.2/2 10.77.2.2/2' DISTCC_FALLBACK=0 DISTCC_SKIP_LOCAL_RETRY=1
                status=0
                {{command}} || status=$?
                kill $servers
                wait || :
                exit $status
                """;
            // distccd refuses to serve as root, and to become somebody else it needs groups, which a namespace of users does not let it have: it starts as somebody else.
            // All of it ends with the process that holds the first namespace of processes.
            Command all = new("unshare", ["--user", "--map-root-user", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", "servers=; " + script])
            {
                WorkingDirectory = folder,
                Environment = Dotnet.Variables,
            };
            return ProcessRunner.RunAsync(all, CancellationToken.None);
        }
    }
}
