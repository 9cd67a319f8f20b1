#:project ../src/Core/EveKernel.Core.csproj
#:property PublishAot=false
#:property EnforceCodeStyleInBuild=false
// bench [NAME…]: measures the build against the plain tools, alternating, medians of five, and writes its rows into RESULTS.md. Run build.sh first; leave the machine alone meanwhile.
using System.Collections;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches;
using EveKernel.Core.Source;

const int Runs = 5;

// A NuGet feed of version 3 over a folder, as small as NuGet takes it.
const string FeedScript = """
    import http.server, json, os, re, sys
    folder = sys.argv[1]
    class Feed(http.server.BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'
        def do_GET(self):
            base = 'http://127.0.0.1:%d' % self.server.server_port
            parts = self.path.strip('/').split('/')
            names = [n[:-6].lower() for n in os.listdir(folder)]
            body = None
            if parts == ['index.json']:
                body = json.dumps({'version': '3.0.0', 'resources': [{'@id': base + '/flat/', '@type': 'PackageBaseAddress/3.0.0'}]}).encode()
            elif parts[0] == 'flat' and parts[-1] == 'index.json':
                versions = [n[len(parts[1]) + 1:] for n in names if re.match(re.escape(parts[1]) + r'\.[0-9]', n)]
                body = json.dumps({'versions': versions}).encode() if versions else None
            elif parts[0] == 'flat':
                file = [n for n in os.listdir(folder) if n.lower() == parts[-1].lower()]
                body = open(os.path.join(folder, file[0]), 'rb').read() if file else None
            self.send_response(200 if body is not None else 404)
            self.send_header('Content-Length', str(len(body or b'')))
            self.end_headers()
            self.wfile.write(body or b'')
        def log_message(self, *words): pass
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Feed)
    print('http://127.0.0.1:%d/index.json' % server.server_port)
    server.serve_forever()
    """;
const string Make = "sh \"$1\" \"$2\" \"$3\"";
string root = Path.GetFullPath(Path.Combine((string)AppContext.GetData("EntryPointFileDirectoryPath")!, ".."));
string sample = Path.Combine(root, "samples/passthrough-v6.12");
string work = Path.Combine(root, "artifacts/bench");
string repository = Path.Combine(root, "artifacts/linux-6.12.git");
ImmutableDictionary<string, string> environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
    .ToImmutableDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");
Directory.CreateDirectory(work);
List<Row> rows = [];

Dictionary<string, Func<Task>> all = new()
{
    ["nothing"] = NothingToDoAsync,
    ["fetch"] = FetchAsync,
    ["series"] = SeriesAsync,
    ["directory"] = DirectoryAsync,
    ["hit"] = () => HitAsync(Path.Combine(sample, "passthrough-v6.12.kernelproj"), Path.Combine(root, "artifacts/packages")),
    ["patched"] = PatchedAsync,
    ["launcher"] = LauncherAsync,
    ["log"] = LogAsync,
    ["show"] = ShowAsync,
    ["refresh"] = RefreshAsync,
    ["edited"] = EditedAsync,
    ["run"] = RunMachineAsync,
    ["solution"] = SolutionAsync,
    ["defconfig"] = DefconfigAsync,
};
foreach (string name in args.Length > 0 ? args : [.. all.Keys])
    await all[name]();
Report();
return;

// An empty project: what dotnet build costs before anything is done.
string Empty()
{
    string project = Path.Combine(work, "empty.proj");
    File.WriteAllText(project, """<Project><Target Name="Restore" /><Target Name="Build" /></Project>""");
    return project;
}

async Task NothingToDoAsync()
{
    string project = Path.Combine(sample, "passthrough-v6.12.kernelproj");
    string empty = Empty();
    string tree = Path.Combine(sample, "obj/passthrough-v6.12/tree");
    string objects = Path.Combine(sample, "obj/passthrough-v6.12/out");
    await ShellAsync("dotnet build \"$1\"", project);
    string byHand = await CommandsAsync(project);
    await ShellAsync(Make, byHand, tree, objects);
    (Sample ours, Sample theirs, Sample floor) = await AlternateAsync(
        () => ShellAsync("dotnet build \"$1\"", project), () => ShellAsync(Make, byHand, tree, objects), () => ShellAsync("dotnet build \"$1\"", empty));
    double share = (ours.Seconds - floor.Seconds) / theirs.Seconds;
    rows.Add(new("Nothing to do, the whole kernel", ours, theirs, floor, $"beyond an empty build, {share:0.00} of make's own", "0.25", share <= 0.25));
}

