using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Rebuild;

/// <summary>The second build: the same plan and the same targets, in a process of its own, from the checkout to the package.</summary>
/// <param name="plan">The first build's plan.</param>
/// <param name="environment">The host's environment.</param>
internal sealed class SecondBuild(BuildPlan plan, ImmutableDictionary<string, string> environment)
{
    /// <summary>A word of the second build's environment that no kernel has by chance.</summary>
    public const string Noise = "evk-rebuild-noise";

    private static readonly ImmutableArray<string> Noisy =
    [
        "CFLAGS", "CPPFLAGS", "LDFLAGS", "KCFLAGS", "KAFLAGS", "HOSTCFLAGS", "LOCALVERSION", "BUILD_ID", "KBUILD_BUILD_USER", "KBUILD_BUILD_HOST",
        "KBUILD_BUILD_VERSION", "KBUILD_BUILD_TIMESTAMP", "EVK_NOISE",
    ];

    /// <summary>The check's own folder.</summary>
    public string Folder { get; } = FolderOf(plan);

    /// <summary>The log of the second build.</summary>
    public string LogFile => Path.Combine(Folder, "second-build.log");

    /// <summary>The script that starts a command in the second build's surroundings.</summary>
    public string ScriptFile => Path.Combine(Folder, "as-the-second-build.sh");

    // Longer than the first, so that nothing that depends on a path's length is the same by chance.
    private string View => Path.Combine(Folder, "a-folder-with-quite-another-name");

    private string Home => Path.Combine(Folder, "a-home-of-somebody-else");

    private string Temporary => Path.Combine(Folder, "tmp");

    /// <summary>The folder of a plan's check.</summary>
    /// <param name="plan">The plan.</param>
    /// <returns>The folder.</returns>
    public static string FolderOf(BuildPlan plan) => Path.Combine(plan.IntermediateFolder, "rebuild");

    /// <summary>Runs it.</summary>
    /// <param name="request">The programs.</param>
    /// <param name="abilities">What is varied.</param>
    /// <param name="jobs">make's -j.</param>
    /// <param name="withoutNetwork">Whether make is cut off.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Where its results are.</returns>
    /// <exception cref="KernelException">EVK6103.</exception>
    public async Task<SecondResult> RunAsync(RebuildRequest request, HostAbilities abilities, int jobs, bool withoutNetwork, CancellationToken cancellation)
    {
        string store = abilities.Disorder is null ? View : Path.Combine(Folder, "disk");
        foreach (string folder in (ImmutableArray<string>)[View, store, Home, Temporary])
            Directory.CreateDirectory(folder);
        SecondResult result = new(store, View);
        BuildPlan second = CreatePlan(abilities);
        second.Write(Path.Combine(store, "plan.json"));
        string umask = await OtherUmaskAsync(cancellation).ConfigureAwait(false);
        string script = new SecondScript(abilities).Create(store, View, CreateEnvironment(abilities), umask);
        DurableFile.WriteAllText(ScriptFile, script);
        Command command = new(
            "sh",
            ScriptFile,
            request.Dotnet,
            request.MSBuild,
            request.Project,
            "-nologo",
            "-noAutoResponse",
            "-nodeReuse:false",
            "-verbosity:minimal",
            MSBuildCall.Property("_KernelFolder", View + "/"),
            MSBuildCall.Property("_KernelJobs", jobs.ToString(CultureInfo.InvariantCulture)),
            MSBuildCall.Property("KernelNetwork", withoutNetwork ? "false" : "true"),
            MSBuildCall.Property("KernelDevelPackage", plan.Extras.Contains(PackagePart.Devel) ? "true" : "false"),
            MSBuildCall.Property("KernelDebugPackage", plan.Extras.Contains(PackagePart.Debug) ? "true" : "false"),
            MSBuildCall.Property("KernelPackageId", plan.PackageId),
            MSBuildCall.Property("KernelPackageVersion", plan.PackageVersion),
            // NuGet packs nothing without what its restore has left, and a plan needs no restore.
            MSBuildCall.Property("_KernelRestorePath", request.RestoreFolder),
            MSBuildCall.Property("_KernelPackTime", request.PackTime))
        {
            Environment = environment,
            WorkingDirectory = Folder,
        };
        await RunAsync(command, result, cancellation).ConfigureAwait(false);
        return result;
    }

    /// <summary>Takes away what the second build has left.</summary>
    public void Remove()
    {
        foreach (string name in (ImmutableArray<string>)["disk", "trial", "compare", "diffoscope"])
            Folders.Delete(Path.Combine(Folder, name));
        foreach (string folder in (ImmutableArray<string>)[View, Home, Temporary])
            Folders.Delete(folder);
    }

