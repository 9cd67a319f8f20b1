using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace EveKernel.Core.Source;

/// <summary>git's objects as it stores them (gitformat): ids are SHA-1 over a header and the content, and a tree is a list of <c>mode name\0id</c>.</summary>
internal static class GitFormat
{
    public const string FolderMode = "40000";

    private const int IdLength = 20;

    /// <summary>An object's id.</summary>
    /// <param name="type">blob, tree or commit.</param>
    /// <param name="parts">Its content.</param>
    public static string Id(string type, params IReadOnlyCollection<ReadOnlyMemory<byte>> parts)
    {
#pragma warning disable CA5350 // git's own ids.
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{type} {parts.Sum(part => (long)part.Length)}\0")));
        foreach (ReadOnlyMemory<byte> part in parts)
            hash.AppendData(part.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Takes the first entry off a tree.</summary>
    /// <param name="tree">The tree's content; what follows the entry afterwards.</param>
    /// <param name="mode">The entry's mode in octal.</param>
    /// <param name="name">Its name.</param>
    /// <param name="id">Its id.</param>
    /// <returns>False at the tree's end.</returns>
    public static bool TryReadEntry(ref ReadOnlySpan<byte> tree, out ReadOnlySpan<byte> mode, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> id)
    {
        mode = name = id = default;
        if (tree.IsEmpty)
            return false;
        int space = tree.IndexOf((byte)' ');
        int end = tree.IndexOf((byte)0);
        mode = tree[..space];
        name = tree[(space + 1)..end];
        id = tree.Slice(end + 1, IdLength);
        tree = tree[(end + 1 + IdLength)..];
        return true;
    }
}