async Task FetchAsync()
{
    string cache = Path.Combine(work, "cache");
    string bare = Path.Combine(work, "fetched.git");
    string project = Path.Combine(sample, "passthrough-v6.12.kernelproj");
    string commit = (await ShellAsync("git --git-dir=\"$1\" for-each-ref --format='%(objectname)' refs/heads | head -1", repository)).Output.Trim();
    string empty = Empty();
    // Where no result stands, for one that stands is fetched nothing for.
    string output = Path.Combine(work, "no-result");
    (Sample ours, Sample theirs, Sample floor) = await AlternateAsync(
        () => ShellAsync(
            "rm -rf \"$2\"; dotnet build \"$1\" -t:KernelFetch -p:KernelCacheDirectory=\"$2\"/ -p:KernelOutputPath=\"$3\"/; git --git-dir=\"$2\"/objects.git cat-file -e \"$4\"",
            project, cache, output, commit),
        () => ShellAsync("rm -rf \"$1\"; git init -q --bare \"$1\"; git --git-dir=\"$1\" fetch -q --depth 1 \"file://$2\" \"$3\"", bare, repository, commit),
        () => ShellAsync("dotnet build \"$1\"", empty));
    await ShellAsync("rm -rf \"$1\" \"$2\"", cache, bare);
    double ratio = (ours.Seconds - floor.Seconds) / theirs.Seconds;
    rows.Add(new("Fetch of one commit over file://", ours, theirs, floor, $"beyond an empty build, {ratio:0.00} times", "1.1", ratio <= 1.1));
}

async Task SeriesAsync()
{
    const int Count = 50;
    string folder = Path.Combine(work, "series");
    string clone = Path.Combine(work, "am");
    string store = Path.Combine(work, "store.git");
    await ShellAsync("rm -rf \"$1\" \"$2\" \"$3\"; mkdir -p \"$1\"", folder, clone, store);
    await ShellAsync(
        """
        branch=$(git --git-dir="$1" for-each-ref --format='%(refname:short)' refs/heads | head -1)
        git clone -q --depth 1 --branch "$branch" "file://$1" "$2"
        git clone -q --bare --depth 1 --branch "$branch" "file://$1" "$3"
        """, repository, clone, store);
    // A line more at the end of a file of each of fifty folders.
    await ShellAsync(
        """
        cd "$1"
        base=$(git rev-parse HEAD)
        git ls-files 'drivers/*/*.c' | awk -F/ '!seen[$2]++' | head -"$3" | while read -r file; do
            printf '\n/* bench */\n' >> "$file"
            git -c user.name=b -c user.email=b@example.org commit -q -m "bench: $file" "$file"
        done
        git format-patch -q -o "$2" "$base"
        git reset -q --hard "$base"
        (cd "$2" && ls *.patch > series)
        """, clone, folder, Count.ToString(CultureInfo.InvariantCulture));
    GitCli git = new(environment);
    string id = (await ShellAsync("git -C \"$1\" rev-parse HEAD", clone)).Output.Trim();
    CommitInfo commit = (await git.FindCommitAsync(store, id, default))!;
    PatchSeries series = PatchSeries.Read(Path.Combine(folder, "series"));
    Trace.Assert(series.Entries.Length == Count);
    async Task<Run> OursAsync()
    {
        Stopwatch watch = Stopwatch.StartNew();
        await new SeriesApplier(git, store, new Silent()).ApplyAsync(id, commit.Tree, commit.CommitTime, [series], AlreadyApplied.Error, Path.Combine(work, "index"), default);
        return new Run(watch.Elapsed.TotalSeconds, 0, "");
    }

    (Sample ours, Sample theirs, _) = await AlternateAsync(
        OursAsync,
        () => ShellAsync("git -C \"$1\" -c user.name=b -c user.email=b@example.org am -q \"$2\"/*.patch", clone, folder),
        () => ShellAsync("git -C \"$1\" reset -q --hard \"$2\"", clone, id));
    await ShellAsync("rm -rf \"$1\" \"$2\" \"$3\"", folder, clone, store);
    double each = ours.Seconds * 1000 / Count;
    rows.Add(new("A series of 50", ours, theirs, null, $"{each:0.0} ms a patch; git am {theirs.Seconds * 1000 / Count:0.0}", "5 ms", each <= 5));
}

