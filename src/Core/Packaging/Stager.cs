using System.Collections.Immutable;
using System.Globalization;
using System.Security;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Make;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Packaging;

/// <summary>Puts the results together in a folder aside, then swaps them in: the old manifest goes first and the new one comes last, so that nothing half
/// written ever looks whole.</summary>
/// <param name="plan">The plan.</param>
/// <param name="part">Which of the build's packages.</param>
/// <param name="environment">The host's environment.</param>
public sealed class Stager(BuildPlan plan, PackagePart part, ImmutableDictionary<string, string> environment)
{
    private readonly string _stage = Folders.Empty(Path.Combine(plan.IntermediateFolder, part.StageFolder));

    /// <summary>The folder aside, empty at first.</summary>
    public string Folder => _stage;

    private string Id => plan.IdOf(part);

    private string InstallFolder => Path.Combine(plan.IntermediateFolder, "installed");

    /// <summary>Where the package is packed, with what it gives to its consumers; written by <see cref="Finish(Manifest)"/>.</summary>
    public string PackageFolder => Path.Combine(plan.IntermediateFolder, part.PackFolder);

    /// <summary>Collects a kernel: image, symbol table, configuration.</summary>
    public void CollectKernel()
    {
        Collect(plan.ImagePath, "kernel");
        Collect("System.map", "System.map");
        Collect(".config", "config");
    }

    /// <summary>Where make installs to: a new folder each time, since modules_install cleans only parts of its target.</summary>
    /// <returns>The folder, empty.</returns>
    public string CreateInstallFolder() => Folders.Empty(InstallFolder);

    /// <summary>Collects the modules that were installed.</summary>
    /// <exception cref="KernelException">EVK9001: depmod is not there, without which no module can be found; kbuild only says so and goes on.</exception>
    public void CollectModules()
    {
        foreach (string release in Directory.EnumerateDirectories(Path.Combine(InstallFolder, "lib", "modules")))
        {
            if (!File.Exists(Path.Combine(release, "modules.dep")))
            {
                throw new KernelException(
                    ErrorCodes.ToolMissing,
                    $"'make modules_install' left no modules.dep: 'depmod' is not on PATH, nor in /sbin. Install {DebianPackages.Describe("depmod")}.");
            }

            foreach (string link in Links(release))
                File.Delete(link);
            // Where the development package's files are once they are unpacked.
            File.CreateSymbolicLink(Path.Combine(release, "build"), HeadersFolder(Path.GetFileName(release)));
        }

        CollectInstalled("kernel.tar");
    }

    /// <summary>Where the files for compiling modules are on a system.</summary>
    /// <param name="release">The kernel's release.</param>
    /// <returns>An absolute path, as the distributions have it.</returns>
    public static string HeadersFolder(string release) => $"/usr/src/linux-headers-{release}";

    /// <summary>Collects all that was installed, as a tarball that is unpacked at the root of a system.</summary>
    /// <param name="name">The tarball's name.</param>
    public void CollectInstalled(string name)
    {
        using (FileStream stream = File.Create(Path.Combine(_stage, name)))
            DeterministicTar.Write(InstallFolder, stream, plan.Source.CommitTime);
        Directory.Delete(InstallFolder, recursive: true);
    }

    /// <summary>Collects objects, each at its path below <c>objects/</c>.</summary>
    /// <param name="objects">Their paths below O=.</param>
    public void CollectObjects(ImmutableArray<string> objects)
    {
        Collect(".config", "config");
        foreach (string path in objects)
            Collect(path, $"objects/{path}");
    }

    /// <summary>Writes bill of materials, manifest, provenance and key, swaps all in, and writes what the package is made from.</summary>
    /// <param name="patched">The tree that was compiled.</param>
    public void Finish(PatchedTree patched)
    {
        if (part == PackagePart.Kernel || part == PackagePart.Objects)
            WriteSbom();
        Finish(CreateManifest(patched));
    }

    /// <summary>The same with a manifest that is known, of files that were put into <see cref="Folder"/> and held against it.</summary>
    /// <param name="manifest">The manifest.</param>
    public void Finish(Manifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        Swap(manifest);
        WritePackageInputs(manifest);
        Directory.Delete(_stage, recursive: true);
    }

    // They point into the folders of this machine.
    private static IEnumerable<string> Links(string modules) =>
        Directory.EnumerateFileSystemEntries(modules).Where(path => Path.GetFileName(path) is "build" or "source" && new FileInfo(path).LinkTarget is not null);

