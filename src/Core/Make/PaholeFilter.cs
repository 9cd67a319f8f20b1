using EveKernel.Core.Processes;

namespace EveKernel.Core.Make;

/// <summary>A program in <c>O=</c> that make takes for pahole. It leaves out -j: with several threads, BTF has its types in the order in which they end. Trees decide
/// the flags themselves (scripts/Makefile.btf, scripts/pahole-flags.sh), each line and each distribution otherwise, so what they have decided is filtered.</summary>
public static class PaholeFilter
{
    /// <summary>The program's path below O=.</summary>
    public const string RelativePath = ".evk-tools/pahole";

    /// <summary>The program. The pahole that it runs is the first one on PATH, as it would be without it.</summary>
    public const string Script = """
        #!/bin/sh
        for word do
        	shift
        	case $word in
        	-j* | --jobs*) ;;
        	*) set -- "$@" "$word" ;;
        	esac
        done
        exec pahole "$@"

        """;

    /// <summary>Puts it there, unless it is or the build has no pahole.</summary>
    /// <param name="context">The surroundings of make.</param>
    public static void Write(MakeContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        string file = Path.Combine(context.OutputTree, RelativePath);
        if (!context.HasPahole || (File.Exists(file) && File.ReadAllText(file) == Script))
            return;
        DurableFile.WriteAllText(file, Script);
        File.SetUnixFileMode(
            file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
                | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
    }
}
