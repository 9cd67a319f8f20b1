namespace EveKernel.Core.Gates;

/// <summary>A function or a named object of data, with its content in a form that does not depend on where it lies.</summary>
/// <param name="Name">Its name; of several alike in one file the later ones have <c>#2</c> and so on.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Content">Instructions or bytes, with all that they refer to by name or content.</param>
public sealed record CompiledSymbol(string Name, SymbolKind Kind, long Size, string Content);

/// <summary>What a symbol stands for.</summary>
public enum SymbolKind
{
    /// <summary>A function.</summary>
    Function,

    /// <summary>An object of data that has a name of its own.</summary>
    Data,
}
