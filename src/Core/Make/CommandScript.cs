using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using EveKernel.Core.Configuration;
using EveKernel.Core.Patches;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Make;

/// <summary>A shell script that repeats a build by hand: git, make and the tree's own scripts, and nothing of this SDK. make gets the very arguments and
/// environment of the build, since kbuild compiles everything again when one differs.</summary>
/// <param name="plan">The plan.</param>
public sealed class CommandScript(BuildPlan plan)
{
    private const string Source = "@source@";
    private const string Output = "@output@";

    /// <summary>Writes the script.</summary>
    /// <param name="gates">The directories to make, with their targets.</param>
    /// <returns>A POSIX shell script.</returns>
    public string Create(ImmutableArray<GateDirectory> gates)
    {
        StringBuilder script = new();
        AddHead(script);
        AddSource(script);
        AddMakeFunction(script);
        AddConfiguration(script);
        AddMake(script, gates);
        return script.ToString();
    }

    private void AddHead(StringBuilder script)
    {
        string folder = $"linux-{plan.Key[..12]}";
        string tree = plan.WorkTree == plan.Source.Directory ? plan.WorkTree : $"$PWD/{folder}/tree";
        script.Append(CultureInfo.InvariantCulture, $"""
            #!/bin/sh
            # Linux {plan.Source.KernelVersion}{plan.LocalVersion} by hand.
            #   sh THIS [TREE [OUT]]
            # TREE is the patched tree and OUT make's O=. A TREE that is there is taken as it is, and so is a .config in OUT.
            # The build had these tools; others may give other bytes:

            """);
        foreach (string version in plan.Toolchain.Select(tool => tool.Version).Where(version => version.Length > 0).Distinct())
            script.Append(CultureInfo.InvariantCulture, $"#   {version}\n");
        script.Append(CultureInfo.InvariantCulture, $"""
            set -eu
            tree=$(realpath -m "{"${1:-"}{tree}{"}"}")
            out=$(realpath -m "{"${2:-"}$PWD/{folder}/out{"}"}")
            mkdir -p "$out"

            """);
    }

    private void AddSource(StringBuilder script)
    {
        if (plan.WorkTree == plan.Source.Directory)
            return;
        script.Append("\nif [ ! -e \"$tree/Makefile\" ]; then\n\tmkdir -p \"$tree\"\n");
        if (plan.Source.Directory is { } folder)
            script.Append(CultureInfo.InvariantCulture, $"\tcp -a {Quote(folder)}/. \"$tree\"\n");
        else if (plan.Archive is { } archive)
            AddArchive(script, archive);
        else
            AddRepository(script);
        foreach (SeriesEntry entry in plan.Series.SelectMany(series => PatchSeries.Read(series).Entries))
            AddPatch(script, entry);
        script.Append("fi\n");
    }

    private void AddRepository(StringBuilder script)
    {
        string fetch = $"git --git-dir=\"$tree.git\" fetch -q {Quote(plan.Repository!)}";
        string byBranch = plan.Branch is null ? "" : $" ||\n\t\t{fetch} {Quote(plan.Branch)}";
        script.Append(CultureInfo.InvariantCulture, $"""
            {"\t"}git init -q --bare "$tree.git"
            {"\t"}{fetch} --depth 1 {plan.Source.Commit}{byBranch}
            {"\t"}git -c core.autocrlf=false --git-dir="$tree.git" --work-tree="$tree" checkout -q -f {plan.Source.Commit} -- .

            """);
    }

    private void AddArchive(StringBuilder script, string archive)
    {
        string file = archive;
        if (archive.Contains("://", StringComparison.Ordinal))
        {
            file = "$tree.tar";
            script.Append(CultureInfo.InvariantCulture, $"\tcurl -fL -o \"$tree.tar\" {Quote(archive)}\n");
        }

        script.Append(CultureInfo.InvariantCulture, $"""
            {"\t"}echo "{plan.ArchiveSha256}  {file}" | sha256sum -c -
            {"\t"}tar -x -f "{file}" -C "$tree" --strip-components=1

            """);
    }

    // A repository around the tree would make git skip what it takes for files outside of it.
    private void AddPatch(StringBuilder script, SeriesEntry entry)
    {
        string apply = string.Create(CultureInfo.InvariantCulture, $"GIT_CEILING_DIRECTORIES=\"${{tree%/*}}\" git apply -p{entry.Strip}");
        string patch = Quote(entry.Path);
        string unlessApplied = plan.AlreadyAppliedIsError ? "" : $"{apply} -R --check {patch} 2>/dev/null || ";
        script.Append(CultureInfo.InvariantCulture, $"\t(cd \"$tree\" && {{ {unlessApplied}{apply} {patch}; }})\n");
    }

