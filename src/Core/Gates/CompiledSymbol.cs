namespace EveKernel.Core.Gates;

/// <summary>A function or a named object of data, with its content in a form that does not depend on where it lies.</summary>
/// <param name="Name">Its name; of several alike in one file the later ones have <c>#2</c> and so on.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Content">Instructions or bytes, with all that they refer to by name or content.</param>
public sealed record CompiledSymbol(string Name, SymbolKind Kind, long Size, string Content)
{
    // Neither occurs in what objdump prints.
    private const char Mark1 = '\u0001';
    private const char Mark2 = '\u0002';

    /// <summary>Whether two have the same content. A reference that may be to either of two names is the same as one to any of them.</summary>
    /// <param name="other">The other.</param>
    /// <returns>True when nothing differs.</returns>
    public bool IsSameAs(CompiledSymbol other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (Kind != other.Kind)
            return false;
        string[] own = Content.Split(Mark1);
        string[] others = other.Content.Split(Mark1);
        // Between two marks stands a reference, so that every second part is one.
        return own.Length == others.Length
            && Enumerable.Range(0, own.Length).All(at => own[at] == others[at] || (at % 2 == 1 && own[at].Split(Mark2).Intersect(others[at].Split(Mark2)).Any()));
    }

    /// <summary>Writes a reference into a content.</summary>
    /// <param name="names">What it may be to.</param>
    /// <returns>The names, marked.</returns>
    internal static string Mark(IEnumerable<string> names) => $"{Mark1}{string.Join(Mark2, names.Distinct().Order(StringComparer.Ordinal))}{Mark1}";
}

/// <summary>What a symbol stands for.</summary>
public enum SymbolKind
{
    /// <summary>A function.</summary>
    Function,

    /// <summary>An object of data that has a name of its own.</summary>
    Data,
}
