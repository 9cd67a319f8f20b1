using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Configuration;

/// <summary>Which of the symbols that differ after a menu must be said, for the rest to follow by itself.</summary>
/// <param name="Few">The lines that should do.</param>
/// <param name="All">Lines for all that somebody could have set by hand.</param>
/// <param name="Others">The changes that need no line.</param>
internal sealed record ConfigSelection(ImmutableArray<ConfigLine> Few, ImmutableArray<ConfigLine> All, ImmutableArray<ConfigChange> Others)
{
    /// <summary>Selects.</summary>
    /// <param name="run">Runs the tree's own parser.</param>
    /// <param name="fragments">The project's fragments.</param>
    /// <param name="fragment">The one that takes the lines.</param>
    /// <param name="changes">What differs.</param>
    /// <param name="appeared">What is off, and could not be set before.</param>
    /// <param name="edited">The menu's configuration.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The selection.</returns>
    /// <exception cref="KernelException">EVK3023: a later fragment sets a symbol that was changed.</exception>
    public static async Task<ConfigSelection> MakeAsync(
        KconfigRun run, FragmentSet fragments, string fragment, ImmutableArray<ConfigChange> changes, ImmutableArray<string> appeared, string edited, CancellationToken cancellation)
    {
        IEnumerable<(string Name, string Value)> values = changes.Select(change => (change.Name, change.To ?? "n")).Concat(appeared.Select(name => (name, "n")));
        ImmutableArray<ConfigLine> wanted = [.. values.Select(one => new ConfigLine(one.Name, one.Value, false, new SourceLocation(fragment)))];
        SymbolReports reports = await run.AskAsync(wanted, cancellation, edited).ConfigureAwait(false);
        HashSet<string> requested = [.. fragments.Requested.Select(line => line.Name)];
        bool fromNothing = run.Request.Defconfig is "allnoconfig" or "tinyconfig";
        HashSet<string> saved = fromNothing ? [] : await SavedAsync(run, edited, cancellation).ConfigureAwait(false);

        // What a fragment asks for must be asked for otherwise, even where it now follows: it would come out as an error.
        ConfigLine[] visible = [.. wanted.Where(line => requested.Contains(line.Name) || reports.Symbols.GetValueOrDefault(line.Name) is { Visibility: "y" or "m" })];
        ConfigLine[] few = [.. visible.Where(line => requested.Contains(line.Name) || (fromNothing ? IsMore(reports.Symbols[line.Name], line) : saved.Contains(line.Name)))];
        HashSet<string> said = [.. few.Select(line => line.Name)];
        return new ConfigSelection(
            [.. few.Select(line => Place(line, fragments, fragment))],
            [.. visible.Select(line => Place(line, fragments, fragment))],
            [.. changes.Where(change => !said.Contains(change.Name))]);
    }

    // Where all is off that nobody asks for, off needs no line; nor does what something else selects.
    private static bool IsMore(SymbolReport report, ConfigLine line) =>
        report.Type is "bool" or "tristate" ? line.Value != "n" && report.SelectedBy.Length == 0 : line.Value != "n";

    // Where defaults count, kconfig itself knows what differs from them: a symbol that the one has and the other has not, or with another value.
    private static async Task<HashSet<string>> SavedAsync(KconfigRun run, string edited, CancellationToken cancellation)
    {
        ConfigFile before = ConfigFile.Read(await SaveAsync(run, null, cancellation).ConfigureAwait(false));
        ConfigFile after = ConfigFile.Read(await SaveAsync(run, edited, cancellation).ConfigureAwait(false));
        return [.. before.Names.Union(after.Names).Where(name => before.Mentions(name) != after.Mentions(name) || !ConfigFile.SameValue(before[name], after[name]))];
    }

    /// <summary>Saves a configuration in its shortest form.</summary>
    /// <param name="run">Runs make.</param>
    /// <param name="config">The configuration; null is that of the O= folder.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The file, which is ours.</returns>
    public static async Task<string> SaveAsync(KconfigRun run, string? config, CancellationToken cancellation)
    {
        await run.MakeAsync([.. config is null ? (string[])[] : [$"KCONFIG_CONFIG={config}"], "savedefconfig"], cancellation).ConfigureAwait(false);
        string saved = run.File(config is null ? "defconfig" : "menu/defconfig");
        File.Move(run.File("../defconfig"), saved, overwrite: true);
        return saved;
    }

    private static ConfigLine Place(ConfigLine line, FragmentSet fragments, string fragment)
    {
        ConfigLine[] others = [.. fragments.Fragments.SelectMany(one => one.Lines).Where(other => other.Name == line.Name)];
        ConfigLine? own = others.LastOrDefault(other => other.Location.File == fragment);
        int at = fragments.Fragments.ToList().FindIndex(one => one.Path == fragment);
        if (fragments.Fragments.Skip(at + 1).SelectMany(one => one.Lines).FirstOrDefault(other => other.Name == line.Name) is { } later)
        {
            throw new KernelException(
                ErrorCodes.MenuFragmentTooEarly,
                $"CONFIG_{line.Name} was changed in the menu, and is set here, after '{fragment}'. Choose this fragment by KernelMenuFragment, or a later one.", later.Location);
        }

        bool disagrees = others.Any(other => other != own && !ConfigFile.SameValue(other.Value, line.Value));
        return line with { Overrides = own is { Overrides: true } || disagrees, Location = new SourceLocation(fragment, own?.Location.Line ?? 0) };
    }
}