    private void AddMakeFunction(StringBuilder script)
    {
        MakeContext context = plan.CreateMakeContext(ImmutableDictionary<string, string>.Empty) with { SourceTree = Source, OutputTree = Output };
        if (context.HasPahole)
        {
            string program = DoubleQuote($"{Output}/{PaholeFilter.RelativePath}");
            script.Append(CultureInfo.InvariantCulture, $"\nmkdir -p \"$out/{Path.GetDirectoryName(PaholeFilter.RelativePath)}\"\ncat > {program} <<'END_OF_PAHOLE'\n");
            script.Append(PaholeFilter.Script).Append(CultureInfo.InvariantCulture, $"END_OF_PAHOLE\nchmod +x {program}\n");
        }

        script.Append("\nin_build_environment() {\n\tenv -i");
        foreach (string name in MakeContext.Kept.Order(StringComparer.Ordinal))
            script.Append(CultureInfo.InvariantCulture, $" ${{{name}+\"{name}=${name}\"}}");
        script.Append(" \\\n\t\tGIT_CEILING_DIRECTORIES=\"${tree%/*}\"");
        foreach ((string name, string value) in context.PortableEnvironment)
            script.Append(CultureInfo.InvariantCulture, $" \\\n\t\t{name}={DoubleQuote(value)}");
        script.Append(" \\\n\t\t\"$@\"\n}\n\nkernel_make() {\n\tin_build_environment make -j\"$(nproc)\"");
        // The first is -j, which is the host's own affair.
        foreach (string argument in context.ToCommand(1).Arguments[1..])
            script.Append(CultureInfo.InvariantCulture, $" \\\n\t\t{DoubleQuote(argument)}");
        script.Append(" \\\n\t\t\"$@\"\n}\n");
    }

    private void AddConfiguration(StringBuilder script)
    {
        FragmentSet fragments = FragmentSet.Join([.. plan.Fragments.Select(ConfigFragment.Read)]);
        script.Append("\nif [ ! -e \"$out/.config\" ]; then\n");
        if (plan.Defconfig is "allnoconfig" or "tinyconfig")
        {
            string tiny = plan.Defconfig == "allnoconfig" ? ":" : $"""
                for part in kernel/configs/tiny-base.config kernel/configs/tiny.config arch/{plan.SourceArch}/configs/tiny.config; do
                		[ ! -f "$tree/$part" ] || cat "$tree/$part"
                	done
                """;
            script.Append(CultureInfo.InvariantCulture, $"\t{tiny} > \"$out/wanted.config\"\n");
            AddFile(script, ">> \"$out/wanted.config\"", fragments.Requested.Select(line => line.ToString()));
            script.Append("\tkernel_make KCONFIG_ALLCONFIG=\"$out/wanted.config\" allnoconfig\n");
        }
        else
        {
            AddMergedConfiguration(script, fragments);
        }

        script.Append("fi\n");
    }

    private void AddMergedConfiguration(StringBuilder script, FragmentSet fragments)
    {
        if (Path.IsPathRooted(plan.Defconfig))
            AddFile(script, "> \"$out/.config\"", File.ReadLines(plan.Defconfig));
        else
            script.Append(CultureInfo.InvariantCulture, $"\tkernel_make {Quote(plan.Defconfig)}\n");
        string names = "";
        for (int i = 0; i < fragments.Fragments.Length; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"\"$out/wanted-{i}.config\"");
            AddFile(script, $"> {name}", fragments.Fragments[i].Lines.Select(line => line.ToString()));
            names += " " + name;
        }

        if (names.Length > 0)
            script.Append(CultureInfo.InvariantCulture, $"\t(cd \"$out\" && in_build_environment sh \"$tree/scripts/kconfig/merge_config.sh\" -m -O \"$out\" \"$out/.config\"{names})\n");
        if (names.Length > 0 || Path.IsPathRooted(plan.Defconfig))
            script.Append("\tkernel_make olddefconfig\n");
    }

    private static void AddFile(StringBuilder script, string redirection, IEnumerable<string> lines)
    {
        script.Append(CultureInfo.InvariantCulture, $"\tcat {redirection} <<'END_OF_CONFIG'\n");
        foreach (string line in lines)
            script.Append(line).Append('\n');
        script.Append("END_OF_CONFIG\n");
    }

    private void AddMake(StringBuilder script, ImmutableArray<GateDirectory> gates)
    {
        script.Append('\n');
        if (plan.Kind == Packaging.PackageKind.Objects)
        {
            foreach (ImmutableArray<string> targets in plan.MakeTargets(gates, withModules: false))
                AddCall(script, "", targets);
            return;
        }

        script.Append("if grep -q '^CONFIG_MODULES=y' \"$out/.config\"; then\n");
        AddCall(script, "\t", plan.MakeTargets(gates, withModules: true)[0]);
        script.Append("else\n");
        AddCall(script, "\t", plan.MakeTargets(gates, withModules: false)[0]);
        script.Append(CultureInfo.InvariantCulture, $"fi\necho \"The image is $out/{plan.ImagePath}. Its modules: INSTALL_MOD_PATH=DIR INSTALL_MOD_STRIP=1 modules_install\"\n");
    }

    private static void AddCall(StringBuilder script, string indent, ImmutableArray<string> targets) =>
        script.Append(indent).Append("kernel_make ").AppendJoin(' ', targets.Select(Quote)).Append('\n');

    private static string Quote(string word) => ShellQuoting.Quote(word);

    // In double quotes, so that the two folders can be the shell's variables.
    private static string DoubleQuote(string word)
    {
        StringBuilder quoted = new("\"");
        foreach (char c in word)
            quoted.Append(c is '\\' or '"' or '$' or '`' ? "\\" : "").Append(c);
        return quoted.Append('"').ToString().Replace(Source, "$tree", StringComparison.Ordinal).Replace(Output, "$out", StringComparison.Ordinal);
    }
}
