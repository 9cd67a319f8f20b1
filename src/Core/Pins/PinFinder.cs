using System.Collections.Immutable;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace EveKernel.Core.Pins;

/// <summary>Finds the kernels that project files pin: as MSBuild's text has them, without conditions, so that a pin for another configuration is one as well.</summary>
public static partial class PinFinder
{
    private const string Prefix = "EveKernel.";
    private static readonly ImmutableHashSet<string> Items = ["PackageReference", "PackageVersion", "GlobalPackageReference", "PackageDownload"];

    /// <summary>Finds the pins of some files.</summary>
    /// <param name="files">The files: a version may be a property that another of them sets.</param>
    /// <returns>Exact pins, and references that are none.</returns>
    public static (ImmutableArray<KernelPin> Pins, ImmutableArray<LoosePin> Loose) Find(ImmutableArray<PinFile> files)
    {
        ILookup<string, (PinFile File, XElement Element)> properties = (
            from file in files
            from element in file.Document.Descendants()
            where element.Parent?.Name.LocalName == "PropertyGroup"
            select (file, element)).ToLookup(property => property.element.Name.LocalName, property => property, StringComparer.OrdinalIgnoreCase);
        List<KernelPin> pins = [];
        List<LoosePin> loose = [];
        foreach (PinFile file in files)
        {
            foreach (XElement item in file.Document.Descendants().Where(element => Items.Contains(element.Name.LocalName)))
            {
                string id = ((string?)item.Attribute("Include") ?? (string?)item.Attribute("Update") ?? "").Trim();
                if (!id.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || string.Equals(id, "EveKernel.Sdk", StringComparison.OrdinalIgnoreCase))
                    continue;
                foreach (string name in (string[])["Version", "VersionOverride"])
                    Add(file, item, id, name);
            }
        }

        // A property that several packages take their version from, or several conditions.
        return ([.. pins.Distinct()], [.. loose]);

        void Add(PinFile file, XElement item, string id, string name)
        {
            XAttribute? attribute = item.Attribute(name);
            XElement? element = item.Elements().FirstOrDefault(child => child.Name.LocalName == name);
            string? value = attribute?.Value ?? element?.Value;
            if (value is null)
                return;
            int line = PinFile.LineOf(attribute is null ? element! : attribute);
            if (Exact().Match(value) is { Success: true } exact)
            {
                Group version = exact.Groups["version"];
                pins.Add(new KernelPin(
                    id, version.Value, file.Path, line, attribute is null ? file.Place(element!, version.Value) : file.Place(attribute) + version.Index));
            }
            else if (Reference().Match(value) is { Success: true } reference && AddProperties(id, reference))
            {
                return;
            }
            else
            {
                loose.Add(new LoosePin(id, value.Trim(), file.Path, line));
            }
        }

        bool AddProperties(string id, Match reference)
        {
            bool hasBrackets = reference.Groups["open"].Success;
            bool any = false;
            foreach ((PinFile file, XElement element) in properties[reference.Groups["name"].Value])
            {
                Match match = (hasBrackets ? Bare() : Exact()).Match(element.Value);
                if (!match.Success)
                    continue;
                any = true;
                Group version = match.Groups["version"];
                pins.Add(new KernelPin(id, version.Value, file.Path, PinFile.LineOf(element), file.Place(element, version.Value)));
            }

            return any;
        }
    }

    [GeneratedRegex(@"^\s*\[\s*(?<version>[0-9][0-9A-Za-z.\-]*)\s*\]\s*$")]
    private static partial Regex Exact();

    [GeneratedRegex(@"^\s*(?<version>[0-9][0-9A-Za-z.\-]*)\s*$")]
    private static partial Regex Bare();

    [GeneratedRegex(@"^\s*(?<open>\[)?\s*\$\((?<name>[A-Za-z_][A-Za-z0-9_\-]*)\)\s*(?(open)\])\s*$")]
    private static partial Regex Reference();
}
