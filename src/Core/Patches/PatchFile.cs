using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Source;

namespace EveKernel.Core.Patches;

/// <summary>A patch: a mail of <c>git format-patch</c>, or a plain diff with or without words before it.</summary>
/// <param name="File">The patch file.</param>
/// <param name="Author">Author and date of the mail; null for a plain diff.</param>
/// <param name="Subject">The subject without its <c>[PATCH …]</c>, else the first line of the words before the diff, else the file's name.</param>
/// <param name="Message">The commit message, which begins with the subject and ends in a line end.</param>
/// <param name="Diff">The diff's bytes as they are in the file, without the mail's signature.</param>
/// <param name="DiffSha256">The digest of <paramref name="Diff"/>: a changed message leaves it as it is.</param>
/// <param name="Files">The files that it touches.</param>
public sealed record PatchFile(
    string File,
    Signature? Author,
    string Subject,
    string Message,
    ReadOnlyMemory<byte> Diff,
    string DiffSha256,
    ImmutableArray<PatchedFile> Files)
{
    /// <summary>The paths that it touches, old and new.</summary>
    internal ImmutableArray<string> Paths => [.. Files.SelectMany(file => new[] { file.OldPath, file.NewPath }).OfType<string>()];

    /// <summary>Reads a patch file.</summary>
    /// <param name="file">The file, absolute.</param>
    /// <param name="strip">How many leading folders of its names to leave out.</param>
    /// <returns>The patch.</returns>
    /// <exception cref="KernelException">EVK2004, EVK2006 to EVK2008.</exception>
    public static PatchFile Read(string file, int strip = 1)
    {
        ArgumentNullException.ThrowIfNull(file);
        byte[] content;
        try
        {
            content = System.IO.File.ReadAllBytes(file);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new KernelException(ErrorCodes.PatchMissing, $"There is no patch file '{file}'.", new(file), exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KernelException(ErrorCodes.PatchUnreadable, $"The patch file '{file}' cannot be read: {exception.Message}", new(file), exception);
        }

        return Parse(file, content, strip);
    }

    /// <summary>Reads a patch from its bytes.</summary>
    /// <param name="file">The name to use in messages.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="strip">How many leading folders of its names to leave out.</param>
    /// <returns>The patch.</returns>
    /// <exception cref="KernelException">EVK2006 to EVK2008.</exception>
    public static PatchFile Parse(string file, ReadOnlyMemory<byte> content, int strip = 1)
    {
        PatchText text = new(file, content);
        int begin = DiffReader.FindBegin(text);
        // The mail comes first: a base64 body has no diff that could be found, and that is what must be said.
        PatchMail mail = PatchMail.Read(text, begin < 0 ? text.Count : begin);
        if (begin < 0)
            throw text.Fail(ErrorCodes.PatchUnreadable, 0, $"'{file}' holds no diff: neither a line 'diff --git' nor a pair '---' and '+++'.");
        (ImmutableArray<PatchedFile> files, int end) = new DiffReader(text, strip).Read(begin);
        ReadOnlyMemory<byte> diff = text.Slice(begin, end);
        return new PatchFile(file, mail.Author, mail.Subject, mail.Message, diff, Digest.OfBytes(diff.Span), files);
    }
}

/// <summary>A file that a patch touches, after the leading folders are left out.</summary>
/// <param name="OldPath">Its path before, or null for a new one.</param>
/// <param name="NewPath">Its path after, or null for a deleted one.</param>
/// <param name="Hunks">Its hunks; none for a mere rename, a mode or a binary change.</param>
/// <param name="Line">The line of the patch file where its part begins.</param>
public sealed record PatchedFile(string? OldPath, string? NewPath, ImmutableArray<PatchHunk> Hunks, int Line)
{
    /// <summary>What its header says beside the names.</summary>
    public PatchedFileHeader Header { get; init; } = new();
}

/// <summary>What the lines between a file's names and its hunks say.</summary>
/// <param name="OldMode">The mode before in octal, where it is told.</param>
/// <param name="NewMode">The mode after, where it is told.</param>
/// <param name="Renames">Whether the file gets another name.</param>
/// <param name="Copies">Whether the file is copied.</param>
/// <param name="Binary">Whether the change is a binary one, which has no hunks.</param>
/// <param name="BinaryParts">How many parts a binary change has: the second is its reverse.</param>
/// <param name="OldId">The blob's id before, shortened as the patch has it; null where it is not told.</param>
/// <param name="NewId">The blob's id after.</param>
/// <param name="Plain">Whether it is a plain diff, whose names alone do not tell a new file.</param>
public sealed record PatchedFileHeader(
    string? OldMode = null,
    string? NewMode = null,
    bool Renames = false,
    bool Copies = false,
    bool Binary = false,
    int BinaryParts = 0,
    string? OldId = null,
    string? NewId = null,
    bool Plain = false);

/// <summary>A hunk.</summary>
/// <param name="OldStart">The line of the old file where it expects its lines, from 1; 0 when it expects none.</param>
/// <param name="Expected">The lines that it expects, context and removed, without line ends.</param>
/// <param name="Line">The line of the patch file where it begins.</param>
/// <param name="NewStart">The line of the new file where its lines begin, from 1; 0 when it leaves none.</param>
public sealed record PatchHunk(int OldStart, ImmutableArray<string> Expected, int Line, int NewStart = 0);
