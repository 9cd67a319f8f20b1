using System.Collections.Immutable;
using System.Formats.Tar;
using System.Globalization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;
using EveKernel.Core.Verification;

namespace EveKernel.Core.Loop;

/// <summary>Prepares what <c>dotnet run</c> starts: an initramfs with a shell and the kernel's modules, and a script that boots both in QEMU on the terminal. The
/// script needs nothing of this SDK's, so that it can also be run by hand.</summary>
/// <param name="request">What is to be booted, and in what.</param>
/// <param name="environment">The host's environment.</param>
public sealed class InteractiveMachine(InteractiveRequest request, ImmutableDictionary<string, string> environment)
{
    private const long MiB = 1 << 20;

    // An ELF file's program header of this type names the loader that a program needs; a static one has none. See elf(5).
    private const int ProgramInterpreter = 3;

    private string Folder => Path.Combine(request.IntermediateFolder, "run");

    private string KernelFile => Path.Combine(request.OutputFolder, "kernel");

    /// <summary>Prepares it.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The script. Its arguments are those of <c>dotnet run</c>.</returns>
    /// <exception cref="KernelException">EVK6020: there is no kernel, or not a whole one; EVK6021: busybox is not static; EVK6004, EVK9001.</exception>
    public async Task<string> PrepareAsync(CancellationToken cancellation)
    {
        TestBench.CheckMachine(request.Model, request.Arch, environment);
        Manifest manifest = ReadManifest();
        string initramfs = MakeInitramfs(manifest);
        HostKvm kvm = !request.AllowKvm ? new HostKvm(false, "the project wants emulation")
            : request.Model.KvmRace.Length == 0 ? new HostKvm(false, "the architecture's test machine has no line for it")
            : await HostKvm.ProbePlainAsync(request.Model.Program, environment, cancellation).ConfigureAwait(false);
        string script = Path.Combine(Folder, "boot.sh");
        string text = await DescribeAsync(manifest, initramfs, kvm, cancellation).ConfigureAwait(false);
        DurableFile.WriteAllText(script, text);
        File.SetUnixFileMode(script, (UnixFileMode)0b111_101_101);
        return script;
    }

    private Manifest ReadManifest()
    {
        Manifest manifest = Manifest.TryRead(Path.Combine(request.OutputFolder, "manifest.json"))
            ?? throw new KernelException(ErrorCodes.NothingToBoot, $"'{request.OutputFolder}' holds no kernel. Build it: dotnet run without --no-build, or dotnet build.");
        if (manifest.Files.All(file => file.Path != "kernel"))
            throw new KernelException(ErrorCodes.NothingToBoot, "The project has KernelDirectory items and so builds objects, not a kernel that could be booted.");
        return manifest.Matches(request.OutputFolder) ? manifest : throw new KernelException(
            ErrorCodes.NothingToBoot, $"A file in '{request.OutputFolder}' is not what manifest.json lists. Build it again.");
    }

    // It depends on the modules, not on the image: a change in the kernel alone makes none anew.
    private string MakeInitramfs(Manifest manifest)
    {
        string busybox = ExecutableSearch.Find("busybox", environment);
        byte[] shell = File.ReadAllBytes(busybox);
        if (!IsStatic(shell))
        {
            throw new KernelException(
                ErrorCodes.ShellNotStatic, $"'{busybox}' needs libraries of the host's, which the machine does not have. Install {DebianPackages.Describe("busybox")}.");
        }

        string? modules = manifest.Files.SingleOrDefault(file => file.Path == "kernel.tar")?.Sha256;
        string[] scripts = ["init", "inittab", "session"];
        string digest = Digest.OfText(string.Join('\n', [Digest.OfBytes(shell), modules, .. scripts.Select(name => Digest.OfFile(Path.Combine(request.Scripts, name)))]));
        string path = Path.Combine(Folder, $"initramfs-{digest[..12]}.cpio");
        if (File.Exists(path))
            return path;
        Directory.CreateDirectory(Folder);
        foreach (string old in Directory.EnumerateFiles(Folder, "initramfs-*.cpio"))
            File.Delete(old);
        DurableFile.Write(path, output => CpioArchive.Write(output, Entries(shell, modules is not null)));
        return path;
    }

