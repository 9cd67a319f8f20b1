using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Make;

/// <summary>Whether the kernel will call itself what was said before it was made. The package's version and the projects that pin it go by that name.</summary>
/// <param name="context">The surroundings of make.</param>
/// <param name="predicted">The release that the key's target told.</param>
public sealed class ReleaseCheck(MakeContext context, string predicted)
{
    /// <summary>The target of kbuild that composes the release.</summary>
    public static readonly ImmutableArray<string> Targets = ["include/config/kernel.release"];

    /// <summary>Compares, once make has made <see cref="Targets"/>.</summary>
    /// <exception cref="KernelException">EVK5026: it is another.</exception>
    public void Require()
    {
        string release = File.ReadAllText(Path.Combine(context.OutputTree, Targets[0])).Trim();
        if (release == predicted)
            return;
        string[] causes =
        [
            .. File.ReadLines(Path.Combine(context.OutputTree, ".config"))
                .Where(line => line.StartsWith("CONFIG_LOCALVERSION", StringComparison.Ordinal) && !line.EndsWith("=\"\"", StringComparison.Ordinal)),
            .. Directory.EnumerateFiles(context.SourceTree, "localversion*"),
        ];
        throw new KernelException(
            ErrorCodes.ReleaseDiffers,
            $"The kernel calls itself '{release}', but '{predicted}' was computed from the project. "
            + (causes.Length == 0
                ? "A patch changes the version in the tree's Makefile: take that out of it."
                : $"It comes from {string.Join(", ", causes)}. Set CONFIG_LOCALVERSION=\"\" in a fragment, and remove such files by a patch."));
    }
}
