using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Loop;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;
using EveKernel.Tests.Source;

namespace EveKernel.Tests.Loop;

/// <summary>A small kernel in a store, a series of three patches that git made, and whoever edits them with plain git.</summary>
internal sealed class LoopSetup : IDisposable
{
    /// <summary>What a developer has in the environment: an identity.</summary>
    internal static readonly ImmutableDictionary<string, string> Environment = ImmutableDictionary<string, string>.Empty
        .Add("PATH", System.Environment.GetEnvironmentVariable("PATH")!)
        .Add("HOME", "/nowhere");

    private static readonly ImmutableDictionary<string, string> Developer = Environment
        .Add("GIT_CONFIG_GLOBAL", "/dev/null").Add("GIT_CONFIG_NOSYSTEM", "1").Add("GIT_EDITOR", ":").Add("GIT_SEQUENCE_EDITOR", ":")
        .Add("GIT_AUTHOR_NAME", "Dev Eloper").Add("GIT_AUTHOR_EMAIL", "dev@example.org").Add("GIT_COMMITTER_NAME", "Dev Eloper")
        .Add("GIT_COMMITTER_EMAIL", "dev@example.org");

    private readonly SourceSetup _source = new();

    internal LoopSetup()
    {
        Git = new GitCli(Environment);
        Base = _source.Commit(("a.c", Lines(60)), ("b.c", Lines(60)), (".gitignore", "*.o\n"));
        Change("a.c", "a: Change ten\n\nWhy ten.\n\nUpstream: none\nSigned-off-by: Dev Eloper <dev@example.org>", (10, "ten"));
        Change("b.c", "b: Change twenty, with a subject so long that git has to fold it in the mail's header", (20, "twenty"));
        Change("a.c", "a: Change forty\n\nWhy fourty.", (40, "forty"));
        Run(_source.Repository, "format-patch", "-q", "-o", this["series"], $"{Base}..");
        Files = [.. Directory.EnumerateFiles(this["series"]).Order(StringComparer.Ordinal)];
        // What people add behind the rule stays.
        Edit(Files[0], "---\n", "---\nv2: said why.\n\n");
        _source.Write("series/series", "# What we carry\n" + string.Concat(Files.Select(file => $"{Path.GetFileName(file)}  # kept\n")));
        Run(_source.Repository, "reset", "-q", "--hard", Base);
        Fetch(Base);
    }

    internal GitCli Git { get; }

    internal string Base { get; }

    internal string Series => this["series/series"];

    internal ImmutableArray<string> Files { get; }

    internal ListSink Sink { get; } = new();

    internal string Folder => this["edit"];

    internal EditTree Tree => new(Git, Folder);

    internal PatchRefresher Refresher => new(Tree, Sink);

    internal string this[string relative] => _source[relative];

    internal static string Lines(int count, params (int Line, string Text)[] changed) =>
        string.Concat(Enumerable.Range(1, count)
            .Select(line => (changed.FirstOrDefault(one => one.Line == line).Text ?? string.Create(CultureInfo.InvariantCulture, $"l{line}")) + "\n"));

    internal EditSource Source(string? commit = null) => new(
        this["x.kernelproj"], _source.Store, commit ?? Base, Run(_source.Repository, "rev-parse", $"{commit ?? Base}^{{tree}}"),
        DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), [Series], false);

    internal Task<EditRecord> EditAsync(string? commit = null) => new EditMaker(Tree, Sink).MakeAsync(Source(commit), default);

    internal async Task<string[]> RefreshAsync(string patch = "", string pin = "") => [.. await Refresher.RefreshAsync([Series], patch, pin, default)];

    /// <summary>git as the developer runs it in the edit tree.</summary>
    internal string InTree(params string[] arguments) => Run(Folder, arguments);

    internal static string Run(string folder, params string[] arguments)
    {
        CommandResult result = TryRun(folder, arguments);
        Assert.True(result.Succeeded, $"git {string.Join(' ', arguments)}: {result.StandardError}");
        return result.StandardOutput.TrimEnd('\n');
    }

    internal static CommandResult TryRun(string folder, params string[] arguments) =>
        ProcessRunner.RunAsync(new Command("git", ["-c", "safe.directory=*", .. arguments]) { WorkingDirectory = folder, Environment = Developer },
            default).GetAwaiter().GetResult();

    internal void EditTreeFile(string file, string old, string text) => Edit(Path.Combine(Folder, file), old, text);

    internal static void Edit(string file, string old, string text)
    {
        string content = File.ReadAllText(file);
        Assert.Contains(old, content, StringComparison.Ordinal);
        File.WriteAllText(file, content.Replace(old, text, StringComparison.Ordinal));
    }

    /// <summary>A further commit of the kernel's own branch, which the store then has.</summary>
    internal string Upstream(params (string Path, string Content)[] files)
    {
        string commit = _source.Commit(files);
        Fetch(commit);
        return commit;
    }

    internal string[] Read() => [.. Files.Select(File.ReadAllText)];

    /// <summary>The tree that the series gives on a commit, as a build finds it.</summary>
    internal string PatchedTree(string? commit = null) => Apply(commit).Tree;

    internal PatchedTree Apply(string? commit = null)
    {
        EditSource source = Source(commit);
        return new SeriesApplier(Git, source.Store, Sink).ApplyAsync(
            source.Commit, source.Tree, source.CommitTime, [PatchSeries.Read(Series)], AlreadyApplied.Skip, this["check.index"],
                default).GetAwaiter().GetResult();
    }

    /// <summary>The tree of what the work tree holds, whatever git's index there says.</summary>
    internal string WorkTree() => Git.WriteSnapshotAsync(_source.Store, Folder, this["snapshot.index"], default).GetAwaiter().GetResult();

    public void Dispose() => _source.Dispose();

    private void Change(string file, string message, params (int Line, string Text)[] changed)
    {
        string path = Path.Combine(_source.Repository, file);
        string[] lines = File.ReadAllLines(path);
        foreach ((int line, string text) in changed)
            lines[line - 1] = text;
        File.WriteAllText(path, string.Join('\n', lines) + "\n");
        Run(_source.Repository, "commit", "-q", "-a", "-m", message, $"--date={1_700_000_000 + changed[0].Line} +0100");
    }

    private void Fetch(string commit)
    {
        Git.InitializeStoreAsync(_source.Store, default).GetAwaiter().GetResult();
        Git.FetchCommitAsync(_source.Store, _source.Repository, null, commit, default).GetAwaiter().GetResult();
    }
}