async Task DirectoryAsync()
{
    string folder = Path.Combine(root, "samples/objects-v6.12");
    string project = Path.Combine(folder, "objects-v6.12.kernelproj");
    string tree = Path.Combine(folder, "obj/objects-v6.12/tree");
    string objects = Path.Combine(folder, "obj/objects-v6.12/out");
    string output = Path.Combine(folder, "bin/objects-v6.12");
    string empty = Empty();
    await ShellAsync("dotnet build \"$1\"", project);
    string byHand = await CommandsAsync(project);
    (Sample ours, Sample theirs, Sample floor) = await AlternateAsync(
        () => ShellAsync("rm -rf \"$2\" \"$3\"; dotnet build \"$1\"", project, objects, output),
        () => ShellAsync("rm -rf \"$3\"; " + Make, byHand, tree, objects),
        () => ShellAsync("dotnet build \"$1\"", empty));
    await ShellAsync("rm -rf \"$2\"; dotnet build \"$1\"", project, objects);
    double beyond = ours.CpuSeconds - floor.CpuSeconds - theirs.CpuSeconds;
    rows.Add(new("The three directories from nothing", ours, theirs, floor, $"{beyond:0.00} CPU-seconds beyond make and an empty build", "1", beyond <= 1));
}

// What somebody else has built: from a folder, and over http, against reading the same package with the same library.
async Task HitAsync(string project, string packages)
{
    string empty = Empty();
    await ShellAsync("dotnet build \"$1\"", project);
    string package = (await ShellAsync("ls -t \"$1\"/EveKernel.Amd64.*.[0-9]*.nupkg | head -1", packages)).Output.Trim();
    string feed = Path.Combine(work, "feed");
    await ShellAsync("rm -rf \"$1\"; mkdir -p \"$1\"; cp \"$2\" \"$1\"", feed, package);
    using Process server = Process.Start(new ProcessStartInfo("python3", ["-u", "-c", FeedScript, feed]) { RedirectStandardOutput = true })!;
    string http = (await server.StandardOutput.ReadLineAsync())!;
    try
    {
        foreach ((string name, string place) in ((string, string)[])[("a folder", feed), ("http", http)])
        {
            string config = Path.Combine(work, "NuGet.config");
            File.WriteAllText(config, $"""
                <configuration><packageSources><clear /><add key="bench" value="{place}" protocolVersion="{(place == http ? 3 : 2)}" allowInsecureConnections="true" /></packageSources></configuration>
                """);
            (Sample ours, Sample theirs, Sample floor) = await AlternateAsync(
                () => ShellAsync(
                    "rm -rf \"$2\"; KernelCacheMode=only dotnet build \"$1\" --no-restore -p:RestoreConfigFile=\"$3\" -p:KernelCacheDirectory=\"$2\"/cache/ -p:KernelOutputPath=\"$2\"/bin/ -p:PackageOutputPath=\"$2\"/packages/",
                    project, Path.Combine(work, "hit"), config),
                () => Task.FromResult(Inflate(package)),
                () => ShellAsync("dotnet build \"$1\"", empty));
            double ratio = (ours.Seconds - floor.Seconds) / theirs.Seconds;
            rows.Add(new($"A hit from {name}, {new FileInfo(package).Length >> 20} MiB", ours, theirs, floor, $"beyond an empty build, {ratio:0.00} times inflate and sha256", "1.2", ratio <= 1.2));
        }
    }
    finally
    {
        server.Kill();
    }
}

static Run Inflate(string package)
{
    Stopwatch watch = Stopwatch.StartNew();
    using System.IO.Compression.ZipArchive archive = System.IO.Compression.ZipFile.OpenRead(package);
    foreach (System.IO.Compression.ZipArchiveEntry entry in archive.Entries)
    {
        using Stream content = entry.Open();
        System.Security.Cryptography.SHA256.HashData(content);
    }

    return new Run(watch.Elapsed.TotalSeconds, watch.Elapsed.TotalSeconds, "");
}

