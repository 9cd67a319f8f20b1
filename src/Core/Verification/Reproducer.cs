using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Verification;

/// <summary>Compiles the reproducer and puts it into an initramfs, unless that stands for the same sources and compiler.</summary>
/// <param name="sources">The folder of its C sources.</param>
/// <param name="environment">The host's environment.</param>
public sealed class Reproducer(string sources, ImmutableDictionary<string, string> environment)
{
    // Static, since nothing else is in the initramfs.
    private static readonly ImmutableArray<string> Flags = ["-std=gnu11", "-O2", "-Wall", "-pthread", "-static"];
    private static readonly ImmutableArray<string> Folders = ["dev", "proc", "sys", "tmp"];

    /// <summary>Makes the initramfs.</summary>
    /// <param name="compiler">The compiler for the kernel's architecture.</param>
    /// <param name="toolchain">The programs that make it, of which the compiler's digest counts.</param>
    /// <param name="folder">Where it is kept.</param>
    /// <param name="cancellation">Ends the compiler.</param>
    /// <returns>The initramfs.</returns>
    /// <exception cref="KernelException">EVK6006: the compiler refuses.</exception>
    public async Task<Initramfs> MakeAsync(string compiler, ImmutableArray<Tool> toolchain, string folder, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        ImmutableArray<string> files = [.. Directory.EnumerateFiles(sources).Where(file => Path.GetExtension(file) is ".c" or ".h").Order(StringComparer.Ordinal)];
        string digest = DigestOf(files.Select(file => $"{Path.GetFileName(file)} {Digest.OfFile(file)}"), [compiler, .. Flags], toolchain.Select(tool => tool.Sha256));
        string path = Path.Combine(folder, $"initramfs-{digest[..12]}.cpio");
        if (!File.Exists(path))
        {
            string program = Path.Combine(folder, "init");
            await CompileAsync(compiler, [.. files.Where(file => Path.GetExtension(file) == ".c")], program, cancellation).ConfigureAwait(false);
            byte[] init = await File.ReadAllBytesAsync(program, cancellation).ConfigureAwait(false);
            DurableFile.Write(path, output => CpioArchive.WriteInitramfs(output, init, Folders));
        }

        return new Initramfs(path, Digest.OfFile(path), digest);
    }

    private async Task CompileAsync(string compiler, ImmutableArray<string> files, string program, CancellationToken cancellation)
    {
        Command command = new(compiler, [.. Flags, "-o", program, .. files]) { Environment = environment, WorkingDirectory = sources };
        CommandResult result = await ProcessRunner.RunAsync(command, cancellation).ConfigureAwait(false);
        if (!result.Succeeded)
        {
            throw new KernelException(
                ErrorCodes.ReproducerNotCompiled,
                $"'{compiler}' does not compile the reproducer in '{sources}'. It is linked statically, with libc's and the kernel's headers (Debian: libc6-dev).\n"
                + result.StandardError.Trim());
        }
    }

    private static string DigestOf(params IEnumerable<string>[] parts) => Digest.OfText(string.Join('\n', parts.SelectMany(part => part)));
}

/// <summary>An initramfs with the reproducer.</summary>
/// <param name="Path">The file.</param>
/// <param name="Sha256">Its digest.</param>
/// <param name="SourcesSha256">The digest of the sources, the compiler and its flags.</param>
public sealed record Initramfs(string Path, string Sha256, string SourcesSha256);
