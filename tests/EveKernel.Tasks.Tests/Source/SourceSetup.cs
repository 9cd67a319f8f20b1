using System.Collections;
using System.Collections.Immutable;
using System.Diagnostics;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Source;

namespace EveKernel.Tests.Source;

/// <summary>A store, and a small kernel repository made with plain git.</summary>
internal sealed class SourceSetup : IDisposable
{
    internal const string Makefile = "# SPDX-License-Identifier: GPL-2.0\nVERSION = 7\nPATCHLEVEL = 2\nSUBLEVEL = 0\nEXTRAVERSION = -rc3\nNAME = Test\n";

    private readonly TemporaryFolder _folder = new();

    internal SourceSetup()
    {
        // Settings of a user that would change every file, were they heeded.
        _folder.Write("home/.gitconfig", "[core]\n\tautocrlf = true\n\thooksPath = /nowhere\n[user]\n\tname = Somebody\n\temail = some@body\n[commit]\n\tgpgSign = true\n");
        Environment = System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToImmutableDictionary(entry => (string)entry.Key, entry => (string)entry.Value!)
            .SetItem("HOME", _folder["home"]);
        Git = new GitCli(Environment);
    }

    internal ImmutableDictionary<string, string> Environment { get; set; }

    internal GitCli Git { get; set; }

    internal string Store => _folder["cache/store"];

    internal string Repository => _folder["kernel"];

    internal string this[string relative] => _folder[relative];

    internal SourceFetcher Fetcher(IDiagnosticSink? sink = null, WatchedGit? git = null) =>
        new(git ?? new WatchedGit(Git), Store, sink ?? new ListSink(), new ArchiveImporter(Environment));

    internal string Write(string relative, string content) => _folder.Write(relative, content);

    /// <summary>Commits the files to the repository, which is made if need be.</summary>
    internal string Commit(params (string Path, string Content)[] files)
    {
        if (!Directory.Exists(Repository))
            Plain("/", "init", "-q", "-b", "main", Repository);
        foreach ((string path, string content) in files.Append(("Makefile", Makefile)))
            Write($"kernel/{path}", content);
        Plain(Repository, "-c", "core.autocrlf=false", "add", "-A", "-f");
        Plain(Repository, "-c", "commit.gpgSign=false", "-c", "core.autocrlf=false", "commit", "-q", "--allow-empty", "-m", "A change");
        return Plain(Repository, "rev-parse", "HEAD").Trim();
    }

    internal string Plain(string folder, params string[] arguments) => Run(folder, "git", arguments);

    internal string Run(string folder, string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = _folder["home"];
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {error}");
    }

    public void Dispose() => _folder.Dispose();
}

internal sealed class ListSink : IDiagnosticSink
{
    private readonly List<Diagnostic> _seen = [];

    internal IReadOnlyList<Diagnostic> Seen
    {
        get
        {
            lock (_seen)
                return [.. _seen];
        }
    }

    public void Report(Diagnostic diagnostic)
    {
        lock (_seen)
            _seen.Add(diagnostic);
    }
}