// The fix's two patches come and go: what they touch is compiled, against all of it.
async Task PatchedAsync()
{
    string project = Path.Combine(sample, "passthrough-v6.12.kernelproj");
    string output = Path.Combine(work, "patched");
    string empty = Empty();
    // The same kernel without its series, in the same folders.
    string without = Path.Combine(sample, "Directory.Build.targets");
    File.WriteAllText(without, """<Project><ItemGroup Condition="'$(BenchWithoutSeries)' == 'true'"><KernelPatchSeries Remove="@(KernelPatchSeries)" /></ItemGroup></Project>""");
    try
    {
        await ShellAsync("dotnet build \"$1\"", project);
        // Once: five of these would take half an hour.
        Run clean = await ShellAsync("rm -rf \"$2\"; dotnet build \"$1\" -p:BaseIntermediateOutputPath=\"$2\"/obj/ -p:KernelOutputPath=\"$2\"/bin/", project, output);
        Sample theirs = new(clean.Seconds, clean.CpuSeconds);
        Task<Run> WithoutAsync() => ShellAsync("dotnet build \"$1\" -p:BenchWithoutSeries=true", project);
        (_, Sample ours, Sample floor) = await AlternateAsync(WithoutAsync, () => ShellAsync("dotnet build \"$1\"", project), () => ShellAsync("dotnet build \"$1\"", empty));
        await ShellAsync("rm -rf \"$1\"", output);
        double ratio = theirs.Seconds / ours.Seconds;
        rows.Add(new("The fix's two patches put in; plain: a clean build of ours, once", ours, theirs, floor, $"{ratio:0.0} times faster", "10", ratio >= 10));
    }
    finally
    {
        File.Delete(without);
    }
}

// A kernel with modules, once each, since it takes an hour; then hits of it.
async Task DefconfigAsync()
{
    string project = WriteDefconfigProject();
    string output = Path.Combine(work, "defconfig/built");
    string byHand = Path.Combine(work, "defconfig/by-hand");
    string empty = Empty();
    await ShellAsync("rm -rf \"$2\" \"$3\"; dotnet build \"$1\" -t:KernelPatch", project, output, byHand);
    Run floor = await ShellAsync("dotnet build \"$1\"", empty);
    Run ours = await ShellAsync("dotnet build \"$1\"", project);
    const string Raw = """
        mkdir -p "$2"
        make -s -C "$1" O="$2" x86_64_defconfig
        "$1"/scripts/config --file "$2"/.config --disable LOCALVERSION_AUTO
        make -s -C "$1" O="$2" olddefconfig
        make -s -C "$1" O="$2" -j"$(nproc)" bzImage modules
        make -s -C "$1" O="$2" INSTALL_MOD_PATH="$2"/installed INSTALL_MOD_STRIP=1 modules_install
        """;
    Run theirs = await ShellAsync(Raw, Path.Combine(work, "defconfig/obj/defconfig/tree"), byHand);
    string results = Path.Combine(work, "defconfig/bin/defconfig");
    await ShellAsync("mkdir \"$1\"; tar -xf \"$2\"/kernel.tar -C \"$1\"", output, results);
    string built = await SizesAsync(Path.Combine(results, "kernel"), output);
    string raw = await SizesAsync(Path.Combine(byHand, "arch/x86/boot/bzImage"), Path.Combine(byHand, "installed"));
    await ShellAsync("rm -rf \"$1\" \"$2\"", output, byHand);
    double ratio = (ours.Seconds - floor.Seconds) / theirs.Seconds;
    rows.Add(new(
        "x86_64_defconfig with its modules from nothing, once; plain: make",
        new(ours.Seconds, ours.CpuSeconds),
        new(theirs.Seconds, theirs.CpuSeconds),
        new(floor.Seconds, floor.CpuSeconds),
        $"beyond an empty build, {ratio:0.00} times; {built}, of make {raw}",
        "–",
        null));
    await HitAsync(project, Path.Combine(work, "defconfig/packages"));
}

async Task<string> SizesAsync(string image, string modules)
{
    string said = (await ShellAsync("find \"$1\" -name '*.ko*' -printf '%s\\n'", modules)).Output;
    long[] sizes = [.. said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(size => long.Parse(size, CultureInfo.InvariantCulture))];
    return string.Create(CultureInfo.InvariantCulture, $"image {new FileInfo(image).Length:#,0} bytes, {sizes.Length} modules of {sizes.Sum():#,0}");
}

