using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Rebuild;

/// <summary>What this host lets a second build vary. Each ability is tried: neither a program's presence nor its version tells what a container
/// allows.</summary>
internal sealed record HostAbilities
{
    /// <summary>The clock is moved by this.</summary>
    public const string ClockOffset = "+400d";

    /// <summary>What begins the command: namespaces in which the second build is root. Empty where the host refuses them.</summary>
    public ImmutableArray<string> Namespaces { get; init; } = [];

    /// <summary>Whether the host's name can be another.</summary>
    public bool CanRename { get; init; }

    /// <summary>The user's number and name, or null.</summary>
    public (int Id, string Name)? User { get; init; }

    /// <summary>What LD_PRELOAD has to be for another clock, or null.</summary>
    public string? ClockLibrary { get; init; }

    /// <summary>disorderfs, or null.</summary>
    public string? Disorder { get; init; }

    /// <summary>Whether the kernel can say that it is 2.6.</summary>
    public bool CanSayOtherKernel { get; init; }

    /// <summary>A locale other than the first build's, or null.</summary>
    public string? Locale { get; init; }

    /// <summary>PATH the other way round, or null.</summary>
    public string? Path { get; init; }

    /// <summary>Why a variation cannot be tried, by its name.</summary>
    public ImmutableDictionary<string, Obstacle> Obstacles { get; init; } = ImmutableDictionary<string, Obstacle>.Empty;

    /// <summary>Tries all of them.</summary>
    /// <param name="plan">The first build's plan.</param>
    /// <param name="folder">A folder to try things in.</param>
    /// <param name="environment">The host's environment.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What can be varied.</returns>
    public static async Task<HostAbilities> FindAsync(
        BuildPlan plan, string folder, ImmutableDictionary<string, string> environment, CancellationToken cancellation)
    {
        Search search = new(environment, cancellation);
        HostAbilities abilities = await search.FindNamespacesAsync(new HostAbilities()).ConfigureAwait(false);
        abilities = await search.FindUserAsync(abilities).ConfigureAwait(false);
        abilities = await search.FindClockAsync(abilities).ConfigureAwait(false);
        abilities = await search.FindDisorderAsync(abilities, folder).ConfigureAwait(false);
        abilities = await search.FindKernelAsync(abilities).ConfigureAwait(false);
        abilities = await search.FindLocaleAsync(abilities).ConfigureAwait(false);
        return await search.FindPathAsync(abilities, plan).ConfigureAwait(false);
    }

    private HostAbilities Without(string variation, string because, bool possible) =>
        this with { Obstacles = Obstacles.SetItem(variation, new Obstacle(because, possible)) };

    private sealed class Search(ImmutableDictionary<string, string> environment, CancellationToken cancellation)
    {
        public async Task<HostAbilities> FindNamespacesAsync(HostAbilities known)
        {
            if (ExecutableSearch.TryFind("unshare", environment) is null)
                return known.Without("host", Missing("unshare"), possible: true).Without("user", Missing("unshare"), possible: true);
            string refusal = "";
            foreach (ImmutableArray<string> words in (ImmutableArray<ImmutableArray<string>>)
                [["unshare", "--user", "--map-root-user", "--uts", "--mount"], ["unshare", "--uts", "--mount"]])
            {
                CommandResult result = await RunAsync([.. words, "sh", "-c", "hostname evk"]).ConfigureAwait(false);
                if (result.Succeeded)
                    return known with { Namespaces = words, CanRename = true };
                refusal = refusal.Length > 0 ? refusal : Words(result);
            }

            return known.Without("host", $"the host refuses namespaces ({refusal})", possible: false);
        }

        public async Task<HostAbilities> FindUserAsync(HostAbilities known)
        {
            if (known.Obstacles.ContainsKey("user"))
                return known;
            (int id, string name) = OtherUser((await RunAsync(["id", "-u"]).ConfigureAwait(false)).StandardOutput.Trim());
            CommandResult result = await RunAsync([.. known.Namespaces, .. AsUser(id), "true"]).ConfigureAwait(false);
            return result.Succeeded
                ? known with { User = (id, name) }
                : known.Without("user", $"the host refuses user namespaces ({Words(result)})", possible: false);
        }

        public async Task<HostAbilities> FindClockAsync(HostAbilities known)
        {
            if (ExecutableSearch.TryFind("faketime", environment) is null)
                return known.Without("clock", Missing("faketime"), possible: true);
            // The program knows where its library is.
            CommandResult asked = await RunAsync(["faketime", "-m", "-f", ClockOffset, "printenv", "LD_PRELOAD"]).ConfigureAwait(false);
            string library = asked.StandardOutput.Trim();
            return asked.Succeeded && library.Length > 0
                ? known with { ClockLibrary = library }
                : known.Without("clock", $"faketime does not run ({Words(asked)})", possible: true);
        }