    private void Collect(string built, string name)
    {
        string from = Path.Combine(plan.ObjectTree, built);
        if (!File.Exists(from))
            throw new KernelException(ErrorCodes.ResultMissing, $"make ended well and left no '{from}'. Its log: {plan.LogFile}");
        string to = Path.Combine(_stage, name);
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Copy(from, to);
        // One mode for all: the builder's umask is nobody's business.
        File.SetUnixFileMode(to, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    private void WriteSbom()
    {
        CompiledSources sources = new(plan.WorkTree, plan.ObjectTree);
        string[] results = [.. StagedFiles()];
        const string objects = "objects/";
        SourceFiles read = part == PackagePart.Kernel
            ? sources.OfKernel(plan.ImagePath, plan.SourceArch)
            : sources.Of(results.Where(path => path.StartsWith(objects, StringComparison.Ordinal)).Select(path => path[objects.Length..]));
        string file = Path.Combine(_stage, Sbom.FileName);
        File.WriteAllText(file, new Sbom(plan).Create(read, results, _stage));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    private IEnumerable<string> StagedFiles() =>
        Directory.EnumerateFiles(_stage, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(_stage, path)).Order(StringComparer.Ordinal);

    private Manifest CreateManifest(PatchedTree patched) => Manifest.Of(
        plan,
        part,
        plan.CreateMakeContext(environment).PortableArguments,
        [.. patched.Patches.Select(patch => patch.DiffSha256)],
        patched.Tree,
        Digest.OfFile(Path.Combine(plan.ObjectTree, ".config")),
        [
            .. from path in StagedFiles()
               let file = Path.Combine(_stage, path)
               select new ManifestFile(path, new FileInfo(file).Length, "644", Digest.OfFile(file)),
        ]);

    private void Swap(Manifest manifest)
    {
        string output = Path.Combine(plan.OutputFolder, part.Folder);
        Directory.CreateDirectory(output);
        string manifestFile = Path.Combine(output, "manifest.json");
        Manifest? old = Manifest.TryRead(manifestFile);
        File.Delete(manifestFile);
        File.Delete(Path.Combine(output, BuildRecord.FileName));
        foreach (ManifestFile file in old?.Files ?? [])
            File.Delete(Path.Combine(output, file.Path));
        foreach (ManifestFile file in manifest.Files)
        {
            string to = Path.Combine(output, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Move(Path.Combine(_stage, file.Path), to, overwrite: true);
        }

        DurableFile.WriteAllText(Path.Combine(output, "key.txt"), plan.KeyText);
        DurableFile.WriteAllText(Path.Combine(output, Provenance.FileName), Provenance.Create(plan, manifest));
        SwapSignatures(output);
        DurableFile.WriteAllText(manifestFile, manifest.ToJson());
    }

    // Those of an earlier statement go; those that came with a result stay.
    private void SwapSignatures(string output)
    {
        foreach (string name in SignatureTool.All.Select(tool => tool.FileName))
        {
            string signature = Path.Combine(output, name);
            File.Delete(signature);
            string other = Path.Combine(plan.SignaturesFrom, part.Folder, name);
            if (File.Exists(Path.Combine(_stage, name)))
                File.Move(Path.Combine(_stage, name), signature);
            else if (plan.SignaturesFrom.Length > 0 && File.Exists(other))
                File.Copy(other, signature);
        }
    }

    private void WritePackageInputs(Manifest manifest)
    {
        Folders.Empty(PackageFolder);
        string output = Path.Combine(plan.OutputFolder, part.Folder);
        IEnumerable<string> signatures = SignatureTool.All.Where(tool => tool == plan.Signature || File.Exists(Path.Combine(output, tool.FileName))).Select(tool => tool.FileName);
        string[] files = [.. manifest.Files.Select(file => file.Path), "manifest.json", Provenance.FileName, .. signatures];
        string items = string.Join('\n', files.Where(path => !path.StartsWith("objects/", StringComparison.Ordinal)).Select(path => $"""
                <EveKernelFile Include="$([MSBuild]::NormalizePath($(MSBuildThisFileDirectory), '../kernel/{path}'))" KernelArch="{plan.Arch}" KernelFlavor="{plan.Flavor}" KernelRelease="{Text(manifest.KernelRelease)}" PackageId="{Id}" Kind="{path}" Visible="false" />
            """));
        string image = part != PackagePart.Kernel ? "" : $"""

              <!-- With several kernels, "the" image means nothing: the value then says so, and no file has that name. -->
              <PropertyGroup>
                <_EveKernelCount>$([MSBuild]::Add(0$(_EveKernelCount), 1))</_EveKernelCount>
                <EveKernelImage>$([MSBuild]::NormalizePath($(MSBuildThisFileDirectory), '../kernel/kernel'))</EveKernelImage>
                <EveKernelRelease>{Text(manifest.KernelRelease)}</EveKernelRelease>
                <EveKernelImage Condition="'$(_EveKernelCount)' != '1'">/several-kernels/use-the-EveKernelFile-items</EveKernelImage>
                <EveKernelRelease Condition="'$(_EveKernelCount)' != '1'">/several-kernels/use-the-EveKernelFile-items</EveKernelRelease>
              </PropertyGroup>

            """;
        File.WriteAllText(Path.Combine(PackageFolder, $"{Id}.props"), $"""
            <Project>

              <ItemGroup>
            {items}
              </ItemGroup>
            {image}
            </Project>

            """);
        File.Copy(plan.ConsumerTargets, Path.Combine(PackageFolder, $"{Id}.targets"));
        File.WriteAllText(Path.Combine(PackageFolder, $"{Id}.nuspec"), CreateNuspec(manifest, files));
    }

    private string CreateNuspec(Manifest manifest, IEnumerable<string> files)
    {
        // A target is the file's own name only if both have the same extension, or none; so each is spelled out.
        string entries = string.Join('\n', files.Select(path =>
            $"""    <file src="{Text(Path.Combine(plan.OutputFolder, part.Folder, path))}" target="kernel/{Text(path)}" />"""));
        return string.Create(CultureInfo.InvariantCulture, $"""
            <?xml version="1.0" encoding="utf-8"?>
            <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
              <metadata>
                <id>{Id}</id>
                <version>{plan.PackageVersion}</version>
                <authors>EveKernel.Sdk</authors>
                <description>{Description} Linux {Text(manifest.KernelRelease)} for {plan.Arch}, built from commit {plan.Source.Commit}.</description>
                <license type="expression">GPL-2.0-only</license>
              </metadata>
              <files>
            {entries}
                <file src="{Id}.props" target="build/{Id}.props" />
                <file src="{Id}.targets" target="build/{Id}.targets" />
              </files>
            </package>

            """);
    }

    private string Description => part.Kind switch
    {
        "devel" => "What programs and modules are compiled with for",
        "debug" => "Symbols and debug information of",
        "objects" => "Objects of",
        _ => "The kernel",
    };

    private static string Text(string value) => SecurityElement.Escape(value);
}