string WriteDefconfigProject()
{
    string folder = PrepareFolder("defconfig");
    File.WriteAllText(Path.Combine(folder, "defconfig.fragment"), "# CONFIG_LOCALVERSION_AUTO is not set\n");
    return WriteProject(folder, "defconfig", "x86_64_defconfig", """<KernelConfigFragment Include="defconfig.fragment" />""");
}

// A folder with what the SDK's resolver looks for, and nothing of this repository's own settings.
string PrepareFolder(string name)
{
    string folder = Path.Combine(work, name);
    if (Directory.Exists(folder))
        Directory.Delete(folder, recursive: true);
    Directory.CreateDirectory(folder);
    foreach (string file in (string[])["global.json", "Directory.Build.props", "Directory.Packages.props"])
        File.Copy(Path.Combine(root, "samples", file), Path.Combine(folder, file));
    File.WriteAllText(Path.Combine(folder, "NuGet.config"), $"""<configuration><packageSources><add key="evekernel-sdk" value="{root}/artifacts/feed" /></packageSources></configuration>""");
    return folder;
}

string WriteProject(string folder, string name, string defconfig, string items)
{
    string project = Path.Combine(folder, $"{name}.kernelproj");
    File.WriteAllText(project, $"""
        <Project Sdk="EveKernel.Sdk">
          <Import Project="{root}/samples/passthrough-v6.12.props" />
          <PropertyGroup>
            <KernelArch>amd64</KernelArch>
            <KernelFlavor>{name}</KernelFlavor>
            <KernelDefconfig>{defconfig}</KernelDefconfig>
            <PackageOutputPath>$(MSBuildProjectDirectory)/packages/</PackageOutputPath>
            <KernelCacheDirectory Condition="'$(BenchFetch)' == '{name}'">$(MSBuildProjectDirectory)/cache/</KernelCacheDirectory>
          </PropertyGroup>
          <ItemGroup>
            {items}
          </ItemGroup>
        </Project>
        """);
    return project;
}

// The cores of two makes that run side by side, against the same two one after the other; then with a fetch in the second.
async Task SolutionAsync()
{
    string folder = PrepareFolder("solution");
    string items = $"""
        <KernelConfigFragment Include="{root}/samples/config/passthrough.fragment" />
            <KernelConfigFragment Include="{root}/samples/config/vfio-group.fragment" />
            <KernelPatchSeries Include="{root}/patches/v6.12/series" />
            <KernelDirectory Include="drivers/vfio/pci;arch/x86/kvm;virt/kvm" />
        """;
    foreach (string name in (string[])["first", "second"])
        WriteProject(folder, name, "allnoconfig", items);
    File.WriteAllText(Path.Combine(folder, "both.slnx"), "<Solution />");
    await ShellAsync("cd \"$1\"; dotnet sln both.slnx add first.kernelproj second.kernelproj; dotnet restore both.slnx", folder);
    string empty = Empty();
    const string Clean = "cd \"$1\"; rm -rf obj/*/out bin cache; ";
    foreach ((string what, string fetch) in ((string, string)[])[("", ""), (", the second with a fetch", "-p:BenchFetch=second")])
    {
        (Sample ours, Sample theirs, Sample floor) = await AlternateAsync(
            () => ShellAsync(Clean + "dotnet build both.slnx --no-restore " + fetch, folder),
            () => ShellAsync(Clean + $"dotnet build first.kernelproj --no-restore {fetch}; dotnet build second.kernelproj --no-restore {fetch}", folder),
            () => ShellAsync("dotnet build \"$1\"", empty));
        double ratio = ours.Seconds / theirs.Seconds;
        rows.Add(new($"Two kernels' directories as a solution{what}; plain: one after the other", ours, theirs, floor, $"{ratio:0.00} times", "1", ratio <= 1));
    }
}

