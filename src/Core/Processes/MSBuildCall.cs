namespace EveKernel.Core.Processes;

/// <summary>How MSBuild's command line is written.</summary>
internal static class MSBuildCall
{
    /// <summary>A property of the command line.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value, of which MSBuild would take some characters for its own.</param>
    /// <returns>The argument.</returns>
    public static string Property(string name, string value) => Escaped(name, value.Replace("%", "%25", StringComparison.Ordinal));

    /// <summary>A property of this build's own command line, for another build's.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value as MSBuild gives it to a task: with what was escaped still so.</param>
    /// <returns>The argument.</returns>
    public static string Escaped(string name, string value) =>
        $"-property:{name}=" + value.Replace(";", "%3B", StringComparison.Ordinal).Replace(",", "%2C", StringComparison.Ordinal);
}
