using EveKernel.Core.Diagnostics;
using EveKernel.Core.Make;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Configuration;

/// <summary>Makes <c>.config</c> in the output tree and proves that it holds what was asked.</summary>
/// <param name="processes">Runs make.</param>
/// <param name="sink">Takes warnings; errors are thrown.</param>
public sealed class Configurator(ProcessGroup processes, IDiagnosticSink sink)
{
    /// <summary>Configures, unless nothing has changed since the last time.</summary>
    /// <param name="request">What to configure.</param>
    /// <param name="cancellation">Ends make.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="KernelException">EVK30xx: with each symbol that did not come out as asked.</exception>
    public async Task<ConfigurationResult> ConfigureAsync(ConfigurationRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        FragmentSet fragments = FragmentSet.Join([.. request.Fragments.Select(ConfigFragment.Read)]);
        if (Path.IsPathRooted(request.Defconfig) && !File.Exists(request.Defconfig))
            throw new KernelException(ErrorCodes.ConfigurationFileMissing, $"The configuration '{request.Defconfig}' is not there.");
        string config = Path.Combine(request.Make.OutputTree, ".config");
        string record = Path.Combine(request.Make.OutputTree, KconfigRun.WorkFolder, "record");
        string inputs = DigestOf(request, fragments);
        bool known = request.InputsKey.Length > 0 && File.Exists(config) && File.Exists(record);
        if (known && await File.ReadAllTextAsync(record, cancellation).ConfigureAwait(false) == Record(inputs, config))
            return Result(config, fragments, wasUpToDate: true);

        HostTools.CheckPrograms(request.Make);
        Directory.CreateDirectory(Path.Combine(request.Make.OutputTree, KconfigRun.WorkFolder));
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(request.LogFile))!);
        File.Delete(record);
        PaholeFilter.Write(request.Make);
        (byte[] Content, DateTime Time)? before = File.Exists(config)
            ? (await File.ReadAllBytesAsync(config, cancellation).ConfigureAwait(false), File.GetLastWriteTimeUtc(config))
            : null;

        StreamWriter log = new(request.LogFile, append: false);
        await using (log.ConfigureAwait(false))
        {
            KconfigRun run = new(processes, request, log);
            await MakeConfigAsync(run, fragments, cancellation).ConfigureAwait(false);
            // What depends on .config looks at its time; a merge writes it twice even when it ends as it was.
            byte[] after = await File.ReadAllBytesAsync(config, cancellation).ConfigureAwait(false);
            if (before is { } old && old.Content.AsSpan().SequenceEqual(after))
                File.SetLastWriteTimeUtc(config, old.Time);
            await CheckAsync(run, fragments, config, cancellation).ConfigureAwait(false);
        }

        DurableFile.WriteAllText(record, Record(inputs, config));
        return Result(config, fragments, wasUpToDate: false);
    }

    private static async Task MakeConfigAsync(KconfigRun run, FragmentSet fragments, CancellationToken cancellation)
    {
        ConfigurationRequest request = run.Request;
        if (request.Defconfig is "allnoconfig" or "tinyconfig")
        {
            string merged = run.File("merged.config");
            IEnumerable<string> lines = request.Defconfig == "tinyconfig" ? TinyLines(request.Make, fragments) : [];
            await File.WriteAllLinesAsync(merged, [.. lines, .. fragments.Requested.Select(line => line.ToString())], cancellation).ConfigureAwait(false);
            await run.MakeAsync([$"KCONFIG_ALLCONFIG={merged}", "allnoconfig"], cancellation).ConfigureAwait(false);
            return;
        }

        string config = run.File("../.config");
        if (Path.IsPathRooted(request.Defconfig))
            File.Copy(request.Defconfig, config, overwrite: true);
        else
            await run.MakeAsync([request.Defconfig], cancellation).ConfigureAwait(false);

        List<string> files = [];
        foreach (ConfigFragment fragment in fragments.Fragments)
        {
            // Without "# override", which kconfig would take for a part of the value.
            files.Add(run.File($"fragment-{files.Count}.config"));
            await File.WriteAllLinesAsync(files[^1], fragment.Lines.Select(line => line.ToString()), cancellation).ConfigureAwait(false);
        }

        if (files.Count > 0)
        {
            string script = Path.Combine(request.Make.SourceTree, "scripts/kconfig/merge_config.sh");
            await run.InOutputAsync("sh", [script, "-m", "-O", request.Make.OutputTree, config, .. files], cancellation).ConfigureAwait(false);
        }

        if (files.Count > 0 || Path.IsPathRooted(request.Defconfig))
            await run.MakeAsync(["olddefconfig"], cancellation).ConfigureAwait(false);
    }

    // The tree's tinyconfig sets KCONFIG_ALLCONFIG itself, so its parts are put before the fragments here.
    private static IEnumerable<string> TinyLines(MakeContext make, FragmentSet fragments)
    {
        HashSet<string> requested = [.. fragments.Requested.Select(line => line.Name)];
        string arch = make.Arch is "x86_64" or "i386" ? "x86" : make.Arch;
        return ((IEnumerable<string>)["kernel/configs/tiny-base.config", "kernel/configs/tiny.config", $"arch/{arch}/configs/tiny.config"])
            .Select(name => Path.Combine(make.SourceTree, name))
            .Where(File.Exists)
            .SelectMany(path => ConfigFragment.Read(path).Lines)
            .Where(line => !requested.Contains(line.Name))
            .Select(line => line.ToString());
    }

    private async Task CheckAsync(KconfigRun run, FragmentSet fragments, string config, CancellationToken cancellation)
    {
        ConfigFile result = ConfigFile.Read(config);
        // A parser's run costs CPU-seconds, in a kernel's hundreds of questions to the compiler: only when there is something to explain.
        bool asAsked = fragments.Requested.All(line => result.Mentions(line.Name) && ConfigFile.SameValue(line.Value, result[line.Name]));
        SymbolReports reports = asAsked ? SymbolReports.Parse([]) : await run.AskAsync(fragments.Requested, cancellation).ConfigureAwait(false);
        List<Diagnostic> diagnostics = [.. ConfigurationCheck.Compare(fragments.Requested, result, reports)];
        if (result.IsBuiltIn("LOCALVERSION_AUTO") && !run.Request.AllowLocalVersionAuto)
        {
            diagnostics.Add(new Diagnostic(
                Severity.Error,
                ErrorCodes.LocalVersionAuto,
                "CONFIG_LOCALVERSION_AUTO is y, so the release would depend on the repository that the tree lies in. "
                + "Add '# CONFIG_LOCALVERSION_AUTO is not set' to a fragment.",
                fragments.Requested.FirstOrDefault(line => line.Name == "LOCALVERSION_AUTO")?.Location));
        }

        if (diagnostics.Any(diagnostic => diagnostic.Severity == Severity.Error))
            throw new KernelException(diagnostics);
        diagnostics.ForEach(sink.Report);
        await HostTools.CheckForAsync(run.Request.Make, result, cancellation).ConfigureAwait(false);
    }

    private static ConfigurationResult Result(string config, FragmentSet fragments, bool wasUpToDate)
    {
        ConfigFile result = ConfigFile.Read(config);
        return new ConfigurationResult(
            config,
            Digest.OfFile(config),
            [.. fragments.Requested.Select(line => new EffectiveValue(line.Name, result[line.Name]))],
            wasUpToDate);
    }

    private static string DigestOf(ConfigurationRequest request, FragmentSet fragments)
    {
        IEnumerable<string> parts =
        [
            request.InputsKey,
            .. request.Make.PortableArguments,
            request.Make.SourceTree,
            string.Join(' ', request.Make.CompilerLauncher.Programs),
            request.Defconfig,
            Path.IsPathRooted(request.Defconfig) ? Digest.OfFile(request.Defconfig) : "",
            request.AllowLocalVersionAuto ? "auto" : "",
            .. fragments.Fragments.SelectMany(fragment => fragment.Lines.Select(line => line.ToString()).Append("")),
            Digest.OfFile(request.KconfigHelperSource),
        ];
        return Digest.OfText(string.Join('\n', parts));
    }

    private static string Record(string inputs, string config) => $"{inputs}\n{Digest.OfFile(config)}\n";
}
