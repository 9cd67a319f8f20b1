using System.Collections.Immutable;
using System.Text;

namespace EveKernel.Core.Packaging;

/// <summary>Every input that can change a byte, in a fixed order. The canonical text has a line each (<c>name value</c>); its SHA-256 is the build key. The whole
/// text has lines that begin with <c>#</c> besides, which say where an input came from; <c>grep -v '^#' key.txt | sha256sum</c> gives the key.</summary>
/// <param name="Inputs">The inputs.</param>
public sealed record BuildKey(ImmutableArray<KeyInput> Inputs)
{
    private const string Header = "evekernel-key 2";

    /// <summary>A key of nothing yet.</summary>
    public BuildKey()
        : this([])
    {
    }

    /// <summary>The canonical text.</summary>
    public string CanonicalText => Header + "\n" + string.Concat(Inputs.Select(input => $"{input}\n"));

    /// <summary>The key: 64 hex digits.</summary>
    public string Value => Digest.OfText(CanonicalText);

    /// <summary>The whole text, as key.txt has it.</summary>
    public string Text
    {
        get
        {
            StringBuilder text = new($"# The build key {Value} is the SHA-256 of the lines that do not begin with '#'.\n{Header}\n");
            foreach (KeyInput input in Inputs)
            {
                if (input.Origin.Length > 0)
                    text.Append("# ").Append(input.Origin).Append('\n');
                text.Append(input).Append('\n');
                foreach (string detail in input.Details)
                    text.Append("#   ").Append(detail).Append('\n');
            }

            return text.ToString();
        }
    }

    /// <summary>Reads a key's whole text.</summary>
    /// <param name="text">The text of key.txt.</param>
    /// <returns>The key, or null when the text is of another form.</returns>
    public static BuildKey? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        ImmutableArray<KeyInput>.Builder inputs = ImmutableArray.CreateBuilder<KeyInput>();
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (!lines.Contains(Header))
            return null;
        string origin = "";
        foreach (string line in lines.SkipWhile(line => line != Header).Skip(1))
        {
            if (line.StartsWith("#   ", StringComparison.Ordinal) && inputs.Count > 0)
                inputs[^1] = inputs[^1] with { Details = inputs[^1].Details.Add(line[4..]) };
            else if (line.StartsWith("# ", StringComparison.Ordinal))
                origin = line[2..];
            else if (line.Split(' ', 2) is [string name, string value])
            {
                inputs.Add(new KeyInput(name, value, origin, []));
                origin = "";
            }
        }

        return new BuildKey(inputs.DrainToImmutable());
    }

    /// <summary>Adds an input.</summary>
    /// <param name="name">What it is: one word.</param>
    /// <param name="value">Its value, or the digest of its content.</param>
    /// <param name="origin">Where it came from.</param>
    /// <param name="details">What its content is in short.</param>
    /// <returns>The key with it.</returns>
    public BuildKey Add(string name, string value, string origin = "", params IEnumerable<string> details)
    {
        ArgumentNullException.ThrowIfNull(value);
        ArgumentNullException.ThrowIfNull(origin);
        return new BuildKey(Inputs.Add(new KeyInput(name, Escape(value), Escape(origin), [.. details.Select(Escape)])));
    }

    /// <summary>The key of the same project without a series.</summary>
    /// <returns>The key.</returns>
    public BuildKey WithoutPatches() => new([.. Inputs.Where(input => !input.Name.StartsWith("patch/", StringComparison.Ordinal))]);

    // A value cannot pretend to be another line.
    private static string Escape(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
