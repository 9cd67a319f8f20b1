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
        return plan.Extras.Prepend(PackagePart.Kernel).All(part => Stands(plan, part, packageFolder));
    }

    private static bool Stands(BuildPlan plan, PackagePart part, string packageFolder)
    {
        string output = Path.Combine(plan.OutputFolder, part.Folder);
        return Manifest.TryRead(Path.Combine(output, "manifest.json")) is { } manifest
            && manifest.Key == plan.Key
            && File.Exists(plan.PackageFile(packageFolder, plan.IdOf(part)))
            && manifest.Matches(output)
            && File.Exists(Path.Combine(output, Provenance.FileName))
            && File.ReadAllText(Path.Combine(output, Provenance.FileName)) == Provenance.Create(plan, manifest);
    }
}
