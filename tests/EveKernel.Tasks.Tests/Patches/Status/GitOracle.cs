using System.Collections.Immutable;
using System.Text;
using EveKernel.Core.Patches;
using EveKernel.Core.Patches.Status;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Tests.Patches.Status;

/// <summary>git's own answers, to hold ours against.</summary>
internal sealed class GitOracle(string store, string folder) : IDisposable
{
    private static readonly ImmutableDictionary<string, string> Surroundings = ImmutableDictionary<string, string>.Empty
        .Add("PATH", Environment.GetEnvironmentVariable("PATH")!)
        .Add("GIT_CONFIG_GLOBAL", "/dev/null")
        .Add("GIT_CONFIG_NOSYSTEM", "1")
        .Add("GIT_AUTHOR_NAME", "A").Add("GIT_AUTHOR_EMAIL", "a@a").Add("GIT_COMMITTER_NAME", "A").Add("GIT_COMMITTER_EMAIL", "a@a");

    private readonly Dictionary<string, string> _indexes = [];
    private readonly GitCli _git = new(Surroundings);
    private readonly Dictionary<string, (IGitObjects Objects, TreeFiles Files)> _trees = [];

    public static CommandResult Run(string[] arguments, string? store = null, string? index = null, byte[]? input = null)
    {
        Command command = new("git", store is null ? arguments : [$"--git-dir={store}", .. arguments])
        {
            Environment = index is null ? Surroundings : Surroundings.Add("GIT_INDEX_FILE", index),
        };
        return ProcessRunner.RunAsync(command, default, input is null ? null : async (stream, token) => await stream.WriteAsync(input, token)).GetAwaiter()
            .GetResult();
    }

    public static string Git(string store, params string[] arguments)
    {
        CommandResult result = Run(arguments, store);
        Assert.True(result.Succeeded, $"git {string.Join(' ', arguments)}: {result.StandardError}");
        return result.StandardOutput;
    }

    /// <summary>Compares the answers for a patch on a tree, both ways; null when they agree, else what they say.</summary>
    public string? Disagreement(byte[] diff, string tree)
    {
        PatchImage image = PatchImage.Of(PatchFile.Parse("generated.patch", diff));
        foreach (bool reverse in (bool[])[false, true])
        {
            PatchMatch ours = PatchMatcher.Match(reverse ? image.Reversed : image, Files(tree));
            CommandResult theirs = Run(["apply", "--cached", "--check", "--whitespace=nowarn", .. reverse ? (string[])["--reverse"] : []], store, Index(tree),
                diff);
            if (ours.Applies != theirs.Succeeded)
                return $"{(reverse ? "reverse" : "forward")}: git says {(theirs.Succeeded ? "yes" : theirs.StandardError.Trim())}; we say {ours.Applies}";
            if (ours.Applies && Content(tree, diff, reverse, ours) is { } difference)
                return difference;
        }

        return null;
    }

    public bool Applies(byte[] diff, string tree, bool reverse = false) =>
        Run(["apply", "--cached", "--check", "--whitespace=nowarn", .. reverse ? (string[])["--reverse"] : []], store, Index(tree), diff).Succeeded;

    public TreeFiles Files(string tree)
    {
        if (!_trees.TryGetValue(tree, out (IGitObjects Objects, TreeFiles Files) open))
        {
            IGitObjects objects = _git.OpenObjects(store);
            _trees[tree] = open = (objects, new TreeFiles(objects, tree, default));
        }

        return open.Files;
    }

    public void Dispose()
    {
        foreach ((IGitObjects objects, _) in _trees.Values)
            objects.Dispose();
    }

    private string? Content(string tree, byte[] diff, bool reverse, PatchMatch ours)
    {
        string index = Path.Combine(folder, "applied.index");
        File.Copy(Index(tree), index, overwrite: true);
        Run(["apply", "--cached", "--whitespace=nowarn", .. reverse ? (string[])["--reverse"] : []], store, index, diff);
        Dictionary<string, string> entries = Run(["ls-files", "-s", "-z"], store, index).StandardOutput.Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('\t')).ToDictionary(fields => fields[1], fields => fields[0]);
        foreach ((string path, TreeFile? file) in ours.Changes)
        {
            string? git = entries.GetValueOrDefault(path);
            string? own = file is null ? null : $"{file.Mode} {file.Id} 0";
            if (git != own)
                return $"{(reverse ? "reverse" : "forward")} {path}: git leaves '{git}', we leave '{own}'";
        }

        return null;
    }

    /// <summary>The files to put into the index; none means all.</summary>
    public string[] Paths { get; init; } = [];

    private string Index(string tree)
    {
        if (!_indexes.TryGetValue(tree, out string? index))
        {
            _indexes[tree] = index = Path.Combine(folder, tree + ".index");
            // git reads and writes its whole index each time: for thousands of patches on a kernel, one of the files in question must do.
            byte[]? listing = Paths.Length == 0 ? null : Encoding.UTF8.GetBytes(Git(store, ["ls-tree", "-r", "-z", "--full-tree", tree, "--", .. Paths]));
            Assert.True(Run(listing is null ? ["read-tree", tree] : ["update-index", "-z", "--index-info"], store, index, listing).Succeeded);
        }

        return index;
    }
}
