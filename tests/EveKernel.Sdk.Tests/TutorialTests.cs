using System.Collections.Immutable;
using System.Text.RegularExpressions;
using EveKernel.Core.Processes;

namespace EveKernel.Tests;

/// <summary>docs/maintainers-loop.md as somebody walks it who has cloned this repository: in a terminal, in a folder with the sample, its patches and nothing that was built.</summary>
public sealed class TutorialTests
{
    private const string Edit = "obj/passthrough-v6.12/edit";

    private static readonly ImmutableDictionary<string, string> Somebody = ImmutableDictionary<string, string>.Empty
        .Add("GIT_AUTHOR_NAME", "Somebody").Add("GIT_AUTHOR_EMAIL", "somebody@example.org")
        .Add("GIT_COMMITTER_NAME", "Somebody").Add("GIT_COMMITTER_EMAIL", "somebody@example.org");

    // Three kernels are compiled.
    [Fact]
    [Trait("Tier", "all")]
    public async Task From_a_clone_to_a_verdict_and_a_refreshed_patch()
    {
        using TemporaryFolder clone = new();
        string folder = await CloneAsync(clone);
        await using Terminal terminal = await Terminal.OpenAsync(folder, Somebody);
        await ExpectAsync(terminal, "dotnet msbuild -t:KernelShow", @"series +2 patches");
        await ExpectAsync(terminal, "dotnet msbuild -restore -t:KernelEdit", $"{Edit} holds 2 patches on ");
        await ExpectAsync(terminal, $"git -C {Edit} log --oneline", "^[0-9a-f]+ (\\(.*\\) )?KVM: x86/mmu: Emulate guest access to a disabled passthrough BAR");
        await ExpectAsync(terminal, $"sed -i 's/as MMIO if the memory/as MMIO where the memory/' {Edit}/arch/x86/kvm/mmu/mmu.c", "");
        await ExpectAsync(terminal, "dotnet msbuild -t:KernelDiff", @"^ *\+\s+\* Emulate the access as MMIO where the memory");

        await ExpectAsync(terminal, "dotnet test -p:KernelEdited=true", "disabled-bar +patched +as expected +200 cycles: 200 reads all ones");
        await BootAsync(terminal);
        await SetInMenuAsync(terminal, folder);

        await ExpectAsync(terminal, $"git -C {Edit} commit -q -a --fixup=HEAD", "");
        await ExpectAsync(terminal, "dotnet msbuild -t:KernelPatchRefresh", "Rewrote .*/patches/v6.12/0002-KVM");
        await ExpectAsync(terminal, "git diff --numstat", @"^2\s+2\s+patches/v6\.12/0002-KVM.*\n1\s+0\s+samples/config/vfio-group\.fragment$");
        await ExpectAsync(terminal, "git diff -U0 ../../patches", @"^\+\+\s+\* Emulate the access as MMIO where the memory");
        await ExpectAsync(terminal, "dotnet msbuild -t:KernelPatchRestore", "Brought back ");
        await ExpectAsync(terminal, "git diff --quiet ../../patches && echo as it was", "^as it was$");
    }

    private static async Task BootAsync(Terminal terminal)
    {
        await terminal.ClearAsync();
        await terminal.StartAsync("dotnet run -p:KernelEdited=true -- -append quiet");
        await terminal.WaitForAsync("^/root # $");
        await terminal.TypeAsync("uname -r\n");
        await terminal.WaitForAsync("^6\\..*-edit$");
        await terminal.PressAsync("C-a");
        await terminal.PressAsync("x");
        Assert.Equal(0, await terminal.EndAsync());
    }

    private static async Task SetInMenuAsync(Terminal terminal, string folder)
    {
        string fragment = Path.Combine(folder, "../config/vfio-group.fragment");
        string before = await File.ReadAllTextAsync(fragment);
        await terminal.ClearAsync();
        await terminal.StartAsync("dotnet msbuild -t:KernelMenuconfig");
        await terminal.WaitForAsync("General setup");
        await terminal.TypeAsync("/");
        await terminal.WaitForAsync("Search Configuration Parameter");
        await terminal.TypeAsync("TASKSTATS");
        await terminal.PressAsync("Enter");
        // The first that was found.
        await terminal.WaitForAsync("Symbol: TASKSTATS ");
        await terminal.TypeAsync("1");
        await terminal.WaitForAsync(@"\[ \] Export task/process statistics");
        await terminal.TypeAsync("y");
        await terminal.WaitForAsync(@"\[\*\] Export task/process statistics");
        // Out of the menu, out of what was found, out of it all.
        await terminal.PressAsync("Escape", "Escape");
        await terminal.WaitForAsync("Symbol: TASKSTATS ");
        await terminal.PressAsync("Escape", "Escape");
        await terminal.WaitForAsync("Networking support");
        await terminal.PressAsync("Escape", "Escape");
        await terminal.WaitForAsync("save your new configuration");
        await terminal.PressAsync("Enter");
        Assert.Equal(0, await terminal.EndAsync());
        Assert.Contains("CONFIG_TASKSTATS=y (added)", await terminal.ReadAsync(), StringComparison.Ordinal);
        Assert.Equal(before + "CONFIG_TASKSTATS=y\n", await File.ReadAllTextAsync(fragment));
    }

    private static async Task ExpectAsync(Terminal terminal, string command, string pattern)
    {
        await terminal.ClearAsync();
        int status = await terminal.RunAsync(command);
        string shown = await terminal.ReadAsync();
        Assert.True(status == 0 && Regex.IsMatch(shown, pattern, RegexOptions.Multiline), $"'{command}' ended with {status}, and '{pattern}' was expected:\n{shown}");
    }

    private static async Task<string> CloneAsync(TemporaryFolder clone)
    {
        string script = """
            set -eu
            mkdir -p samples/passthrough-v6.12 patches
            cp "$1"/samples/passthrough-v6.12/passthrough-v6.12.kernelproj samples/passthrough-v6.12/
            cp -r "$1"/samples/config "$1"/samples/global.json samples/
            cp -r "$1"/patches/v6.12 patches/
            sed "s,'../artifacts,'$1/artifacts," "$1"/samples/passthrough-v6.12.props >samples/passthrough-v6.12.props
            sed "s,\.\./artifacts/feed,$1/artifacts/feed,; s,\.\./artifacts/packages,packages," "$1"/samples/NuGet.config >samples/NuGet.config
            printf 'obj/\nbin/\npackages/\n' >.gitignore
            mkdir samples/packages
            git init -q
            git add -A
            git -c user.name=A -c user.email=a@example.org commit -q -m 'A clone'
            """;
        CommandResult made = await ProcessRunner.RunAsync(
            new Command("sh", "-c", script, "sh", RepositoryRoot.Folder) { WorkingDirectory = clone.Path, Environment = Dotnet.Variables }, CancellationToken.None);
        Assert.True(made.Succeeded, made.StandardError);
        return clone["samples/passthrough-v6.12"];
    }
}
