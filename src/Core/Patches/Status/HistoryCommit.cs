using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using EveKernel.Core.Processes;
using EveKernel.Core.Source;

namespace EveKernel.Core.Patches.Status;

/// <summary>A commit of a history, as far as its message says what it is.</summary>
/// <param name="Order">Its place in the history, the newest first.</param>
/// <param name="Id">Its full id.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="Upstream">The ids that it says it has upstream, full or of 12 digits and more.</param>
/// <param name="Replaces">What it says that it replaces.</param>
/// <param name="IsRevert">Whether it takes another commit back, or one back that did.</param>
/// <param name="Reverts">The id of that, where it names one.</param>
internal sealed partial record HistoryCommit(
    int Order, string Id, string Subject, ImmutableArray<string> Upstream, ImmutableArray<string> Replaces, bool IsRevert, string? Reverts)
{
    /// <summary>Reads the commits of a range, the newest first, one after another: of a long history nothing stays but what is taken.</summary>
    public static Task<CommandResult> ReadAsync(
        GitCli git, string store, ImmutableArray<string> range, Action<HistoryCommit> take, CancellationToken cancellation)
    {
        int count = 0;
        return git.QueryAsync(
            store, ["-c", "log.showSignature=false", "log", "--encoding=UTF-8", "--format=%H%n%B%x00", .. range, "--"],
            (stream, token) => ReadRecordsAsync(stream, record =>
            {
                if (Parse(record, count + 1) is not { } commit)
                    return;
                count++;
                take(commit);
            }, token), cancellation);
    }

    /// <summary>The upstream ids that a message names in the kernel's forms.</summary>
    public static IEnumerable<string> UpstreamIds(string message) =>
        UpstreamForms().Matches(message).Select(match => match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Success ? match.Groups[2].Value
            : match.Groups[3].Value);

    /// <summary>What a message says that its change replaces.</summary>
    public static IEnumerable<string> ReplacesTrailers(string message) => Trailer().Matches(message).Select(match => match.Groups[1].Value.Trim());

    private static HistoryCommit? Parse(string record, int order)
    {
        // The first record begins with its id, each other one with the line end behind the record before it.
        string[] parts = record.TrimStart('\n').Split('\n', 2);
        if (parts[0].Length == 0)
            return null;
        string message = parts.Length > 1 ? parts[1] : "";
        string subject = message.Split('\n', 2)[0];
        ImmutableArray<string> upstream = message.Contains("commit ", StringComparison.Ordinal) ? [.. UpstreamIds(message)] : [];
        ImmutableArray<string> replaces = message.Contains("Replaces:", StringComparison.Ordinal) ? [.. ReplacesTrailers(message)] : [];
        bool isRevert = message.Contains("This reverts commit ", StringComparison.Ordinal) || subject.StartsWith("Revert \"", StringComparison.Ordinal)
            || subject.StartsWith("Reapply \"", StringComparison.Ordinal);
        string? reverts = isRevert && Reverted().Match(message) is { Success: true } match ? match.Groups[1].Value : null;
        return new HistoryCommit(order, parts[0], subject, upstream, replaces, isRevert, reverts);
    }

    private static async Task ReadRecordsAsync(Stream stream, Action<string> take, CancellationToken cancellation)
    {
        using StreamReader reader = new(stream, Encoding.UTF8, false, 1 << 16, leaveOpen: true);
        StringBuilder record = new();
        char[] buffer = new char[1 << 15];
        for (int count; (count = await reader.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
        {
            int begin = 0;
            for (int end; (end = Array.IndexOf(buffer, '\0', begin, count - begin)) >= 0; begin = end + 1)
            {
                record.Append(buffer, begin, end - begin);
                take(record.ToString());
                record.Clear();
            }

            record.Append(buffer, begin, count - begin);
        }
    }

    // The kernel's own forms: "commit … upstream.", "[ Upstream commit … ]" and "(cherry picked from commit …)".
    [GeneratedRegex(
        @"^\s*commit ([0-9a-f]{12,40}) upstream\b|^\s*\[ ?[Uu]pstream commit ([0-9a-f]{12,40}) ?\]|^\s*\(cherry picked from commit ([0-9a-f]{12,40})\b",
        RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex UpstreamForms();

    [GeneratedRegex(@"This reverts commit ([0-9a-f]{7,40})\b", RegexOptions.CultureInvariant)]
    private static partial Regex Reverted();

    [GeneratedRegex(@"^Replaces:[ \t]*(\S.*)$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Trailer();
}
