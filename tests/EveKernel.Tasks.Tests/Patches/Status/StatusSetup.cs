using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Patches;
using EveKernel.Core.Patches.Status;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Tests.Patches.Status;

/// <summary>A repository with branches made by rules, and the matrix over them.</summary>
internal sealed class StatusSetup : IDiagnosticSink, IDisposable
{
    public static readonly ImmutableDictionary<string, string> Environment = ImmutableDictionary<string, string>.Empty
        .Add("PATH", System.Environment.GetEnvironmentVariable("PATH")!).Add("HOME", "/nowhere");

    private readonly TemporaryFolder _folder = new();
    private int _clock = 1_700_000_000;
    private int _series;

    public StatusSetup() => Assert.True(GitOracle.Run(["init", "-q", "--bare", Repository]).Succeeded);

    public string Repository => _folder["kernel.git"];

    public string HistoryStore => _folder["cache/history.git"];

    public List<Diagnostic> Reported { get; } = [];

    public static GitCli Git => new(Environment);

    public TemporaryFolder Folder => _folder;

    public void Report(Diagnostic diagnostic) => Reported.Add(diagnostic);

    /// <summary>Puts a commit on a branch; a null content takes a file away.</summary>
    public string Commit(string branch, string message, params (string Path, string? Content)[] files)
    {
        string parent = GitOracle.Run(["rev-parse", "-q", "--verify", $"refs/heads/{branch}"], Repository).StandardOutput.Trim();
        StringBuilder import = new();
        import.Append(CultureInfo.InvariantCulture,
            $"commit refs/heads/{branch}\ncommitter A <a@a> {++_clock} +0000\ndata {Encoding.UTF8.GetByteCount(message)}\n{message}\n");
        if (parent.Length > 0)
            import.Append(CultureInfo.InvariantCulture, $"from {parent}\n");
        foreach ((string path, string? content) in parent.Length > 0 ? files
            : [("Makefile", "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 1\nEXTRAVERSION =\n"), .. files])
            import.Append(content is null ? $"D {path}\n"
                : string.Create(CultureInfo.InvariantCulture, $"M 100644 inline {path}\ndata {Encoding.UTF8.GetByteCount(content)}\n{content}\n"));
        CommandResult result = GitOracle.Run(["fast-import", "--quiet", "--force"], Repository, null, Encoding.UTF8.GetBytes(import.Append('\n').ToString()));
        Assert.True(result.Succeeded, result.StandardError);
        return GitOracle.Git(Repository, "rev-parse", $"refs/heads/{branch}").Trim();
    }

    /// <summary>Puts commits of one file each on a branch that is there.</summary>
    /// <returns>Their ids.</returns>
    public string[] Commits(string branch, params (string Message, (string Path, string Content) File)[] commits)
    {
        if (commits.Length == 0)
            return [];
        StringBuilder import = new();
        string from = $"from refs/heads/{branch}^0\n";
        foreach ((string message, (string path, string content)) in commits)
        {
            import.Append(CultureInfo.InvariantCulture,
                $"commit refs/heads/{branch}\ncommitter A <a@a> {++_clock} +0000\ndata {Encoding.UTF8.GetByteCount(message)}\n{message}\n{from}")
                .Append(CultureInfo.InvariantCulture, $"M 100644 inline {path}\ndata {Encoding.UTF8.GetByteCount(content)}\n{content}\n");
            from = "";
        }

        CommandResult result = GitOracle.Run(["fast-import", "--quiet", "--force"], Repository, null, Encoding.UTF8.GetBytes(import.ToString()));
        Assert.True(result.Succeeded, result.StandardError);
        string count = commits.Length.ToString(CultureInfo.InvariantCulture);
        return [.. GitOracle.Git(Repository, "rev-list", "--reverse", "-n", count, $"refs/heads/{branch}").Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    /// <summary>A new branch at a commit.</summary>
    public void Branch(string name, string at) => GitOracle.Git(Repository, "update-ref", $"refs/heads/{name}", at);

    /// <summary>A mail of what one commit changes, with more trailers if need be.</summary>
    public string Mail(string commit, string? message = null)
    {
        string subject = message?.Split('\n')[0] ?? GitOracle.Git(Repository, "log", "-1", "--format=%s", commit).Trim();
        string body = message is null ? "" : string.Join('\n', message.Split('\n').Skip(1));
        return $"From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\nFrom: A <a@a>\nDate: Tue, 2 Jan 2024 03:04:05 +0100\n" +
            $"Subject: [PATCH] {subject}\n\n{body}\n---\n{Diff(commit)}-- \n2.39\n";
    }

    public string Diff(string commit) => GitOracle.Git(Repository, "diff-tree", "-p", "-r", "-M", "--binary", "--full-index", commit + "^", commit);

    public string Series(params string[] patches)
    {
        string folder = $"series{++_series}";
        for (int at = 0; at < patches.Length; at++)
            _folder.Write($"{folder}/{at + 1:0000}.patch", patches[at]);
        return _folder.Write($"{folder}/series", string.Concat(Enumerable.Range(1, patches.Length).Select(number => $"{number:0000}.patch\n")));
    }

    public TreeFetcher Fetcher() =>
        new(Git, new SourceFetcher(Git, _folder["cache/objects.git"], this, new ArchiveImporter(Environment)), _folder["cache/objects.git"], HistoryStore,
            this);

    public async Task<StatusMatrix> RunAsync(string series, params TreeRequest[] requests) =>
        await new StatusRun(Git, this).RunAsync(await Fetcher().FindAsync([.. requests], default), [(PatchSeries.Read(series), [])], default);

    public async Task<PatchStatus> JudgeAsync(string branch, string series, int patch = 0, string arch = "amd64", bool carries = false) =>
        (await RunAsync(series, Request(branch, arch, carries))).Verdicts.Single(one => one.Patch == patch);

    public TreeRequest Request(string branch, string arch = "amd64", bool carries = false) =>
        new(branch, new GitPin(Repository, branch, null), arch, arch == "amd64" ? "x86" : arch, "generic", Carries: carries);

    public static string Lines(int count, params (int Line, string Text)[] changes) =>
        string.Concat(Enumerable.Range(1, count).Select(line =>
            (changes.FirstOrDefault(change => change.Line == line).Text ?? string.Create(CultureInfo.InvariantCulture, $"\tstatement number {line};")) + "\n"));

    public void Dispose() => _folder.Dispose();
}
