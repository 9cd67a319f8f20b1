#:project ../src/Core/EveKernel.Core.csproj
#:property PublishAot=false
#:property EnforceCodeStyleInBuild=false
// bench [NAME…]: measures the build against the plain tools, alternating, medians of five, and writes RESULTS.md. Run build.sh first; leave the machine alone meanwhile.
using System.Collections;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches;
using EveKernel.Core.Source;

const int Runs = 5;
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
    List<string> lines =
    [
        "# Measured", "",
        $"Medians of {Runs} runs that alternate, on {Environment.ProcessorCount} cores. Written by `dotnet run bench/bench.cs` after `./build.sh`; seconds of wall clock, with CPU-seconds in brackets.", "",
        "| What | This SDK | Plain tools | Empty `dotnet build` | Result | Aim | Reached |", "|---|---|---|---|---|---|---|",
        .. rows.Select(row => $"| {row.Name} | {row.Ours} | {row.Theirs} | {row.Floor?.ToString() ?? "–"} | {row.Result} | {row.Aim} | {(row.Reached ? "yes" : "no")} |"), "",
    ];
    File.WriteAllLines(Path.Combine(root, "bench/RESULTS.md"), lines);
    Console.WriteLine(string.Join('\n', lines));
}

internal sealed record Run(double Seconds, double CpuSeconds, string Output);

internal sealed record Sample(double Seconds, double CpuSeconds)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Seconds:0.00} ({CpuSeconds:0.00})");
}

internal sealed record Row(string Name, Sample Ours, Sample Theirs, Sample? Floor, string Result, string Aim, bool Reached);

internal sealed class Silent : IDiagnosticSink
{
    public void Report(EveKernel.Core.Diagnostics.Diagnostic diagnostic)
    {
    }
}
