using System.Security;

namespace EveKernel.Core.Verification;

/// <summary>What the package <c>….Proof</c> is made from: verify.json, under the kernel's own version.</summary>
public static class ProofPackage
{
    /// <summary>The folder below the intermediate one.</summary>
    public const string Folder = "proof";

    /// <summary>The package's id.</summary>
    /// <param name="plan">The plan of the kernel.</param>
    /// <returns>The id.</returns>
    public static string IdOf(BuildPlan plan) => $"{(plan ?? throw new ArgumentNullException(nameof(plan))).PackageId}.Proof";

    /// <summary>Writes the nuspec.</summary>
    /// <param name="plan">The plan of the kernel.</param>
    /// <param name="record">The proof.</param>
    /// <param name="recordFile">verify.json.</param>
    public static void WriteNuspec(BuildPlan plan, ProofRecord record, string recordFile)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(record);
        string id = IdOf(plan);
        File.WriteAllText(Path.Combine(plan.IntermediateFolder, Folder, $"{id}.nuspec"), $"""
            <?xml version="1.0" encoding="utf-8"?>
            <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
              <metadata>
                <id>{id}</id>
                <version>{plan.PackageVersion}</version>
                <authors>EveKernel.Sdk</authors>
                <description>What was proven of Linux {SecurityElement.Escape(record.Patched.Release)}, the kernel of {plan.PackageId} in this version.</description>
                <license type="expression">Apache-2.0</license>
              </metadata>
              <files>
                <file src="{SecurityElement.Escape(recordFile)}" target="kernel/verify.json" />
              </files>
            </package>

            """);
    }
}