    private async Task RunAsync(Command command, SecondResult result, CancellationToken cancellation)
    {
        Queue<string> errors = new();
        GroupResult ended;
        StreamWriter log = new(LogFile, append: false);
        await using (log.ConfigureAwait(false))
        {
            ended = await new ProcessGroup(withoutNetwork: false).RunAsync(
                command,
                line =>
                {
                    log.WriteLine(line);
                    if (line.Contains("error", StringComparison.OrdinalIgnoreCase) && errors.Count < 5)
                        errors.Enqueue(line.Trim());
                },
                cancellation).ConfigureAwait(false);
        }

        // dotnet's exit code is 0 after some ends that are none.
        if (ended.ExitCode == 0 && File.Exists(result.Manifest) && File.Exists(result.SurroundingsFile))
            return;
        string last = errors.Count > 0 ? string.Join('\n', errors) : string.Join('\n', File.ReadLines(LogFile).TakeLast(5));
        throw new KernelException(
            ErrorCodes.RebuildFailed,
            string.Create(
                CultureInfo.InvariantCulture,
                $"In its other surroundings the build fails (exit code {ended.ExitCode}), where the first one did not. Log: {LogFile}. "
                    + $"To try by hand: sh {ScriptFile} COMMAND…\n{last}"));
    }

    private BuildPlan CreatePlan(HostAbilities abilities) => plan with
    {
        IntermediateFolder = View,
        OutputFolder = Path.Combine(View, "bin"),
        SeparateTree = true,
        CompilerLauncher = "",
        LockFile = "",
        // The package holds the signature, and few programs sign twice alike.
        SignaturesFrom = plan.OutputFolder,
        Besides = ClockVariables(abilities),
    };

    // For make and all that it starts; MSBuild does not start under another clock. File times stay those of the disk: make compares them with each other.
    private static ImmutableSortedDictionary<string, string> ClockVariables(HostAbilities abilities) => abilities.ClockLibrary is not { } library
        ? ImmutableSortedDictionary<string, string>.Empty
        : ImmutableSortedDictionary.CreateRange(
            StringComparer.Ordinal,
            new Dictionary<string, string>
            {
                ["LD_PRELOAD"] = library,
                ["FAKETIME"] = HostAbilities.ClockOffset,
                ["NO_FAKE_STAT"] = "1",
                ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
                ["DONT_FAKE_MONOTONIC"] = "1",
                ["FAKETIME_DISABLE_SHM"] = "1",
            });

    private ImmutableSortedDictionary<string, string> CreateEnvironment(HostAbilities abilities)
    {
        Dictionary<string, string> variables = Noisy.ToDictionary(name => name, _ => Noise);
        foreach ((string name, string value) in environment)
        {
            if (name.StartsWith("DOTNET_", StringComparison.Ordinal))
                variables[name] = value;
        }

        variables["PATH"] = abilities.Path ?? environment.GetValueOrDefault("PATH", "/usr/bin:/bin");
        variables["HOME"] = Home;
        variables["TMPDIR"] = Temporary;
        // No result of another build reaches it, whatever stands on PATH as gcc.
        variables["CCACHE_DIR"] = Path.Combine(Temporary, "ccache");
        variables["SCCACHE_DIR"] = Path.Combine(Temporary, "sccache");
        variables["TZ"] = OtherZone(TimeZoneInfo.Local.BaseUtcOffset);
        if ((abilities.Locale ?? environment.GetValueOrDefault("LC_ALL")) is { } locale)
            variables["LC_ALL"] = variables["LANG"] = locale;
        variables["MSBUILDDISABLENODEREUSE"] = "1";
        variables["DOTNET_EnableDiagnostics"] = "0";
        variables["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        return ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, variables);
    }

    // The far end of the world; without a database of zones, in the words that need none.
    private static string OtherZone(TimeSpan current) => current == TimeSpan.FromHours(14) ? "UTC"
        : File.Exists("/usr/share/zoneinfo/Pacific/Kiritimati") ? "Pacific/Kiritimati"
        : "EVK-14";

    private async Task<string> OtherUmaskAsync(CancellationToken cancellation)
    {
        Command ask = new("sh", "-c", "umask") { Environment = environment };
        return (await ProcessRunner.RunAsync(ask, cancellation).ConfigureAwait(false)).StandardOutput.Trim() == "0077" ? "0022" : "0077";
    }
}

/// <summary>What starts the second build.</summary>
/// <param name="Dotnet">The dotnet program that runs this build.</param>
/// <param name="MSBuild">The MSBuild.dll that runs this build.</param>
/// <param name="Project">The SDK's project for second builds.</param>
/// <param name="RestoreFolder">Where NuGet's restore of the project has left its files.</param>
/// <param name="PackTime">The time that the package is given.</param>
public sealed record RebuildRequest(string Dotnet, string MSBuild, string Project, string RestoreFolder, string PackTime);

/// <summary>Where a second build has left its results.</summary>
/// <param name="Store">Its folder, as this process sees it.</param>
/// <param name="View">Its folder, as the build saw it.</param>
internal sealed record SecondResult(string Store, string View)
{
    public string OutputFolder => Path.Combine(Store, "bin");

    public string Manifest => Path.Combine(OutputFolder, "manifest.json");

    public string PackageFolder => Path.Combine(Store, "packages");

    public string ObjectTree => Path.Combine(Store, "out");

    public string SurroundingsFile => Path.Combine(Store, "surroundings.json");
}
