using System.Globalization;
using System.Text;

namespace EveKernel.Core.Source;

/// <summary>A commit as git stores it (gitformat, "commit objects"), byte for byte as <c>git commit-tree</c> writes it.</summary>
internal static class CommitObject
{
    // What git leaves out at both ends of a name or mail address.
    private static readonly char[] Crud = [.. Enumerable.Range(0, 33).Select(code => (char)code), '.', ',', ':', ';', '<', '>', '"', '\\', '\''];

    /// <summary>The object's content, without its header.</summary>
    public static byte[] Content(NewCommit commit, string parent) => Encoding.UTF8.GetBytes(
        $"tree {commit.Tree}\nparent {parent}\nauthor {Line(commit.Author)}\ncommitter {Line(commit.Committer)}\n\n{commit.Message}");

    private static string Line(Signature who)
    {
        string sign = who.Time.Offset < TimeSpan.Zero ? "-" : "+";
        return string.Create(CultureInfo.InvariantCulture, $"{Clean(who.Name)} <{Clean(who.Email)}> {who.Time.ToUnixTimeSeconds()} {sign}{who.Time.Offset:hhmm}");
    }

    private static string Clean(string text) => text.Trim(Crud).Replace("\n", "", StringComparison.Ordinal).Replace("<", "", StringComparison.Ordinal)
        .Replace(">", "", StringComparison.Ordinal);
}
