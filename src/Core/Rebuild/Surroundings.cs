using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Rebuild;

/// <summary>What a build sees of its host. It is observed inside of each build, by a command that is started as make is, so that a report tells what was really
/// varied and not what was meant to be.</summary>
public sealed record Surroundings
{
    /// <summary>The make's O= folder's parent: the project's intermediate folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The user's name, or its number where it has none.</summary>
    public required string User { get; init; }

    /// <summary>The host's name.</summary>
    public required string Host { get; init; }

    /// <summary>The clock, in seconds since 1970.</summary>
    public required long Clock { get; init; }

    /// <summary>The time zone of what starts make, as an offset such as +0100.</summary>
    public required string TimeZone { get; init; }

    /// <summary>The locale of what starts make.</summary>
    public required string Locale { get; init; }

    /// <summary>The umask, in octal digits.</summary>
    public required string Umask { get; init; }

    /// <summary>make's -j.</summary>
    public required int Jobs { get; init; }

    /// <summary>PATH.</summary>
    public required string Path { get; init; }

    /// <summary>The order in which the file system names files that were made in the order of the alphabet.</summary>
    public required string ReadOrder { get; init; }

    /// <summary>The release that the running kernel says.</summary>
    public required string Kernel { get; init; }

    /// <summary>The digest of the environment of what starts make.</summary>
    public required string Environment { get; init; }

    /// <summary>HOME.</summary>
    public required string Home { get; init; }

    /// <summary>The folder for temporary files.</summary>
    public required string Temporary { get; init; }

    // make's own environment is fixed by the SDK: what a command of the build sees of these is the point.
    private const string Script = """
        rm -rf "$1"; mkdir -p "$1"
        for name in a b c d e f g h i j; do : > "$1/$name"; done
        printf 'order %s\n' "$(ls -U "$1" | tr -d '\n')"
        printf 'user %s\n' "$(id -un 2>/dev/null || id -u)"
        printf 'host %s\n' "$(uname -n)"
        printf 'clock %s\n' "$(date +%s)"
        printf 'umask %s\n' "$(umask)"
        printf 'kernel %s\n' "$(uname -r)"
        printf 'path %s\n' "$PATH"
        printf 'home %s\n' "${HOME:-}"
        printf 'temporary %s\n' "${TMPDIR:-/tmp}"
        """;

    /// <summary>Observes.</summary>
    /// <param name="plan">The build's plan.</param>
    /// <param name="jobs">make's -j.</param>
    /// <param name="environment">The environment that the build is given.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What it sees.</returns>
    public static async Task<Surroundings> ObserveAsync(
        BuildPlan plan, int jobs, ImmutableDictionary<string, string> environment, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(environment);
        string folder = System.IO.Path.Combine(plan.IntermediateFolder, "order-of-files");
        Command command = plan.CreateMakeContext(environment).ToCommand(jobs) with
        {
            Executable = "sh",
            Arguments = ["-c", Script, "sh", folder],
            WorkingDirectory = "/",
        };
        Dictionary<string, string> seen = new(StringComparer.Ordinal);
        GroupResult result = await new ProcessGroup(withoutNetwork: true).RunAsync(
            command,
            line =>
            {
                string[] parts = line.Split(' ', 2);
                seen[parts[0]] = parts[^1];
            },
            cancellation).ConfigureAwait(false);
        if (result.ExitCode != 0 || !seen.TryGetValue("temporary", out string? temporary))
        {
            string said = string.Join("; ", seen.Select(pair => $"{pair.Key} {pair.Value}"));
            throw new KernelException(ErrorCodes.RebuildFailed, $"The build's surroundings could not be observed: {said}");
        }

        CommandResult zone = await ProcessRunner.RunAsync(new Command("date", "+%z") { Environment = environment }, cancellation).ConfigureAwait(false);
        Directory.Delete(folder, recursive: true);
        return new Surroundings
        {
            Folder = plan.IntermediateFolder.TrimEnd('/'),
            User = seen["user"],
            Host = seen["host"],
            Clock = long.Parse(seen["clock"], CultureInfo.InvariantCulture),
            TimeZone = zone.StandardOutput.Trim(),
            Locale = LocaleOf(environment),
            Umask = seen["umask"],
            Jobs = jobs,
            Path = seen["path"],
            ReadOrder = seen["order"],
            Kernel = seen["kernel"],
            Environment = DigestOf(environment),
            Home = seen["home"],
            Temporary = temporary,
        };
    }

    /// <summary>The locale that an environment asks for.</summary>
    /// <param name="environment">The environment.</param>
    /// <returns>Its name.</returns>
    internal static string LocaleOf(ImmutableDictionary<string, string> environment) =>
        ((IEnumerable<string>)["LC_ALL", "LC_COLLATE", "LANG"])
            .Select(name => environment.GetValueOrDefault(name, ""))
            .FirstOrDefault(value => value.Length > 0, "C");

    /// <summary>Reads what <see cref="Write"/> has written.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The surroundings.</returns>
    public static Surroundings Read(string path) => JsonFile.Read<Surroundings>(path);

    /// <summary>Writes them.</summary>
    /// <param name="path">The file.</param>
    public void Write(string path) => JsonFile.Write(path, this);

    private static string DigestOf(ImmutableDictionary<string, string> environment)
    {
        IEnumerable<string> lines = environment.Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal);
        return Digest.OfText(string.Join('\0', lines))[..12];
    }
}
