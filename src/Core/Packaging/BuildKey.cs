using System.Security.Cryptography;
using System.Text;

namespace EveKernel.Core.Packaging;

/// <summary>The canonical text of every input that can change a byte, a line each (<c>name value</c>, in a fixed order), and its SHA-256, which is the build key.</summary>
public sealed class BuildKey
{
    private const string Header = "evekernel-key 1\n";
    private readonly StringBuilder _text = new(Header);

    /// <summary>The canonical text so far.</summary>
    public string Text => _text.ToString();

    /// <summary>The key: 64 hex digits.</summary>
    public string Value => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));

    /// <summary>Adds an input.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="value">Its value, or the digest of its content.</param>
    /// <returns>This.</returns>
    public BuildKey Add(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        // A value cannot pretend to be another line.
        string escaped = value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        _text.Append(name).Append(' ').Append(escaped).Append('\n');
        return this;
    }

    /// <summary>Adds a file by its content.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="path">The file.</param>
    /// <returns>This.</returns>
    public BuildKey AddFile(string name, string path) => Add(name, Digest.OfFile(path));
}