// The three directories from nothing in another folder, with what ccache holds, against without ccache.
async Task LauncherAsync()
{
    string project = Path.Combine(root, "samples/objects-v6.12/objects-v6.12.kernelproj");
    string output = Path.Combine(work, "launched");
    string empty = Empty();
    const string Build = "rm -rf \"$2\"; dotnet build \"$1\" -p:BaseIntermediateOutputPath=\"$2\"/obj/ -p:KernelOutputPath=\"$2\"/bin/ -p:PackageOutputPath=\"$2\"/packages/";
    const string Launched = Build + " -p:KernelCompilerLauncher=ccache -p:KernelCacheDirectory=\"$3\"/";
    string cache = Path.Combine(work, "launcher-cache");
    await ShellAsync("rm -rf \"$1\"", cache);
    Run cold = await ShellAsync(Launched, project, output, cache);
    (Sample ours, Sample theirs, Sample floor) = await AlternateAsync(
        () => ShellAsync(Launched, project, output + "-elsewhere", cache), () => ShellAsync(Build, project, output), () => ShellAsync("dotnet build \"$1\"", empty));
    await ShellAsync("rm -rf \"$1\" \"$1\"-elsewhere \"$2\"", output, cache);
    rows.Add(new("The three directories with ccache, hot, in another folder; plain: without", ours, theirs, floor, $"{theirs.Seconds / ours.Seconds:0.0} times faster; cold {cold.Seconds:0.0} s", "faster", ours.Seconds < theirs.Seconds));
}

// The memory of the process that builds, while make says 100 MB.
async Task LogAsync()
{
    string project = Path.Combine(root, "samples/objects-v6.12/objects-v6.12.kernelproj");
    string shims = Path.Combine(work, "shims");
    Directory.CreateDirectory(shims);
    string make = (await ShellAsync("command -v make")).Output.Trim();
    string shim = Path.Combine(shims, "make");
    File.WriteAllText(shim, $"#!/bin/sh\ncase \"$*\" in *prepare*) yes '  CC      drivers/some/where/a/file/of/a/length/that/is/usual.o' | head -c 100000000 ;; esac\nexec {make} \"$@\"\n");
    File.SetUnixFileMode(shim, (UnixFileMode)0b111_101_101);
    string output = Path.Combine(work, "logged");
    Run peak = await ShellAsync(
        """
        rm -rf "$3"
        PATH="$2:$PATH" dotnet build "$1" -p:KernelNetwork=true -p:BaseIntermediateOutputPath="$3"/obj/ -p:KernelOutputPath="$3"/bin/ -p:PackageOutputPath="$3"/packages/ >/dev/null &
        pid=$!
        peak=0
        while [ -e /proc/$pid/status ] && now=$(sed -n 's/^VmHWM:\t *\([0-9]*\) kB/\1/p' /proc/$pid/status 2>/dev/null); do
            [ -z "$now" ] || peak=$now
            sleep 0.05
        done
        wait $pid
        echo $peak $(stat -c %s "$3"/bin/make.log)
        """, project, shims, output);
    string[] words = peak.Output.Trim().Split(' ');
    double megabytes = double.Parse(words[0], CultureInfo.InvariantCulture) / 1024;
    await ShellAsync("rm -rf \"$1\"", output);
    Trace.Assert(long.Parse(words[1], CultureInfo.InvariantCulture) >= 100_000_000);
    rows.Add(new("Memory while make says 100 MB", new Sample(peak.Seconds, peak.CpuSeconds), new Sample(0, 0), null, $"peak of {megabytes:0} MiB, once", "250 MiB", megabytes <= 250));
}

async Task ShowAsync()
{
    string project = Path.Combine(sample, "passthrough-v6.12.kernelproj");
    string empty = Empty();
    (Sample ours, Sample theirs, Sample floor) = await AlternateAsync(
        () => ShellAsync("dotnet msbuild \"$1\" -t:KernelShow", project), () => ShellAsync("git -C \"$1\" log -1 --stat", root), () => ShellAsync("dotnet msbuild \"$1\"", empty));
    rows.Add(new("KernelShow; plain: git log -1 --stat", ours, theirs, floor, $"{ours.Seconds:0.00} s", "1 s", ours.Seconds <= 1));
}

