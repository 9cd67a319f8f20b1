using System.Collections.Immutable;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Configuration;

/// <summary>Lets somebody edit the configuration in a menu of the tree's own, and brings what was changed back into a fragment: as few lines as give the same configuration again.</summary>
/// <param name="processes">Runs make.</param>
/// <param name="sink">Takes what there is to tell.</param>
public sealed class ConfigMenu(ProcessGroup processes, IDiagnosticSink sink)
{
    /// <summary>The menus, each with the header that it is compiled with and that header's Debian package; without one, make looks by itself.</summary>
    public static readonly ImmutableSortedDictionary<string, (string Header, string Package)> Programs =
        ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, (KeyValuePair<string, (string, string)>[])
        [
            new("gconfig", ("", "")), new("menuconfig", ("ncurses.h", "libncurses-dev")), new("nconfig", ("ncurses.h", "libncurses-dev")), new("xconfig", ("", "")),
        ]);

    // What a program needs of the host's environment to draw; nothing of it reaches what is compiled into a kernel.
    private static readonly ImmutableArray<string> Screen =
        ["TERM", "COLORTERM", "TERMINFO", "COLUMNS", "LINES", "DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "MENUCONFIG_COLOR", "MENUCONFIG_MODE", "NCONFIG_MODE"];

    /// <summary>Shows the menu, and writes the fragment.</summary>
    /// <param name="request">How the project is configured; its configuration stands in the O= folder.</param>
    /// <param name="program">One of <see cref="Programs"/>.</param>
    /// <param name="fragment">The fragment that takes the changes, one of the request's.</param>
    /// <param name="host">The host's environment.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    /// <exception cref="KernelException">EVK3020 to EVK3024; EVK3009.</exception>
    public async Task EditAsync(
        ConfigurationRequest request, string program, string fragment, ImmutableDictionary<string, string> host, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);
        FragmentEditor editor = FragmentEditor.Read(fragment);
        if (Programs[program].Header is { Length: > 0 } header)
            await HostTools.RequireHeaderAsync(request.Make, header, Programs[program].Package, program, cancellation).ConfigureAwait(false);
        string folder = Path.Combine(request.Make.OutputTree, KconfigRun.WorkFolder, "menu");
        string edited = Path.Combine(folder, ".config");
        Folders.Empty(folder);
        File.Copy(Path.Combine(request.Make.OutputTree, ".config"), edited);
        Show(request, program, folder, host, cancellation);
        await TakeAsync(request, editor, fragment, edited, cancellation).ConfigureAwait(false);
    }

    /// <summary>Brings what differs in an edited configuration into a fragment.</summary>
    /// <param name="request">How the project is configured; its configuration stands in the O= folder.</param>
    /// <param name="editor">The fragment as it was before.</param>
    /// <param name="fragment">Its file.</param>
    /// <param name="edited">The edited configuration, in a folder of ours.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A task.</returns>
    internal async Task TakeAsync(ConfigurationRequest request, FragmentEditor editor, string fragment, string edited, CancellationToken cancellation)
    {
        FragmentSet fragments = FragmentSet.Join([.. request.Fragments.Select(ConfigFragment.Read)]);
        ConfigFile before = ConfigFile.Read(Path.Combine(request.Make.OutputTree, ".config"));
        ConfigFile after = ConfigFile.Read(edited);
        ImmutableArray<ConfigChange> changes = ConfigChange.Compare(before, after);
        if (changes.IsEmpty)
        {
            Say($"Nothing was changed; {fragment} is as it was.");
            return;
        }

        ConfigSelection selection;
        StreamWriter log = new(request.LogFile, append: true);
        await using (log.ConfigureAwait(false))
            selection = await ConfigSelection.MakeAsync(new KconfigRun(processes, request, log), fragments, fragment, changes, Appeared(before, after), edited, cancellation)
                .ConfigureAwait(false);
        await SaveAsync(request, editor, fragment, selection, after, edited, cancellation).ConfigureAwait(false);
    }

    // Off before and after; but now that it can be set, a default might set it.
    private static ImmutableArray<string> Appeared(ConfigFile before, ConfigFile after) => [.. after.Names.Where(name => after[name] == "n" && !before.Mentions(name))];

    private static void Show(ConfigurationRequest request, string program, string folder, ImmutableDictionary<string, string> host, CancellationToken cancellation)
    {
        Command make = request.Make.ToCommand(request.Jobs, $"KCONFIG_CONFIG={Path.Combine(folder, ".config")}", "--no-print-directory", program);
        make = make with
        {
            Environment = make.Environment!
                .SetItems(host.Where(variable => Screen.Contains(variable.Key)))
                .SetItem("LC_ALL", host.GetValueOrDefault("LC_ALL", host.GetValueOrDefault("LANG", "C.UTF-8")))
                // A menu writes these where they are not there yet, and the next make would take them for those of the real configuration.
                .SetItem("KCONFIG_AUTOCONFIG", Path.Combine(folder, "auto.conf"))
                .SetItem("KCONFIG_AUTOHEADER", Path.Combine(folder, "autoconf.h"))
                .SetItem("KCONFIG_RUSTCCFG", Path.Combine(folder, "rustc_cfg")),
        };
        if (!InteractiveProgram.HasTerminal && program is "menuconfig" or "nconfig")
        {
            throw new KernelException(
                ErrorCodes.MenuWithoutTerminal,
                $"{program} needs a terminal, and this build has none for input and output. Call dotnet by hand, without a pipe; where MSBuild runs as a server or in another process, add -nodeReuse:false -m:1.");
        }

        int status = InteractiveProgram.Run(make, cancellation);
        if (status != 0)
            throw new KernelException(ErrorCodes.MenuFailed, $"'make {program}' ended with {status}; what it printed stands above. No fragment was changed.");
    }

    private async Task SaveAsync(
        ConfigurationRequest request, FragmentEditor editor, string fragment, ConfigSelection selection, ConfigFile after, string edited, CancellationToken cancellation)
    {
        string aside = Path.Combine(Path.GetDirectoryName(edited)!, "fragment");
        Configurator configurator = new(processes, sink);
        ImmutableArray<ConfigChange> left = [];
        ImmutableArray<ConfigLine> lines = [];
        byte[] bytes = [];
        // The fewest lines first; where they do not do, all that somebody could have set by hand.
        foreach (ImmutableArray<ConfigLine> attempt in (ImmutableArray<ImmutableArray<ConfigLine>>)[selection.Few, selection.All])
        {
            lines = attempt;
            bytes = editor.With(lines);
            await File.WriteAllBytesAsync(aside, bytes, cancellation).ConfigureAwait(false);
            ConfigurationRequest again = request with { Fragments = [.. request.Fragments.Select(path => path == fragment ? aside : path)] };
            string config;
            try
            {
                config = (await configurator.ConfigureAsync(again, cancellation).ConfigureAwait(false)).ConfigFile;
            }
            catch (KernelException) when (attempt != selection.All)
            {
                // A line that more lines make possible.
                continue;
            }
            catch (KernelException exception)
            {
                throw new KernelException(
                    [.. exception.Diagnostics, new Diagnostic(
                        Severity.Error, ErrorCodes.MenuResultRefused,
                        $"What was set in the menu does not come out of the fragments. No fragment was changed; the lines are in '{aside}', and the menu's configuration in '{edited}'.")]);
            }

            left = ConfigChange.Compare(after, ConfigFile.Read(config));
            if (left.IsEmpty)
                break;
        }

        if (!editor.IsCurrent)
        {
            throw new KernelException(
                ErrorCodes.MenuFragmentChanged, $"'{fragment}' was changed by something else while the menu was open, and is left alone. The lines are in '{aside}'.");
        }

        editor.Write(bytes);
        Say(string.Join('\n', lines.Select(line => line.Location is { Line: > 0 } place ? $"  {line} (line {place.Line})" : $"  {line} (added)").Prepend($"{fragment}:")));
        ImmutableArray<string> others = [.. selection.Others.Select(change => change.ToString().Trim())];
        if (!others.IsEmpty)
            Say($"  What follows of that by itself: {string.Join(", ", others.Take(ShownFollowing))}{(others.Length > ShownFollowing ? $", and {others.Length - ShownFollowing} more" : "")}");
        if (!left.IsEmpty)
        {
            sink.Report(new Diagnostic(
                Severity.Warning, ErrorCodes.MenuResultDiffers,
                $"With these lines the configuration is not quite the menu's: {string.Join(", ", left.Select(change => change.ToString().Trim()))}. The menu's is in '{edited}'.",
                new SourceLocation(fragment)));
        }
    }

    private const int ShownFollowing = 12;

    private void Say(string text) => sink.Report(new Diagnostic(Severity.Message, null, text));
}
