using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace EveKernel.Core.Make;

/// <summary>Which files of a tree a compiler or assembler has read for a result, by what kbuild itself keeps of each target in a <c>.cmd</c> file: the command,
/// the source and what that included. Only what the result was made from counts, never what else lies in O= from other configurations.</summary>
/// <param name="tree">The source tree.</param>
/// <param name="objectTree">O=.</param>
public sealed partial class CompiledSources(string tree, string objectTree)
{
    private static readonly char[] Separators = [' ', '\t', '"', '\'', ';', '(', ')', '=', ',', '<', '>', '|', '&', '\\'];

    private readonly string _tree = Path.GetFullPath(tree).TrimEnd('/') + "/";
    private readonly string _objects = Path.GetFullPath(objectTree).TrimEnd('/') + "/";
    private readonly Dictionary<string, string> _full = new(StringComparer.Ordinal);

    /// <summary>The files for a whole kernel.</summary>
    /// <param name="imagePath">The image below O=.</param>
    /// <param name="sourceArch">The folder below arch/.</param>
    /// <returns>The files.</returns>
    public SourceFiles OfKernel(string imagePath, string sourceArch)
    {
        string order = Path.Combine(objectTree, "modules.order");
        IEnumerable<string> modules = File.Exists(order) ? File.ReadLines(order).Select(line => Path.ChangeExtension(line.Trim(), ".ko")) : [];
        // Each line of kernels has other ones of these; what is not there was not made.
        return Of([
            "vmlinux.a", "built-in.a", "lib/lib.a", $"arch/{sourceArch}/lib/lib.a", "vmlinux", "init/version-timestamp.o",
            $"arch/{sourceArch}/kernel/vmlinux.lds", imagePath, .. modules,
        ]);
    }

    /// <summary>The files for some targets.</summary>
    /// <param name="targets">Paths below O=; those that kbuild keeps no command of are left out.</param>
    /// <returns>The files.</returns>
    public SourceFiles Of(IEnumerable<string> targets)
    {
        Dictionary<string, string> commands = FindCommands();
        // A header of offsets is made from an assembler file by a rule that keeps no command.
        ILookup<string, string> assembled = commands.Keys.Where(target => target.EndsWith(".s", StringComparison.Ordinal))
            .ToLookup(target => Path.GetFileNameWithoutExtension(target), StringComparer.Ordinal);
        HashSet<string> compiled = new(StringComparer.Ordinal);
        HashSet<string> read = new(StringComparer.Ordinal);
        HashSet<string> seen = new(StringComparer.Ordinal);
        Stack<string> left = new(targets);
        while (left.TryPop(out string? target))
        {
            if (!commands.TryGetValue(target, out string? file) || !seen.Add(target))
                continue;
            KeptCommand command = KeptCommand.Read(file);
            if (command.Source is { } source)
                compiled.Add(Full(source));
            read.UnionWith(command.Dependencies.Select(Full));
            foreach (string path in command.Words(Separators).Concat(ListedIn(command)).Concat(Included(command)).Concat(command.Dependencies))
            {
                if (Full(path) is { } full && full.StartsWith(_objects, StringComparison.Ordinal) && full[_objects.Length..] is { } below && below != target)
                {
                    left.Push(below);
                    if (below.EndsWith(".h", StringComparison.Ordinal))
                        assembled[Path.GetFileNameWithoutExtension(below)].ToList().ForEach(left.Push);
                }
            }
        }

        return new SourceFiles(InTree(compiled), InTree(read.Except(compiled)));
    }

    private ImmutableSortedSet<string> InTree(IEnumerable<string> paths) =>
        paths.Where(path => path.StartsWith(_tree, StringComparison.Ordinal) && !path.StartsWith(_objects, StringComparison.Ordinal) && File.Exists(path))
            .Select(path => path[_tree.Length..])
            // Whoever speaks Estonian sorts z before u.
            .ToImmutableSortedSet(StringComparer.Ordinal);

