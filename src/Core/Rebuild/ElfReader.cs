using System.Collections.Immutable;
using System.Globalization;
using EveKernel.Core.Gates;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Rebuild;

/// <summary>Reads an ELF file's sections and symbols by readelf.</summary>
/// <param name="folder">A folder for the files that readelf is given.</param>
/// <param name="environment">The host's environment.</param>
internal sealed class ElfReader(string folder, ImmutableDictionary<string, string> environment)
{
    /// <summary>Reads one.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Its sections.</returns>
    /// <exception cref="InvalidDataException">readelf does not read it.</exception>
    public async Task<ElfFile> ReadAsync(byte[] bytes, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, $"{Guid.NewGuid():N}");
        try
        {
            await File.WriteAllBytesAsync(file, bytes, cancellation).ConfigureAwait(false);
            Command command = new("readelf", "-W", "-S", "-s", file) { Environment = environment.SetItem("LC_ALL", "C") };
            CommandResult result = await ProcessRunner.RunAsync(command, cancellation).ConfigureAwait(false);
            ObjectTables tables = ObjectTables.Parse(result.StandardOutput);
            if (tables.Sections.IsEmpty)
                throw new InvalidDataException($"readelf names no section: {result.StandardError.Trim()}");
            return ElfFile.From(tables, bytes.Length);
        }
        finally
        {
            File.Delete(file);
        }
    }
}

/// <summary>An ELF file.</summary>
/// <param name="Sections">The sections that have content, in the order of their indices.</param>
/// <param name="Symbols">The symbols that have a place.</param>
internal sealed record ElfFile(ImmutableArray<ElfSection> Sections, ImmutableArray<ObjectSymbol> Symbols)
{
    public static ElfFile From(ObjectTables tables, long length) => new(
        [
            .. tables.Sections.Values.Where(section => section.Type is not "NOBITS" and not "NULL" && section.Offset + section.Size <= length)
                .OrderBy(section => section.Index)
                .Select(section => new ElfSection(
                    section.Index, section.Name, section.Type, checked((int)section.Offset)..checked((int)(section.Offset + section.Size)))),
        ],
        [.. tables.Symbols.Values.Where(symbol => symbol.Section > 0 && symbol.Name.Length > 0 && symbol.Type is "FUNC" or "OBJECT" or "NOTYPE")]);

    /// <summary>The symbol that holds a byte of a section, in a relocatable file.</summary>
    /// <param name="section">The section.</param>
    /// <param name="at">The byte.</param>
    /// <returns>Its name and the distance from its beginning, or null.</returns>
    public string? SymbolAt(ElfSection section, int at)
    {
        ObjectSymbol? symbol = Symbols.Where(symbol => symbol.Section == section.Index && symbol.Value <= at && at < symbol.Value + Math.Max(symbol.Size, 1))
            .MaxBy(symbol => symbol.Value);
        return symbol is null ? null : string.Create(CultureInfo.InvariantCulture, $"{symbol.Name}+{at - symbol.Value}");
    }
}

/// <summary>A section with content.</summary>
/// <param name="Index">Its index.</param>
/// <param name="Name">Its name.</param>
/// <param name="Type">readelf's word.</param>
/// <param name="Range">Its bytes in the file.</param>
internal sealed record ElfSection(int Index, string Name, string Type, Range Range)
{
    public bool IsContent => Type is "PROGBITS" or "NOTE" or "INIT_ARRAY";
}
