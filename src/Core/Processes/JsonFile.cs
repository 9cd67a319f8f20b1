using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EveKernel.Core.Processes;

/// <summary>Records that are kept as JSON.</summary>
internal static class JsonFile
{
    /// <summary>The form of a file that people read and other programs take: indented, names in camel case, nothing for what is null.</summary>
    public static JsonSerializerOptions Readable { get; } = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Reads a record that can be found out again.</summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="path">The file.</param>
    /// <param name="options">Its form; null is the plain one.</param>
    /// <returns>The record, or null when the file is not there or cannot be read.</returns>
    public static T? TryRead<T>(string path, JsonSerializerOptions? options = null) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllText(path), options);
        }
        catch (Exception exception) when (exception is IOException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Reads a record that must be there.</summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="path">The file.</param>
    /// <param name="options">Its form; null is the plain one.</param>
    /// <returns>The record.</returns>
    public static T Read<T>(string path, JsonSerializerOptions? options = null) => JsonSerializer.Deserialize<T>(File.ReadAllText(path), options)!;

    /// <summary>Writes a record in the plain form, which only this SDK reads.</summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="path">The file.</param>
    /// <param name="value">The record.</param>
    public static void Write<T>(string path, T value) => DurableFile.WriteAllText(path, JsonSerializer.Serialize(value));

    /// <summary>A record as the text of a file that people read.</summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="value">The record.</param>
    /// <param name="options">The form, when it is not quite <see cref="Readable"/>.</param>
    /// <returns>The text, which ends in a line end.</returns>
    public static string ToText<T>(T value, JsonSerializerOptions? options = null) => JsonSerializer.Serialize(value, options ?? Readable) + "\n";
}
