using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Rebuild;

/// <summary>The shell script that starts the second build in its other surroundings. It stays beside the results, so that somebody who looks for a leak can run
/// any command in them.</summary>
/// <param name="abilities">What can be varied.</param>
internal sealed class SecondScript(HostAbilities abilities)
{
    /// <summary>The name that the host has for the second build.</summary>
    public const string HostName = "evk-rebuild-on-another-host";

    /// <summary>Lines that show the folder <c>$store</c> at <c>$view</c> with its files named in the opposite order. In the foreground, and so in this session:
    /// what ends the build ends it too.</summary>
    /// <param name="disorder">disorderfs.</param>
    /// <param name="store">Where the files are.</param>
    /// <param name="view">Where they are seen.</param>
    /// <returns>The lines.</returns>
    public static string Mount(string disorder, string store, string view) => $"""
        store={ShellQuoting.Quote(store)}
        view={ShellQuoting.Quote(view)}
        {ShellQuoting.Quote(disorder)} -f -q --shuffle-dirents=no --reverse-dirents=yes --pad-blocks=0 "$store" "$view" >/dev/null &
        disorder=$!
        until mountpoint -q "$view"; do
        {"\t"}kill -0 "$disorder" || exit 1
        {"\t"}sleep 0.05
        done
        """;

    /// <summary>Writes the script.</summary>
    /// <param name="store">Where the second build's files are.</param>
    /// <param name="view">Where it sees them; the same folder unless their order is varied.</param>
    /// <param name="variables">Its whole environment.</param>
    /// <param name="umask">Its umask, in octal digits.</param>
    /// <returns>The text; it is run with the command as its arguments.</returns>
    public string Create(string store, string view, ImmutableSortedDictionary<string, string> variables, string umask)
    {
        StringBuilder script = new();
        script.Append("#!/bin/sh\n# Runs a command in the surroundings of the second build: sh THIS COMMAND…\nset -eu\n");
        string self = abilities.Namespaces.IsEmpty ? "" : string.Join(' ', abilities.Namespaces) + " ";
        script.Append("if [ \"${EVK_REBUILD_INSIDE:-}\" = '' ]; then\n");
        script.Append(CultureInfo.InvariantCulture, $"\tEVK_REBUILD_INSIDE=1 exec {self}sh \"$0\" \"$@\"\nfi\n");
        if (abilities.CanRename)
            script.Append(CultureInfo.InvariantCulture, $"hostname {HostName}\n");
        if (abilities.Disorder is { } disorder)
            script.Append(CultureInfo.InvariantCulture, $"{Mount(disorder, store, view)}\n");
        script.Append(CultureInfo.InvariantCulture, $"umask {umask}\nstatus=0\n");
        if (abilities.User is { } user)
            script.Append(CultureInfo.InvariantCulture, $"{string.Join(' ', HostAbilities.AsUser(user.Id))} \\\n\t");
        script.Append("env -i");
        foreach ((string name, string value) in variables)
            script.Append(CultureInfo.InvariantCulture, $" \\\n\t{name}={ShellQuoting.Quote(value)}");
        script.Append(" \\\n\t");
        if (abilities.CanSayOtherKernel)
            script.Append("setarch --uname-2.6 ");
        script.Append("\"$@\" || status=$?\n");
        // Whoever still has a folder open in it is a daemon that outlives its build; the namespace ends with it all the same.
        if (abilities.Disorder is not null)
            script.Append("umount \"$view\" || { umount -l \"$view\"; kill \"$disorder\"; }\nwait \"$disorder\" || :\n");
        script.Append("exit \"$status\"\n");
        return script.ToString();
    }
}
