using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;

namespace EveKernel.Core.Patches.Status;

/// <summary>Whether a patch does anything on an architecture: which of its files are built there, and whether those matter by themselves.</summary>
internal sealed partial record Effect(ImmutableArray<(FileImage File, Built Built)> Files)
{
    public static Effect Of(PatchImage patch, BuildKnowledge knowledge) =>
        new([.. patch.Files.Select(file => (file, knowledge.Of(file.NewPath ?? file.Name)))]);

    /// <summary>Why the patch is of no use there, or null.</summary>
    public string? NeverBuilt
    {
        get
        {
            (FileImage File, Built Built)[] sources = [.. Files.Where(one => !one.Built.Neutral)];
            return sources.Length > 0 && sources.All(one => one.Built.IsBuilt == false)
                ? string.Join("; ", sources.Select(one => one.Built.Reason).Distinct())
                : null;
        }
    }

    /// <summary>Why the hunks that are built do nothing without those that are not, in lines; empty where that cannot be said. What is built only offers
    /// something new in a header, by pure additions, and what takes it up is not built; or the patch's <c>Matters:</c> headers name none that is
    /// built.</summary>
    public ImmutableArray<string> WithoutEffect(PatchFile patch)
    {
        (FileImage File, Built Built)[] dead = [.. Files.Where(one => one.Built.IsBuilt == false)];
        (FileImage File, Built Built)[] live = [.. Files.Where(one => one.Built.IsBuilt != false && !one.Built.Neutral)];
        if (dead.Length == 0 || live.Length == 0)
            return [];
        string[] matters = [.. Matters().Matches(patch.Message).Select(match => match.Groups[1].Value.Trim())];
        if (matters.Length > 0)
        {
            return matters.All(path => dead.Any(one => one.File.Name.StartsWith(path, StringComparison.Ordinal)))
                ? [$"the patch says that {string.Join(", ", matters)} matters, and it is not built: {dead[0].Built.Reason}"]
                : [];
        }

        HashSet<string> offered = [.. live.Where(one => one.File.Name.EndsWith(".h", StringComparison.Ordinal)).SelectMany(one => Offered(one.File))];
        string[] taken = [.. dead.SelectMany(one => Words(one.File, '+')).Distinct().Where(offered.Contains).Order(StringComparer.Ordinal)];
        bool onlyAdds = live.All(one => one.File.Hunks.All(hunk => hunk.Edits.All(edit => edit.Kind != '-')));
        if (taken.Length == 0 || !onlyAdds)
            return [];
        return
        [
            .. dead.Select(one => $"{one.File.Name} is not built: {one.Built.Reason}"),
            $"what is built only offers {string.Join(", ", taken)}, and only what is not built takes it up",
        ];
    }

    private static IEnumerable<string> Offered(FileImage file) =>
        from hunk in file.Hunks
        from edit in hunk.Edits
        where edit.Kind == '+'
        let match = Definition().Match(Encoding.UTF8.GetString(edit.Line.Bytes))
        where match.Success
        select match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Value;

    private static IEnumerable<string> Words(FileImage file, char kind) =>
        from hunk in file.Hunks
        from edit in hunk.Edits
        where edit.Kind == kind
        from Match word in Word().Matches(Encoding.UTF8.GetString(edit.Line.Bytes))
        select word.Value;

    [GeneratedRegex(@"^[ \t]*#[ \t]*define[ \t]+(\w+)|^[a-z][\w \t*]*?\b(\w+)\(", RegexOptions.CultureInvariant)]
    private static partial Regex Definition();

    [GeneratedRegex(@"[A-Za-z_]\w{2,}", RegexOptions.CultureInvariant)]
    private static partial Regex Word();

    [GeneratedRegex(@"^Matters:[ \t]*(\S+)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Matters();
}