        public async Task<HostAbilities> FindDisorderAsync(HostAbilities known, string folder)
        {
            const string variation = "order of files";
            if (ExecutableSearch.TryFind("disorderfs", environment) is not { } disorder)
                return known.Without(variation, Missing("disorderfs"), possible: true);
            if (known.Namespaces.IsEmpty)
                return known.Without(variation, "the host refuses mount namespaces, so that what disorderfs mounts would stay", possible: false);
            if (!File.Exists("/dev/fuse"))
                return known.Without(variation, "the host has no /dev/fuse", possible: false);
            string store = System.IO.Path.Combine(folder, "store");
            string view = System.IO.Path.Combine(folder, "view");
            Directory.CreateDirectory(store);
            Directory.CreateDirectory(view);
            string script = SecondScript.Mount(disorder, store, view) + "\nstatus=0\nls \"$view\" || status=$?\numount \"$view\"\nexit $status\n";
            CommandResult result = await RunAsync([.. known.Namespaces, "sh", "-c", script]).ConfigureAwait(false);
            return result.Succeeded
                ? known with { Disorder = disorder }
                : known.Without(variation, $"disorderfs cannot be mounted ({Words(result)})", possible: false);
        }

        public async Task<HostAbilities> FindKernelAsync(HostAbilities known)
        {
            if (ExecutableSearch.TryFind("setarch", environment) is null)
                return known.Without("kernel", Missing("setarch"), possible: true);
            CommandResult result = await RunAsync(["setarch", "--uname-2.6", "true"]).ConfigureAwait(false);
            return result.Succeeded
                ? known with { CanSayOtherKernel = true }
                : known.Without("kernel", $"the host refuses personalities ({Words(result)})", possible: false);
        }

        public async Task<HostAbilities> FindLocaleAsync(HostAbilities known)
        {
            string current = Surroundings.LocaleOf(environment);
            CommandResult listed = await RunAsync(["locale", "-a"]).ConfigureAwait(false);
            string[] installed = listed.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            // Turkish letters and their order are the ones that programs go wrong with.
            string? other = installed.Where(name => !Same(name, current))
                .OrderByDescending(name => name.StartsWith("tr_TR", StringComparison.Ordinal))
                .ThenBy(name => name.StartsWith('C') || name == "POSIX")
                .ThenByDescending(name => name.Contains("utf8", StringComparison.OrdinalIgnoreCase))
                .FirstOrDefault();
            return other is null ? known.Without("locale", "no other is installed", possible: true) : known with { Locale = other };
        }

        // Which gcc is found first is the user's choice, and in the key; for all else the order must not matter.
        public async Task<HostAbilities> FindPathAsync(HostAbilities known, BuildPlan plan)
        {
            string[] folders = environment.GetValueOrDefault("PATH", "/usr/bin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries);
            string reversed = string.Join(':', folders.Reverse());
            if (folders.Distinct().Count() < 2)
                return known.Without("order of PATH", "PATH has one folder only", possible: false);
            ImmutableDictionary<string, string> other = environment.SetItem("PATH", reversed);
            Toolchain probe = new(
                System.IO.Path.Combine(plan.CacheFolder, "toolchain.json"), ToolchainArchive.PutFirst(plan.ToolchainFolder, other));
            ImmutableArray<Tool> tools = await probe.ProbeAsync(plan.Compiler, plan.CrossCompile, cancellation).ConfigureAwait(false);
            Tool? moved = tools.FirstOrDefault(tool => plan.Toolchain.FirstOrDefault(kept => kept.Name == tool.Name)?.Sha256 != tool.Sha256);
            return moved is null && tools.Length == plan.Toolchain.Length
                ? known with { Path = reversed }
                : known.Without(
                    "order of PATH",
                    $"in the other order another {moved?.Name ?? "toolchain"} would be found ({moved?.Path}), and a toolchain is an input",
                    possible: false);
        }

        // One that is in the list of users, so that a build that asks for its name gets one.
        private static (int Id, string Name) OtherUser(string current)
        {
            foreach (string[] fields in File.ReadLines("/etc/passwd").Select(line => line.Split(':')))
            {
                bool isOther = fields.Length > 3 && fields[2] != current;
                if (isOther && int.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out int id) && id is > 0 and < 65534)
                    return (id, fields[0]);
            }

            return (4242, "4242");
        }

        private static bool Same(string one, string other) => string.Equals(Plain(one), Plain(other), StringComparison.OrdinalIgnoreCase);

        private static string Plain(string locale) => locale == "POSIX" ? "C" : locale.Replace("-", "", StringComparison.Ordinal);

        private static string Missing(string program) =>
            $"'{program}' is not on PATH; install {DebianPackages.Describe(program)}";

        private static string Words(CommandResult result) =>
            result.StandardError.Split('\n', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault($"exit code {result.ExitCode}").Trim();

        private Task<CommandResult> RunAsync(ImmutableArray<string> words) =>
            ProcessRunner.RunAsync(new Command(words[0], words[1..]) { Environment = environment }, cancellation);
    }

    /// <summary>What begins a command that is to run as another user.</summary>
    /// <param name="id">The user's number.</param>
    /// <returns>The words.</returns>
    public static ImmutableArray<string> AsUser(int id)
    {
        string number = id.ToString(CultureInfo.InvariantCulture);
        return ["unshare", "--user", $"--map-user={number}", $"--map-group={number}"];
    }
}
