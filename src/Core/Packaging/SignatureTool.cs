using System.Collections.Immutable;

namespace EveKernel.Core.Packaging;

/// <summary>A program that signs a provenance statement by a signature in a file of its own.</summary>
/// <param name="Name">What KernelSign says.</param>
/// <param name="Program">The program that signs.</param>
/// <param name="Suffix">What it puts behind the statement's name.</param>
public sealed record SignatureTool(string Name, string Program, string Suffix)
{
    /// <summary>Those that there are.</summary>
    public static ImmutableArray<SignatureTool> All { get; } =
    [
        new("minisign", "minisign", ".minisig"),
        new("gpg", "gpg", ".asc"),
        new("ssh", "ssh-keygen", ".sig"),
    ];

    /// <summary>The signature's name in the output folder and in the package.</summary>
    public string FileName => Provenance.FileName + Suffix;

    /// <summary>Finds one.</summary>
    /// <param name="name">What KernelSign says.</param>
    /// <returns>The tool, or null.</returns>
    public static SignatureTool? TryFind(string name) => All.FirstOrDefault(tool => tool.Name == name);
}
