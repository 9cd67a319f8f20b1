using System.Collections.Immutable;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Make;

/// <summary>
/// Remembers in the <c>O=</c> folder which files make has warned about. make warns once: an object that is fresh says nothing any more, whether its make failed
/// for another reason, its proof failed, or its directory was no gate then. So a gate has what was ever warned about compiled again, rather than believe silence.
/// </summary>
/// <param name="outputTree">The <c>O=</c> folder.</param>
public sealed class WarnedFiles(string outputTree)
{
    // What begins so is never deleted as left by an interrupted make.
    private const string FileName = ".evekernel-warned";

    private readonly string _path = Path.Combine(outputTree, FileName);

    /// <summary>The files.</summary>
    /// <returns>Paths relative to the tree or to <c>O=</c>.</returns>
    public ImmutableSortedSet<string> Read() =>
        File.Exists(_path) ? File.ReadAllLines(_path).ToImmutableSortedSet(StringComparer.Ordinal) : ImmutableSortedSet<string>.Empty;

    /// <summary>Remembers files, durably.</summary>
    /// <param name="files">Paths relative to the tree or to <c>O=</c>.</param>
    public void Add(IEnumerable<string> files)
    {
        ImmutableSortedSet<string> before = Read();
        Write(before, before.Union(files));
    }

    /// <summary>Forgets files whose objects are gone.</summary>
    /// <param name="files">Paths as they were added.</param>
    public void Remove(IEnumerable<string> files)
    {
        ImmutableSortedSet<string> before = Read();
        Write(before, before.Except(files));
    }

    private void Write(ImmutableSortedSet<string> before, ImmutableSortedSet<string> after)
    {
        if (before.Count != after.Count)
            DurableFile.WriteAllText(_path, string.Concat(after.Select(file => file + "\n")));
    }
}