    private IEnumerable<CpioEntry> Entries(byte[] shell, bool withModules)
    {
        foreach (string folder in (string[])["bin", "dev", "etc", "proc", "root", "sys", "tmp"])
            yield return CpioEntry.Folder(folder);
        yield return CpioEntry.Console;
        yield return CpioEntry.Program("bin/busybox", shell);
        yield return CpioEntry.Program("init", Script("init"));
        yield return CpioEntry.File("etc/inittab", Script("inittab"));
        yield return CpioEntry.Program("etc/session", Script("session"));
        if (!withModules)
            yield break;
        using FileStream stream = File.OpenRead(Path.Combine(request.OutputFolder, "kernel.tar"));
        using TarReader reader = new(stream);
        while (reader.GetNextEntry() is { } entry)
        {
            string name = entry.Name.TrimEnd('/');
            if (entry.EntryType is TarEntryType.Directory)
                yield return CpioEntry.Folder(name);
            else if (entry.EntryType is TarEntryType.SymbolicLink)
                yield return CpioEntry.Link(name, entry.LinkName);
            else
                yield return CpioEntry.File(name, Content(entry));
        }
    }

    private byte[] Script(string name) => File.ReadAllBytes(Path.Combine(request.Scripts, name));

    private static byte[] Content(TarEntry entry)
    {
        byte[] content = new byte[entry.Length];
        entry.DataStream?.ReadExactly(content);
        return content;
    }

    // Elf64_Ehdr: e_phoff at 32, e_phentsize at 54, e_phnum at 56; Elf64_Phdr: p_type at 0.
    private static bool IsStatic(ReadOnlySpan<byte> program)
    {
        if (!program.StartsWith("\u007fELF\u0002"u8))
            return false;
        int table = (int)BitConverter.ToInt64(program[32..]);
        int size = BitConverter.ToInt16(program[54..]);
        for (int i = 0; i < BitConverter.ToInt16(program[56..]); i++)
        {
            if (BitConverter.ToInt32(program[(table + (i * size))..]) == ProgramInterpreter)
                return false;
        }

        return true;
    }

    private async Task<string> DescribeAsync(Manifest manifest, string initramfs, HostKvm kvm, CancellationToken cancellation)
    {
        // Packed and unpacked at the same time, for a moment.
        long memory = 512 + (2 * new FileInfo(initramfs).Length / MiB);
        string symbols = FindSymbols();
        (string Name, string Value)[] values =
        [
            ("release", manifest.KernelRelease),
            ("how", kvm.Usable ? "with KVM" : $"under emulation ({kvm.Reason})"),
            ("qemu", ExecutableSearch.Find(request.Model.Program, environment)),
            ("machine", $"{(kvm.Usable ? request.Model.KvmRace : request.Model.TcgRace)} {request.Model.Common}"),
            ("memory", memory.ToString(CultureInfo.InvariantCulture)),
            ("kernel", KernelFile),
            ("initramfs", initramfs),
            ("append", request.Model.Append),
            ("symbols", symbols.Length == 0 ? "" : $"{ShellQuoting.Quote(symbols)} "),
        ];
        string logic = await File.ReadAllTextAsync(Path.Combine(request.Scripts, "boot.sh"), cancellation).ConfigureAwait(false);
        return string.Concat(
            "#!/bin/sh\n# Written by dotnet run; run by hand it does the same, with the same arguments.\n",
            string.Concat(values.Select(value => $"{value.Name}={ShellQuoting.Quote(value.Value)}\n")),
            logic);
    }

    // The objects may be another build's by now, or a result of somebody else's has none.
    private string FindSymbols()
    {
        string linked = Path.Combine(request.ObjectTree, "System.map");
        bool same = File.Exists(linked) && Digest.OfFile(linked) == Digest.OfFile(Path.Combine(request.OutputFolder, "System.map"));
        string vmlinux = Path.Combine(request.ObjectTree, "vmlinux");
        return same && File.Exists(vmlinux) ? vmlinux : "";
    }
}

/// <summary>What a machine on the terminal is made from.</summary>
/// <param name="IntermediateFolder">The project's intermediate folder, absolute.</param>
/// <param name="OutputFolder">Where the results stand, absolute.</param>
/// <param name="Arch">The architecture.</param>
/// <param name="Model">Its machine; what it has for race mode is used.</param>
/// <param name="AllowKvm">Whether the host's KVM may be used where it works.</param>
/// <param name="Scripts">The folder of the machine's scripts.</param>
public sealed record InteractiveRequest(string IntermediateFolder, string OutputFolder, string Arch, MachineModel Model, bool AllowKvm, string Scripts)
{
    /// <summary>make's O=.</summary>
    public string ObjectTree => Path.Combine(IntermediateFolder, "out");
}
