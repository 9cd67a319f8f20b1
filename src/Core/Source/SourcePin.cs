namespace EveKernel.Core.Source;

/// <summary>What a project says of where its kernel tree comes from.</summary>
public abstract record SourcePin;

/// <summary>A commit of a git repository.</summary>
/// <param name="Repository">https, ssh, file URL or absolute path; without user information.</param>
/// <param name="Branch">The branch that holds the commit, or null.</param>
/// <param name="Commit">The full id of 40 hex digits, or null, which is an error unless <paramref name="AllowFloating"/>.</param>
/// <param name="AllowFloating">Whether the branch's head may stand in for a commit.</param>
public sealed record GitPin(string Repository, string? Branch, string? Commit, bool AllowFloating = false) : SourcePin;

/// <summary>A source tarball: .tar, .tar.gz, .tar.xz or .tar.zst, told by its first bytes.</summary>
/// <param name="Location">An absolute path or an http(s) URL.</param>
/// <param name="Sha256">The digest of the file as it travels, 64 hex digits.</param>
public sealed record ArchivePin(string Location, string Sha256) : SourcePin;

/// <summary>A tree that somebody edits. It is never written to.</summary>
/// <param name="Folder">Its absolute path.</param>
public sealed record DirectoryPin(string Folder) : SourcePin;
