namespace EveKernel.Core.Source;

/// <summary>Reads objects of a store one after another, without starting anything for each. For one thread; nothing is ever fetched.</summary>
public interface IGitObjects : IDisposable
{
    /// <summary>Reads an object.</summary>
    /// <param name="id">Its full id.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>Its type (commit, tree, blob) and bytes, or null if the store lacks it.</returns>
    GitObject? Read(string id, CancellationToken cancellation);
}

/// <summary>An object.</summary>
/// <param name="Type"><c>commit</c>, <c>tree</c>, <c>blob</c> or <c>tag</c>.</param>
/// <param name="Bytes">Its bytes.</param>
public sealed record GitObject(string Type, byte[] Bytes);
