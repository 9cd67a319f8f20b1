using System.Net;

namespace EveKernel.Core.Patches.Status;

/// <summary>Words for Markdown.</summary>
internal static class MarkdownText
{
    /// <summary>Words of somebody else's, so that nothing in them is taken for markup.</summary>
    /// <param name="words">The words.</param>
    /// <returns>A line.</returns>
    public static string Escape(string words) => WebUtility.HtmlEncode(words)
        .Replace("|", "\\|", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)
        .Replace("`", "\\`", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal).Replace('\n', ' ');
}
