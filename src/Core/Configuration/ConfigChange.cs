using System.Collections.Immutable;

namespace EveKernel.Core.Configuration;

/// <summary>A symbol that has one value in one configuration and another in a second one.</summary>
/// <param name="Name">The symbol, without <c>CONFIG_</c>.</param>
/// <param name="From">Its value in the first, or null where that has no line for it.</param>
/// <param name="To">Its value in the second, or null.</param>
public sealed record ConfigChange(string Name, string? From, string? To)
{
    /// <summary>Compares two configurations. A symbol without a line is off; that the line itself comes or goes is no change.</summary>
    /// <param name="from">The first.</param>
    /// <param name="to">The second.</param>
    /// <returns>What differs, in the second's order, and then what only the first has.</returns>
    public static ImmutableArray<ConfigChange> Compare(ConfigFile from, ConfigFile to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        return
        [
            .. to.Names.Concat(from.Names.Where(name => !to.Mentions(name)))
                .Where(name => !ConfigFile.SameValue(from[name], to[name]))
                .Select(name => new ConfigChange(name, from.Mentions(name) ? from[name] : null, to.Mentions(name) ? to[name] : null)),
        ];
    }

    /// <summary>The change as the kernel's own scripts/diffconfig writes it.</summary>
    /// <returns><c> NAME old -> new</c>, <c>-NAME old</c> or <c>+NAME new</c>.</returns>
    public override string ToString() => (From, To) switch
    {
        (null, _) => $"+{Name} {To}",
        (_, null) => $"-{Name} {From}",
        _ => $" {Name} {From} -> {To}",
    };
}
