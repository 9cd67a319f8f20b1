using EveKernel.Core.Diagnostics;
using EveKernel.Core.Feeds;

namespace EveKernel.Tasks;

/// <summary>The properties of the cache of results, which several tasks take.</summary>
internal static class CacheSettings
{
    /// <summary>Reads KernelCacheMode.</summary>
    /// <param name="value">Its value.</param>
    /// <returns>The mode.</returns>
    internal static CacheMode ReadMode(string value) => value switch
    {
        "use" => CacheMode.Use,
        "ignore" => CacheMode.Ignore,
        "only" => CacheMode.Only,
        "refresh" => CacheMode.Refresh,
        _ => throw new KernelException(ErrorCodes.PropertyInvalid, $"KernelCacheMode is '{value}'. Use use, ignore, only or refresh."),
    };

    /// <summary>Reads KernelCacheLimit.</summary>
    /// <param name="value">Its value.</param>
    /// <returns>Bytes.</returns>
    internal static long ReadLimit(string value) => Core.Feeds.CacheLimit.TryParse(value) ?? throw new KernelException(
        ErrorCodes.PropertyInvalid, $"KernelCacheLimit is '{value}'. Use a number of bytes, or one with a unit, such as 20GB.");
}
