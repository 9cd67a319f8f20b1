using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Tests.Patches;

/// <summary>A store with trees and diffs made by git itself. Of GitCli only the application of diffs is used: the rest is tested where it is written.</summary>
internal sealed class PatchStore : IGit, IDiagnosticSink, IDisposable
{
    private static readonly ImmutableDictionary<string, string> Surroundings = ImmutableDictionary<string, string>.Empty
        .Add("PATH", Environment.GetEnvironmentVariable("PATH")!)
        .Add("GIT_CONFIG_GLOBAL", "/dev/null")
        .Add("GIT_CONFIG_NOSYSTEM", "1");

    private readonly TemporaryFolder _folder = new();
    private readonly GitCli _git = new(Surroundings);
    private int _count;

    public PatchStore() => Run(["init", "-q", "--bare", Store]);

    public string Store => _folder["store"];

    public string Index => _folder["index"];

    public TemporaryFolder Folder => _folder;

    public List<Diagnostic> Reported { get; } = [];

    /// <summary>Writes a tree; a content that begins with <c>-&gt;</c> is a symbolic link, one that begins with <c>#!</c> is executable.</summary>
    public string Tree(params (string Path, string Content)[] files)
    {
        string work = _folder[$"work{++_count}"];
        Directory.CreateDirectory(work);
        foreach ((string path, string content) in files)
        {
            string full = Path.Combine(work, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            if (content.StartsWith("->", StringComparison.Ordinal))
            {
                File.CreateSymbolicLink(full, content[2..]);
                continue;
            }

            File.WriteAllText(full, content);
            if (content.StartsWith("#!", StringComparison.Ordinal))
                File.SetUnixFileMode(full, File.GetUnixFileMode(full) | UnixFileMode.UserExecute);
        }

        ImmutableDictionary<string, string> index = Surroundings.Add("GIT_INDEX_FILE", work + ".index");
        Run([$"--git-dir={Store}", $"--work-tree={work}", "add", "-A", "-f"], index, work);
        return Run([$"--git-dir={Store}", "write-tree"], index);
    }

    public string Diff(string from, string to) => Run([$"--git-dir={Store}", "diff-tree", "-p", "--binary", "-M", "-r", from, to], trim: false);

    public string Commit(string tree) =>
        WriteCommitAsync(Store, tree, null, Someone(0), Someone(0), "Begin\n", default).GetAwaiter().GetResult();

    public string Show(string treeish, string path) => Run([$"--git-dir={Store}", "show", $"{treeish}:{path}"], trim: false);

    public string Git(params string[] arguments) => Run([$"--git-dir={Store}", .. arguments]);

    public static Signature Someone(int seconds) => new("Some One", "some@one.example", DateTimeOffset.FromUnixTimeSeconds(1_700_000_000 + seconds));

    public static string Mail(string subject, string diff) =>
        $"""
        From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001
        From: Ada Lovelace <ada@example.org>
        Date: Tue, 2 Jan 2024 03:04:05 +0100
        Subject: [PATCH 1/2] {subject}

        Why it is so.

        ---
         a | 2 +-

        {diff}-- 
        2.39.5


        """;

    public string Series(params string[] patches)
    {
        string folder = $"series{++_count}";
        for (int number = 0; number < patches.Length; number++)
            _folder.Write($"{folder}/{number + 1:0000}.patch", patches[number]);
        return _folder.Write($"{folder}/series", string.Concat(Enumerable.Range(1, patches.Length).Select(n => $"{n:0000}.patch\n")));
    }

    public void Report(Diagnostic diagnostic) => Reported.Add(diagnostic);

    public Task<ApplyResult> ApplyAsync(
        string store, string index, string tree, ReadOnlyMemory<byte> diff, int strip, ApplyMode mode, CancellationToken cancellation) =>
        _git.ApplyAsync(store, index, tree, diff, strip, mode, cancellation);

    public Task<string> WriteCommitAsync(
        string store, string tree, string? parent, Signature author, Signature committer, string message, CancellationToken cancellation)
    {
        ImmutableDictionary<string, string> who = Surroundings
            .Add("GIT_AUTHOR_NAME", author.Name).Add("GIT_AUTHOR_EMAIL", author.Email).Add("GIT_AUTHOR_DATE", Date(author.Time))
            .Add("GIT_COMMITTER_NAME", committer.Name).Add("GIT_COMMITTER_EMAIL", committer.Email).Add("GIT_COMMITTER_DATE", Date(committer.Time));
        string[] parents = parent is null ? [] : ["-p", parent];
        return Task.FromResult(Run([$"--git-dir={store}", "commit-tree", tree, .. parents, "-m", message.TrimEnd()], who));
    }

    public Task<ImmutableArray<string>> ApplyAllAsync(
        string store, string index, string tree, ImmutableArray<TreeDiff> diffs, CancellationToken cancellation) =>
        _git.ApplyAllAsync(store, index, tree, diffs, cancellation);

    // git's own commit-tree: the ids that GitCli computes must be these.
    public async Task<ImmutableArray<string>> WriteCommitsAsync(string store, string parent, ImmutableArray<NewCommit> commits, CancellationToken cancellation)
    {
        ImmutableArray<string> ids = await _git.WriteCommitsAsync(store, parent, commits, cancellation);
        foreach ((NewCommit commit, string id) in commits.Zip(ids))
        {
            Assert.Equal(await WriteCommitAsync(store, commit.Tree, parent, commit.Author, commit.Committer, commit.Message, cancellation), id);
            parent = id;
        }

        return ids;
    }

    public Task UpdateRefAsync(string store, string name, string commit, CancellationToken cancellation) =>
        Task.FromResult(Run([$"--git-dir={store}", "update-ref", name, commit]));

    public async Task<byte[]?> ReadFileAsync(string store, string treeish, string path, CancellationToken cancellation)
    {
        using MemoryStream bytes = new();
        CommandResult result = await ProcessRunner.RunAsync(
            new Command("git", $"--git-dir={store}", "cat-file", "blob", $"{treeish}:{path}") { Environment = Surroundings },
            cancellation, readOutput: (stream, token) => stream.CopyToAsync(bytes, token));
        return result.Succeeded ? bytes.ToArray() : null;
    }

    public Task<Version> GetVersionAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public Task InitializeStoreAsync(string store, CancellationToken cancellation) => throw new NotSupportedException();

    public Task FetchCommitAsync(string store, string repository, string? branch, string commit, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<string?> FindBranchAsync(string repository, string branch, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<CommitInfo?> FindCommitAsync(string store, string commit, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<string> WriteSnapshotAsync(string store, string folder, string index, CancellationToken cancellation) => throw new NotSupportedException();

    public Task CheckOutAsync(string store, string tree, string folder, string index, CancellationToken cancellation) => throw new NotSupportedException();

    public Task CheckOutPathsAsync(
        string store, string tree, IReadOnlyList<string> paths, string folder, string index, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<bool> HasHistoryAsync(string repository, string commit, CancellationToken cancellation) => throw new NotSupportedException();

    public void Dispose() => _folder.Dispose();

    private static string Date(DateTimeOffset time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.ToUnixTimeSeconds()} {(time.Offset < TimeSpan.Zero ? '-' : '+')}{time.Offset:hhmm}");

    private static string Run(string[] arguments, ImmutableDictionary<string, string>? environment = null, string? folder = null, bool trim = true)
    {
        Command command = new("git", arguments) { Environment = environment ?? Surroundings, WorkingDirectory = folder };
        CommandResult result = ProcessRunner.RunAsync(command, default).GetAwaiter().GetResult();
        Assert.True(result.Succeeded, $"{command}: {result.StandardError}");
        return trim ? result.StandardOutput.Trim() : result.StandardOutput;
    }
}
