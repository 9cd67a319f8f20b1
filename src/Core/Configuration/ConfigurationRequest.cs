using System.Collections.Immutable;
using EveKernel.Core.Make;

namespace EveKernel.Core.Configuration;

/// <summary>What to configure.</summary>
/// <param name="Make">The tree and the surroundings of make.</param>
/// <param name="Jobs">How many jobs at once.</param>
/// <param name="Defconfig"><c>allnoconfig</c>, <c>tinyconfig</c>, another target of the tree such as <c>eve-core_defconfig</c>,
/// or the absolute path of a file.</param>
/// <param name="Fragments">Fragments to lay over it, in order.</param>
/// <param name="AllowLocalVersionAuto">Whether CONFIG_LOCALVERSION_AUTO may be set.</param>
/// <param name="KconfigHelperSource">The SDK's evk-kconfig.c; evk-kconfig.sh is beside it.</param>
/// <param name="LogFile">Where all output goes.</param>
public sealed record ConfigurationRequest(
    MakeContext Make,
    int Jobs,
    string Defconfig,
    ImmutableArray<string> Fragments,
    bool AllowLocalVersionAuto,
    string KconfigHelperSource,
    string LogFile)
{
    /// <summary>What stands for the source tree and the tools, which are not looked at: when it, the files and .config are those of the last time,
    /// nothing runs. Empty always configures.</summary>
    public string InputsKey { get; init; } = "";
}

/// <summary>A requested symbol and what became of it.</summary>
/// <param name="Name">The symbol, without <c>CONFIG_</c>.</param>
/// <param name="Value">Its value as .config has it; <c>n</c> when it is off.</param>
public sealed record EffectiveValue(string Name, string Value);

/// <summary>A configuration that holds all that was asked.</summary>
/// <param name="ConfigFile">The path of .config.</param>
/// <param name="Sha256">Its SHA-256, in lower case.</param>
/// <param name="Values">The requested symbols.</param>
/// <param name="WasUpToDate">True when nothing had to run.</param>
public sealed record ConfigurationResult(string ConfigFile, string Sha256, ImmutableArray<EffectiveValue> Values, bool WasUpToDate);
