using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Configuration;

/// <summary>Holds what was asked against what came out. kconfig itself drops a symbol without a word.</summary>
public static class ConfigurationCheck
{
    /// <summary>Compares.</summary>
    /// <param name="requested">What was asked.</param>
    /// <param name="result">What came out.</param>
    /// <param name="reports">Why, by the tree's own parser.</param>
    /// <returns>An error at its line for each symbol that did not come out as asked, and a warning for one that is off because it does not exist.</returns>
    public static ImmutableArray<Diagnostic> Compare(ImmutableArray<ConfigLine> requested, ConfigFile result, SymbolReports reports)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(reports);
        return [.. requested.Select(line => Compare(line, result[line.Name], reports)).OfType<Diagnostic>()];
    }

    private static Diagnostic? Compare(ConfigLine line, string value, SymbolReports reports)
    {
        SymbolReport? report = reports.Symbols.GetValueOrDefault(line.Name);
        if (report is { Exists: false })
        {
            string nearest = reports.Nearest(line.Name) is { } name ? $" Was CONFIG_{name} meant?" : "";
            string message = $"CONFIG_{line.Name} is defined by no Kconfig file of this tree.{nearest}";
            return new Diagnostic(line.IsOff ? Severity.Warning : Severity.Error, ErrorCodes.SymbolUnknown, message, line.Location);
        }

        if (ConfigFile.SameValue(line.Value, value))
            return null;
        (ErrorCode code, string words) = (line.Value, value) switch
        {
            ("n", _) => (ErrorCodes.SymbolForcedOn, $"CONFIG_{line.Name} was asked off and is {value}."),
            (_, "n") => (ErrorCodes.SymbolDropped, $"CONFIG_{line.Name}={line.Value} was dropped: it is not set."),
            _ => (ErrorCodes.SymbolChanged, $"CONFIG_{line.Name}={line.Value} came out as {value}."),
        };
        return new Diagnostic(Severity.Error, code, report is null ? words : words + Reason(line, value, report), line.Location);
    }

    private static string Reason(ConfigLine line, string value, SymbolReport report)
    {
        if (report.Type is "bool" && line.Value is "m")
            return " It is bool: it cannot be a module.";
        if (report.Type is "bool" or "tristate" && line.Value is not ("y" or "m" or "n"))
            return $" It is {report.Type}.";
        if (report.Type is "integer" or "hex" or "string" && line.Value is ("y" or "m"))
            return $" It takes a {report.Type}.";
        bool more = line.Value == "n" || (line.Value, value) is ("m", "y");
        if (more && report.SelectedBy.Length > 0)
            return $" It is selected by {report.SelectedBy}.";
        string chosen = !more && report.ChosenInstead.Length > 0 ? $" It is one of a choice, and CONFIG_{report.ChosenInstead} is set there." : "";
        if (report.Unmet.Length > 0)
        {
            string prompt = report.Visibility == "none" ? " It has no prompt: only a select or a default sets it." : "";
            return $" Not met: {report.Unmet}.{prompt}{chosen}";
        }

        if (chosen.Length > 0)
            return chosen;
        if (report.Visibility == "none")
            return " It has no prompt: only a select or a default of the tree sets it.";
        return report.Type is "integer" or "hex" ? " Its range in Kconfig does not allow the number." : "";
    }
}