// One patch of fifty is folded back; git would rebase the fifty.
async Task RefreshAsync()
{
    string folder = Path.Combine(work, "refresh");
    string empty = Empty();
    await ShellAsync(
        """
        rm -rf "$1"
        mkdir -p "$1"/series
        cp "$2"/samples/global.json "$1"
        sed "s,\.\./artifacts,$2/artifacts," "$2"/samples/NuGet.config > "$1"/NuGet.config
        cp "$2"/patches/v6.12/*.patch "$2"/patches/v6.12/series "$1"/series/
        # This repository's own are not for it.
        for name in Directory.Build.props Directory.Build.targets Directory.Packages.props; do echo '<Project />' > "$1/$name"; done
        """, folder, root);
    File.WriteAllText(Path.Combine(folder, "x.kernelproj"), $"""
        <Project Sdk="EveKernel.Sdk">
          <Import Project="{root}/samples/passthrough-v6.12.props" />
          <PropertyGroup><KernelDefconfig>allnoconfig</KernelDefconfig></PropertyGroup>
          <ItemGroup><KernelPatchSeries Include="series/series" /></ItemGroup>
        </Project>
        """);
    await ShellAsync(
        """
        cd "$1"
        dotnet msbuild x.kernelproj -restore -t:KernelEdit
        cd "$1"/obj/x/edit
        git ls-files 'drivers/*/*.c' | awk -F/ '!seen[$2]++' | head -48 | while read -r file; do
            printf '\n/* bench */\n' >> "$file"
            git -c user.name=b -c user.email=b@example.org commit -q -m "bench: $file" "$file"
        done
        cd "$1"
        dotnet msbuild x.kernelproj -t:KernelPatchImport
        [ "$(grep -c '\.patch' series/series)" = 50 ]
        """, folder);
    int number = 0;
    (Sample ours, Sample theirs, Sample floor) = await AlternateAsync(
        async () =>
        {
            // The thirtieth patch's own file.
            await ShellAsync(
                """
                cd "$1"/obj/x/edit
                sed -i "\$s,.*,/* bench $2 */," "$(git diff --name-only HEAD~21 HEAD~20)"
                """, folder, $"{++number}");
            return await ShellAsync(
                """
                cd "$1"
                dotnet msbuild x.kernelproj -t:KernelPatchRefresh -p:KernelPatch="$(grep '\.patch' series/series | sed -n '30s/\.patch.*/.patch/p')" >refresh.log
                grep Rewrote refresh.log
                """, folder);
        },
        () => ShellAsync(
            """
            cd "$1"/obj/x/edit
            head=$(git rev-parse HEAD)
            git -c user.name=b -c user.email=b@example.org rebase -q --force-rebase HEAD~21
            git reset -q --hard "$head"
            """, folder),
        () => ShellAsync("dotnet msbuild \"$1\"", empty));
    await ShellAsync("rm -rf \"$1\"", folder);
    rows.Add(new("Refresh of one patch of fifty; plain: git rebase of the 21 from there on", ours, theirs, floor, $"{ours.Seconds:0.00} s", "1 s", ours.Seconds <= 1));
}

// One line of mmu.c to a verdict of 200 cycles.
async Task EditedAsync()
{
    string project = Path.Combine(sample, "passthrough-v6.12.kernelproj");
    string source = Path.Combine(sample, "obj/passthrough-v6.12/edit/arch/x86/kvm/mmu/mmu.c");
    string empty = Empty();
    await ShellAsync("dotnet msbuild \"$1\" -restore -t:KernelEdit; dotnet test \"$1\" -p:KernelEdited=true", project);
    string text = File.ReadAllText(source);
    int number = 0;
    double own = 0;
    (Sample ours, Sample theirs, Sample floor) = await AlternateAsync(
        async () =>
        {
            File.WriteAllText(source, text + $"/* bench {++number} */\n");
            Run run = await ShellAsync("dotnet test \"$1\" -p:KernelEdited=true", project);
            return run;
        },
        // Nothing to make, and the machines alone.
        () => ShellAsync("dotnet test \"$1\" -p:KernelEdited=true", project),
        () => ShellAsync("dotnet build \"$1\"", empty));
    File.WriteAllText(source, text);
    own = theirs.Seconds;
    rows.Add(new("A line of mmu.c to a verdict; plain: the same without a change, which boots again", ours, theirs, floor, $"{ours.Seconds:0.0} s, {own:0.0} of them without make", "45 s", ours.Seconds <= 45));
}

// dotnet run to a command's end, against QEMU's own line.
async Task RunMachineAsync()
{
    string empty = Empty();
    await ShellAsync("cd \"$1\"; dotnet build", sample);
    string script = Path.Combine(sample, "obj/passthrough-v6.12/run/boot.sh");
    (Sample ours, Sample theirs, Sample floor) = await AlternateAsync(
        () => ShellAsync("cd \"$1\"; dotnet run -- -append quiet -- true </dev/null", sample),
        () => ShellAsync("sh \"$1\" -append quiet -- true </dev/null", script),
        () => ShellAsync("dotnet build \"$1\"", empty));
    double ratio = ours.Seconds / theirs.Seconds;
    rows.Add(new("dotnet run to a shell that ends; plain: QEMU's line in a script", ours, theirs, floor, $"{ratio:0.00} times", "1.5", ratio <= 1.5));
}

