using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Packaging;

/// <summary>Signs the provenance statements of a build.</summary>
/// <param name="plan">The plan, whose results stand in the output folder.</param>
/// <param name="environment">The host's environment, in which an agent may hold the key.</param>
public sealed class ProvenanceSigner(BuildPlan plan, ImmutableDictionary<string, string> environment)
{
    /// <summary>What signatures by ssh are for: one made for another purpose is none of a kernel.</summary>
    public const string SshNamespace = "evekernel";

    /// <summary>Signs each statement that has no signature of this key yet. Nobody is asked for a password: a key that has one is held by its agent.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The signatures that were made.</returns>
    /// <exception cref="KernelException">EVK5130: no key; EVK5131: the program failed; EVK9001: it is missing.</exception>
    public async Task<ImmutableArray<string>> SignAsync(CancellationToken cancellation)
    {
        SignatureTool tool = plan.Signature ?? throw new InvalidOperationException("The plan wants no signature.");
        SignatureCheck check = new(plan, environment);
        ImmutableArray<string>.Builder made = ImmutableArray.CreateBuilder<string>();
        foreach (PackagePart part in plan.Parts)
        {
            if (await check.StandsAsync(part, cancellation).ConfigureAwait(false))
                continue;
            string folder = Path.Combine(plan.OutputFolder, part.Folder);
            string signature = Path.Combine(folder, tool.FileName);
            await SignAsync(tool, Path.Combine(folder, Provenance.FileName), signature, cancellation).ConfigureAwait(false);
            made.Add(signature);
        }

        return made.DrainToImmutable();
    }

    private async Task SignAsync(SignatureTool tool, string statement, string signature, CancellationToken cancellation)
    {
        string key = plan.SignKey.Length > 0 ? plan.SignKey : throw new KernelException(
            ErrorCodes.SignatureUnclear,
            $"KernelSign is {tool.Name}, and KernelSignKey says no key. Give the file of the secret key, or for gpg the key's fingerprint.",
            new SourceLocation(plan.ProjectFile));
        string program = ExecutableSearch.Find(tool.Program, environment);
        // Aside: ssh-keygen writes beside its input, and none of them syncs.
        string folder = Folders.Empty(Path.Combine(plan.IntermediateFolder, "sign"));
        string copy = Path.Combine(folder, Provenance.FileName);
        File.Copy(statement, copy);
        string made = copy + tool.Suffix;
        ImmutableArray<string> arguments = tool.Name switch
        {
            "minisign" => ["-S", "-s", key, "-m", copy, "-x", made, "-t", $"{plan.PackageId} {plan.PackageVersion}"],
            "gpg" => ["--batch", "--yes", "--no-tty", "--armor", "--local-user", key, "--output", made, "--detach-sign", copy],
            _ => ["-Y", "sign", "-q", "-n", SshNamespace, "-f", key, copy],
        };
        // Without a terminal none of them can wait for a password that nobody sees asked for.
        Command command = new(ExecutableSearch.Find("setsid", environment), ["--wait", program, .. arguments]) { Environment = environment.SetItem("SSH_ASKPASS_REQUIRE", "never") };
        CommandResult result = await ProcessRunner.RunAsync(command, cancellation).ConfigureAwait(false);
        if (!result.Succeeded || !File.Exists(made))
        {
            string said = (result.StandardError.Trim() + "\n" + result.StandardOutput.Trim()).Trim();
            throw new KernelException(
                ErrorCodes.SigningFailed,
                $"{tool.Program} did not sign '{statement}': {said}. Try it by hand: {tool.Program} {string.Join(' ', arguments.Select(argument => argument.Replace(copy, statement, StringComparison.Ordinal)))}",
                new SourceLocation(plan.ProjectFile));
        }

        await DurableFile.CopyAsync(made, signature, cancellation).ConfigureAwait(false);
        Folders.Delete(folder);
    }
}
