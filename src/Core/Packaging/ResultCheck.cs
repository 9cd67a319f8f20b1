namespace EveKernel.Core.Packaging;

/// <summary>Whether a build has anything to do.</summary>
public static class ResultCheck
{
    /// <summary>Whether the output folder and the package hold the plan's result. Every byte is read again: times prove nothing.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="packageFolder">Where the package should be.</param>
    /// <returns>True when there is nothing to do.</returns>
    public static bool Stands(BuildPlan plan, string packageFolder)
    {
        ArgumentNullException.ThrowIfNull(plan);
        string package = Path.Combine(packageFolder, $"{plan.PackageId}.{plan.PackageVersion}.nupkg");
        return Manifest.TryRead(Path.Combine(plan.OutputFolder, "manifest.json")) is { } manifest
            && manifest.Key == plan.Key
            && File.Exists(package)
            && manifest.Matches(plan.OutputFolder);
    }
}
