namespace EveKernel.Core.Diagnostics;

/// <summary>Whose failure a code stands for: a retry can only help against the second kind.</summary>
public enum ErrorKind
{
    /// <summary>Something in the project, its inputs or the source must be changed.</summary>
    User,

    /// <summary>The network, a disk, memory or a killed process: the same inputs may well succeed later.</summary>
    Infrastructure,
}

/// <summary>A stable code of a failure. docs/errors.md has a section for each, and a test holds the two together.</summary>
/// <param name="Id"><c>EVK</c> and four digits. The first digit is the range: 1 source, 2 patches, 3 configuration, 4 make,
/// 5 packaging and feeds, 6 verification, 9 the host.</param>
/// <param name="Title">The failure in a few words, as the heading in docs/errors.md has it.</param>
/// <param name="Kind">Whose failure it is.</param>
public sealed record ErrorCode(string Id, string Title, ErrorKind Kind = ErrorKind.User)
{
    /// <inheritdoc />
    public override string ToString() => Id;
}
