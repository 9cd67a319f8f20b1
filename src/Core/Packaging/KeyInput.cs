using System.Collections.Immutable;

namespace EveKernel.Core.Packaging;

/// <summary>One input of the build key.</summary>
/// <param name="Name">What it is, such as <c>fragment</c> or <c>tool/cc1</c>. Inputs of one name are a list, whose order counts.</param>
/// <param name="Value">Its value, or the digest of its content.</param>
/// <param name="Origin">Where it came from: no part of the key.</param>
/// <param name="Details">What its content is in short, so that a later build can say what changed: no part of the key.</param>
public sealed record KeyInput(string Name, string Value, string Origin, ImmutableArray<string> Details)
{
    /// <summary>The line that is a part of the key.</summary>
    /// <returns>The name, a space, the value.</returns>
    public override string ToString() => $"{Name} {Value}";
}
