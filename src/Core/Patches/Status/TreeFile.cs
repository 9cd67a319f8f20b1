using EveKernel.Core.Source;

namespace EveKernel.Core.Patches.Status;

/// <summary>A file of a tree, or of a tree with patches on it.</summary>
/// <param name="mode">Its mode in octal, as git has it.</param>
/// <param name="id">Its blob's id, or null when only its lines are known.</param>
/// <param name="read">Reads its lines; null when only its id is known, as after a binary patch.</param>
internal sealed class TreeFile(string mode, string? id, Func<TextLine[]>? read)
{
    public const string LinkMode = "120000";

    private string? _id = id;

    public string Mode { get; } = mode;

    /// <summary>The kind, as git tells it by the mode: a file, a symbolic link or a submodule.</summary>
    public string Kind => Mode[..^3];

    public string Id => _id ??= GitFormat.Id("blob", [.. Lines.Select(line => line.Memory)]);

    public bool HasLines => read is not null;

    public TextLine[] Lines => read is null ? throw new InvalidOperationException("Only the id of this file is known.") : read();
}

/// <summary>Files by their paths.</summary>
internal interface IFileView
{
    /// <summary>A file or symbolic link; null where there is none, or a folder.</summary>
    TreeFile? Find(string path);
}

/// <summary>A view with patches on it. It holds only the files that these change.</summary>
internal sealed class PatchedView(IFileView below) : IFileView
{
    private readonly Dictionary<string, TreeFile?> _changed = new(StringComparer.Ordinal);

    public TreeFile? Find(string path) => _changed.TryGetValue(path, out TreeFile? file) ? file : below.Find(path);

    public bool Touches(PatchImage patch) =>
        patch.Files.Any(file => (file.OldPath is { } old && _changed.ContainsKey(old)) || (file.NewPath is { } @new && _changed.ContainsKey(@new)));

    public void Take(PatchMatch match)
    {
        foreach ((string path, TreeFile? file) in match.Changes)
            _changed[path] = file;
    }
}