    private Dictionary<string, string> FindCommands()
    {
        EnumerationOptions everywhere = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        Dictionary<string, string> commands = new(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(objectTree, ".*.cmd", everywhere))
        {
            string name = Path.GetFileName(file);
            commands[Path.GetRelativePath(objectTree, Path.Combine(Path.GetDirectoryName(file)!, name[1..^4]))] = file;
        }

        return commands;
    }

    // ld takes a module's objects from a list in a file.
    private IEnumerable<string> ListedIn(KeptCommand command) => command.Words([' ', '\t'])
        .Where(word => word.StartsWith('@') && File.Exists(Full(word[1..])))
        .SelectMany(word => File.ReadAllText(Full(word[1..])).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    // What the assembler takes in as it is, which no list of dependencies has: realmode code, the compressed kernel.
    private IEnumerable<string> Included(KeptCommand command) =>
        command.Source is { } source && source.EndsWith(".S", StringComparison.Ordinal) && File.Exists(Full(source))
            ? IncludeBinary.Matches(File.ReadAllText(Full(source))).Select(match => match.Groups[1].Value)
            : [];

    // make runs in O=. A path is met a thousand times.
    private string Full(string path)
    {
        if (!_full.TryGetValue(path, out string? full))
            _full[path] = full = Path.GetFullPath(path, _objects);
        return full;
    }

    [GeneratedRegex("\\.incbin\\s+\"([^\"]+)\"")]
    private static partial Regex IncludeBinary { get; }
}

/// <summary>Files of a tree that a result was made from.</summary>
/// <param name="Compiled">Those that were compiled, assembled or preprocessed themselves, relative to the tree.</param>
/// <param name="Included">Those that these included, relative to the tree.</param>
public sealed record SourceFiles(ImmutableSortedSet<string> Compiled, ImmutableSortedSet<string> Included);

/// <summary>A <c>.cmd</c> file of kbuild's, as scripts/Kbuild.include and scripts/basic/fixdep.c write it.</summary>
/// <param name="Command">The command.</param>
/// <param name="Source">What it compiled, or null.</param>
/// <param name="Dependencies">What that included.</param>
internal sealed record KeptCommand(string Command, string? Source, ImmutableArray<string> Dependencies)
{
    private static readonly char[] Blanks = [' ', '\t', '\\'];

    public static KeptCommand Read(string file)
    {
        string command = "";
        string? source = null;
        ImmutableArray<string>.Builder dependencies = ImmutableArray.CreateBuilder<string>();
        bool inDependencies = false;
        foreach (string line in File.ReadLines(file))
        {
            if (inDependencies)
            {
                string word = line.Trim(Blanks);
                inDependencies = word.Length > 0;
                // $(wildcard include/config/…) is an option and no file.
                if (inDependencies && !word.StartsWith('$'))
                    dependencies.Add(word);
            }
            else if (line.IndexOf(" := ", StringComparison.Ordinal) is var at && at >= 0)
            {
                if (line.StartsWith("source_", StringComparison.Ordinal))
                    source = line[(at + 4)..].Trim();
                else if (line.StartsWith("deps_", StringComparison.Ordinal))
                    inDependencies = true;
                else if (line.StartsWith("savedcmd_", StringComparison.Ordinal) || line.StartsWith("cmd_", StringComparison.Ordinal))
                    command = line[(at + 4)..];
            }
        }

        return new KeptCommand(command, source, dependencies.DrainToImmutable());
    }

    /// <summary>The words of the command that may be files, those of <c>printf "folder/%s " file…</c> with their folder.</summary>
    public IEnumerable<string> Words(char[] separators)
    {
        const string begin = "printf \"";
        const string end = "%s \" ";
        int at = Command.IndexOf(begin, StringComparison.Ordinal);
        int to = at < 0 ? -1 : Command.IndexOf(end, at, StringComparison.Ordinal);
        string folder = to < 0 ? "" : Command[(at + begin.Length)..to];
        foreach (string word in Command.Split(separators, StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.StartsWith('-') || !word.Contains('.', StringComparison.Ordinal) && !word.Contains('/', StringComparison.Ordinal) && word != "vmlinux")
                continue;
            yield return word;
            if (folder.Length > 0)
                yield return folder + word;
        }
    }
}
