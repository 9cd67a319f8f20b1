using EveKernel.Core.Processes;

namespace EveKernel.Tests.Configuration;

/// <summary>The Makefile and scripts of the distribution's kernel with a Kconfig of ours, so that configuring takes seconds. Unpacked once.</summary>
public sealed class SmallTree : IAsyncLifetime
{
    private const string Kconfig = """
        mainmenu "A small tree"

        config MODULES
        	bool "Modules"
        	modules

        config BUS
        	bool "A bus"

        config DRIVER
        	tristate "A driver"
        	depends on BUS && (FIRST_BUS_KIND || SECOND_BUS_KIND)

        config FIRST_BUS_KIND
        	bool "One kind"

        config SECOND_BUS_KIND
        	bool "Another kind"

        config LIBRARY
        	tristate "A library"

        config USER_OF_LIBRARY
        	bool "Built in, with the library"
        	select LIBRARY

        config FEATURE_OF_LIBRARY
        	tristate "What cannot be more than the library"
        	depends on LIBRARY

        config OTHER_LIBRARY
        	tristate "Another library"

        config FEATURE_OF_OTHER
        	tristate "What cannot be more than the other library"
        	depends on OTHER_LIBRARY

        menuconfig GROUP
        	bool "A group"
        	depends on BUS

        config MEMBER
        	bool "In the group"
        	depends on GROUP
        	default y

        config COUNT
        	int "A number"
        	range 1 64
        	default 4

        config RANDSTRUCT
        	bool "Structures laid out by chance"

        config NAME
        	string "A name"

        config LOCALVERSION_AUTO
        	bool "The release from a repository"
        	default y

        choice
        	prompt "How to pack"
        config PACK_ONE
        	bool "One way"
        config PACK_TWO
        	bool "Another way"
        endchoice

        """;

    public string Folder { get; } = RepositoryRoot.File("artifacts/small-tree");

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Folder)!);
        using FileLock unpacking = await FileLock.AcquireAsync(Folder + ".lock", "a test", null, CancellationToken.None);
        if (!File.Exists(Path.Combine(Folder, "unpacked")))
        {
            string archive = Directory.EnumerateFiles("/usr/src", "linux-source-*.tar.xz").Order(StringComparer.Ordinal).FirstOrDefault()
                ?? throw new InvalidOperationException("These tests need the kernel's source: apt-get install linux-source");
            Directory.CreateDirectory(Folder);
            CommandResult result = await ProcessRunner.RunAsync(
                new Command("tar", "--extract", "--file", archive, "--directory", Folder, "--strip-components=1", "--wildcards", "*/Makefile", "*/scripts"),
                CancellationToken.None);
            Assert.True(result.Succeeded, result.StandardError);
            foreach (string other in Directory.EnumerateDirectories(Folder).Where(path => Path.GetFileName(path) != "scripts"))
                Directory.Delete(other, recursive: true);
            await File.WriteAllTextAsync(Path.Combine(Folder, "unpacked"), "");
        }

        Directory.CreateDirectory(Path.Combine(Folder, "arch/x86/configs"));
        await File.WriteAllTextAsync(Path.Combine(Folder, "arch/x86/Makefile"), "");
        await File.WriteAllTextAsync(Path.Combine(Folder, "arch/x86/configs/small_defconfig"), "CONFIG_BUS=y\nCONFIG_COUNT=7\n");
        await File.WriteAllTextAsync(Path.Combine(Folder, "Kconfig"), Kconfig);
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
