namespace EveKernel.Core.Processes;

/// <summary>Words for a POSIX shell.</summary>
public static class ShellQuoting
{
    /// <summary>Quotes a word where a POSIX shell would otherwise change it.</summary>
    /// <param name="word">The word.</param>
    /// <returns>The word, in single quotes if it needs them.</returns>
    public static string Quote(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        bool plain = word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "_-./=:,+@%^".Contains(c, StringComparison.Ordinal));
        return plain ? word : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
    }
}
