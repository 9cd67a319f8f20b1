using System.Collections.Immutable;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Packaging;

/// <summary>Whether the statements of a build are signed as its project wants. A signature may have come with somebody else's result, or be by a key that the project had
/// before; one that the project's key has not made over this very statement is made anew. Whoever has no key takes the signature that came.</summary>
/// <param name="plan">The plan, whose results stand in the output folder.</param>
/// <param name="environment">The host's environment.</param>
public sealed class SignatureCheck(BuildPlan plan, ImmutableDictionary<string, string> environment)
{
    /// <summary>Whether all statements are signed.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>True when nothing is to be signed.</returns>
    public async Task<bool> AllStandAsync(CancellationToken cancellation)
    {
        foreach (PackagePart part in plan.Parts)
        {
            if (!await StandsAsync(part, cancellation).ConfigureAwait(false))
                return false;
        }

        return true;
    }

    /// <summary>Whether one statement is signed.</summary>
    /// <param name="part">Which of the build's packages.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>True when it is not to be signed.</returns>
    public async Task<bool> StandsAsync(PackagePart part, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(part);
        if (plan.Signature is not { } tool)
            return true;
        string statement = Path.Combine(plan.OutputFolder, part.Folder, Provenance.FileName);
        string signature = statement + tool.Suffix;
        if (!File.Exists(signature))
            return false;
        if (plan.SignKey.Length == 0 || ExecutableSearch.TryFind(tool.Program, environment) is null)
            return true;
        return await (tool.Name switch
        {
            "minisign" => IsByMinisignAsync(statement, signature, cancellation),
            "gpg" => IsByGpgAsync(statement, signature, cancellation),
            _ => IsBySshAsync(statement, signature, cancellation),
        }).ConfigureAwait(false);
    }

    private async Task<bool> IsByMinisignAsync(string statement, string signature, CancellationToken cancellation)
    {
        string folder = Folders.Empty(Path.Combine(plan.IntermediateFolder, "sign"));
        string key = Path.Combine(folder, "key.pub");
        bool known = (await RunAsync("minisign", ["-R", "-s", plan.SignKey, "-p", key], cancellation).ConfigureAwait(false)).Succeeded;
        bool stands = !known || (await RunAsync("minisign", ["-V", "-q", "-p", key, "-x", signature, "-m", statement], cancellation).ConfigureAwait(false)).Succeeded;
        Folders.Delete(folder);
        return stands;
    }

    private async Task<bool> IsByGpgAsync(string statement, string signature, CancellationToken cancellation)
    {
        CommandResult listed = await RunAsync("gpg", ["--batch", "--with-colons", "--list-keys", plan.SignKey], cancellation).ConfigureAwait(false);
        if (!listed.Succeeded)
            return true;
        CommandResult verified = await RunAsync("gpg", ["--batch", "--no-tty", "--status-fd", "1", "--verify", signature, statement], cancellation).ConfigureAwait(false);
        string[] keys = [.. Lines(listed).Where(line => line.StartsWith("fpr:", StringComparison.Ordinal)).Select(line => line.Split(':')[9])];
        return verified.Succeeded && Lines(verified).Any(line => line.Split(' ') is ["[GNUPG:]", "VALIDSIG", { } signer, ..] && keys.Contains(signer));
    }

    // Both sides by the key's fingerprint, which can be read without its password.
    private async Task<bool> IsBySshAsync(string statement, string signature, CancellationToken cancellation)
    {
        CommandResult listed = await RunAsync("ssh-keygen", ["-l", "-f", plan.SignKey], cancellation).ConfigureAwait(false);
        if (!listed.Succeeded || listed.StandardOutput.Split(' ') is not [_, { } fingerprint, ..])
            return true;
        byte[] content = await File.ReadAllBytesAsync(statement, cancellation).ConfigureAwait(false);
        CommandResult verified = await ProcessRunner.RunAsync(
            CreateCommand("ssh-keygen", ["-Y", "check-novalidate", "-n", ProvenanceSigner.SshNamespace, "-s", signature]),
            cancellation,
            writeInput: async (stream, token) => await stream.WriteAsync(content, token).ConfigureAwait(false)).ConfigureAwait(false);
        return verified.Succeeded && verified.StandardOutput.TrimEnd().EndsWith($" {fingerprint}", StringComparison.Ordinal);
    }

    private static string[] Lines(CommandResult result) => result.StandardOutput.Split('\n');

    private Task<CommandResult> RunAsync(string program, ImmutableArray<string> arguments, CancellationToken cancellation) =>
        ProcessRunner.RunAsync(CreateCommand(program, arguments), cancellation);

    // Without a terminal none of them can wait for a password that nobody sees asked for.
    private Command CreateCommand(string program, ImmutableArray<string> arguments) =>
        new(ExecutableSearch.Find("setsid", environment), ["--wait", ExecutableSearch.Find(program, environment), .. arguments])
        {
            Environment = environment.SetItem("SSH_ASKPASS_REQUIRE", "never"),
        };
}
