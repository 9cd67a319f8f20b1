using System.Collections.Immutable;

namespace EveKernel.Core.Packaging;

/// <summary>The listed part of this SDK that can change a packed byte. The project file lists it, and embeds those sources; a digest is taken of their lines
/// without those that are empty or a comment, so that words about the code change no key.</summary>
public static class KeyedSources
{
    private const string Prefix = "keyed/";

    /// <summary>The files that count, with their digests, in the order of their names.</summary>
    /// <param name="parts">Which parts count: <c>all</c>, <c>archive</c>, <c>objects</c>.</param>
    /// <returns>Name and digest of each.</returns>
    public static IEnumerable<(string Name, string Sha256)> Read(params ImmutableArray<string> parts) =>
        from resource in typeof(KeyedSources).Assembly.GetManifestResourceNames().Order(StringComparer.Ordinal)
        where resource.StartsWith(Prefix, StringComparison.Ordinal)
        let name = resource[Prefix.Length..].Split('/', 2)
        where parts.Contains(name[0])
        select (name[1], Digest.OfText(WithoutComments(ReadResource(resource))));

    /// <summary>A source without what cannot change what it does.</summary>
    /// <param name="source">C# source.</param>
    /// <returns>Its lines that are neither empty nor a comment as a whole.</returns>
    public static string WithoutComments(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return string.Join('\n', source.Split('\n')
            .Select(line => line.TrimEnd())
            .Where(line => line.Length > 0 && !line.TrimStart().StartsWith("//", StringComparison.Ordinal)));
    }

    private static string ReadResource(string name)
    {
        using StreamReader reader = new(typeof(KeyedSources).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