// What repeats the build by hand, in the build's own folders: make and nothing of ours.
async Task<string> CommandsAsync(string project)
{
    string file = Path.Combine(work, Path.GetFileNameWithoutExtension(project) + ".sh");
    await ShellAsync("dotnet build \"$1\" -t:KernelCommands -p:KernelCommandsFile=\"$2\"", project, file);
    return file;
}

async Task<(Sample First, Sample Second, Sample Third)> AlternateAsync(params Func<Task<Run>>[] commands)
{
    List<Run>[] runs = [[], [], []];
    for (int run = 0; run < Runs; run++)
    {
        for (int which = 0; which < commands.Length; which++)
            runs[which].Add(await commands[which]());
    }

    return (Median(runs[0]), Median(runs[1]), Median(runs[2]));
}

static Sample Median(List<Run> runs) => new(
    runs.Select(run => run.Seconds).Order().ElementAt(runs.Count / 2),
    runs.Select(run => run.CpuSeconds).Order().ElementAt(runs.Count / 2));

// bash's own time counts the processor time of all descendants that were waited for.
async Task<Run> ShellAsync(string script, params string[] arguments)
{
    ProcessStartInfo start = new("bash", ["-c", "TIMEFORMAT='%R %U %S'; time { set -e; " + script + "\n}", "bench", .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = root,
    };
    start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
    start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
    // A result from the machine's cache would be measured instead of a build.
    start.Environment["KernelCacheMode"] = "ignore";
    using Process process = Process.Start(start)!;
    Task<string> error = process.StandardError.ReadToEndAsync();
    string output = await process.StandardOutput.ReadToEndAsync();
    await process.WaitForExitAsync();
    string said = (await error).TrimEnd();
    if (process.ExitCode != 0)
        throw new InvalidOperationException($"{script}: exit code {process.ExitCode}\n{output}\n{said}");
    double[] times = [.. said.Split('\n')[^1].Split(' ').Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
    return new Run(times[0], times[1] + times[2], output);
}

void Report()
{
    string results = Path.Combine(root, "bench/RESULTS.md");
    string[] before = File.Exists(results) ? File.ReadAllLines(results) : [];
    // Rows that were not measured now stay, and so does what people wrote below.
    Dictionary<string, string> now = rows.ToDictionary(row => row.Name, row => $"| {row.Name} | {row.Ours} | {row.Theirs} | {row.Floor?.ToString() ?? "–"} | {row.Result} | {row.Aim} | {row.Reached switch { true => "yes", false => "no", null => "–" }} |");
    string[] kept = [.. before.Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1)];
    string[] known = [.. kept.Select(line => line.Split(" | ")[0][2..])];
    string[] words = [.. before.SkipWhile(line => !line.StartsWith('|')).SkipWhile(line => line.StartsWith('|'))];
    List<string> lines =
    [
        "# Measured", "",
        $"Medians of {Runs} runs that alternate, on {Environment.ProcessorCount} cores. Written by `dotnet run bench/bench.cs` after `./build.sh`; seconds of wall clock, with CPU-seconds in brackets.", "",
        "| What | This SDK | Plain tools | Empty `dotnet build` | Result | Aim | Reached |", "|---|---|---|---|---|---|---|",
        .. kept.Select((line, at) => now.GetValueOrDefault(known[at], line)), .. rows.Where(row => !known.Contains(row.Name)).Select(row => now[row.Name]), .. words,
    ];
    File.WriteAllLines(results, lines);
    Console.WriteLine(string.Join('\n', lines));
}

internal sealed record Run(double Seconds, double CpuSeconds, string Output);

internal sealed record Sample(double Seconds, double CpuSeconds)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Seconds:0.00} ({CpuSeconds:0.00})");
}

internal sealed record Row(string Name, Sample Ours, Sample Theirs, Sample? Floor, string Result, string Aim, bool? Reached);

internal sealed class Silent : IDiagnosticSink
{
    public void Report(EveKernel.Core.Diagnostics.Diagnostic diagnostic)
    {
    }
}
