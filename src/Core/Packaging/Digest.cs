using System.Security.Cryptography;
using System.Text;

namespace EveKernel.Core.Packaging;

/// <summary>SHA-256 digests as 64 lower-case hex digits.</summary>
public static class Digest
{
    /// <summary>A file's digest.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The digest.</returns>
    public static string OfFile(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>A text's digest.</summary>
    /// <param name="text">The text, of which the UTF-8 form counts.</param>
    /// <returns>The digest.</returns>
    public static string OfText(string text) => OfBytes(Encoding.UTF8.GetBytes(text));

    /// <summary>The digest of bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>The digest.</returns>
    public static string OfBytes(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>The digest of what is left of a stream.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The digest.</returns>
    public static async Task<string> OfStreamAsync(Stream stream, CancellationToken cancellation) =>
        Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation).ConfigureAwait(false));
}
