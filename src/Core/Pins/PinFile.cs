using System.Collections.Immutable;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using EveKernel.Core.Diagnostics;

namespace EveKernel.Core.Pins;

/// <summary>A project file whose bytes stay what they are but for the versions that are changed: its XML is only looked at, and never written.</summary>
public sealed class PinFile
{
    private readonly Encoding _encoding;
    private readonly bool _hasMark;
    private readonly ImmutableArray<int> _lines;

    private PinFile(string path, byte[] bytes, Encoding encoding, bool hasMark, string text, XDocument document)
    {
        (Path, Bytes, _encoding, _hasMark, Text, Document) = (path, bytes, encoding, hasMark, text, document);
        _lines = FindLines(text);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>What it held when it was read.</summary>
    internal byte[] Bytes { get; }

    /// <summary>Its text.</summary>
    internal string Text { get; }

    /// <summary>Its content, with places.</summary>
    internal XDocument Document { get; }

    /// <summary>Reads one.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The file.</returns>
    /// <exception cref="KernelException">EVK5142: it is no XML in UTF-8 or UTF-16.</exception>
    public static PinFile Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        try
        {
            using StreamReader reader = new(new MemoryStream(bytes), new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true);
            string text = reader.ReadToEnd();
            byte[] mark = reader.CurrentEncoding.GetPreamble();
            bool hasMark = mark.Length > 0 && bytes.AsSpan().StartsWith(mark);
            PinFile file = new(path, bytes, reader.CurrentEncoding, hasMark, text, XDocument.Parse(text, LoadOptions.SetLineInfo | LoadOptions.PreserveWhitespace));
            return file.Encode(text).AsSpan().SequenceEqual(bytes) ? file : throw Unchangeable(path, 0, "its characters cannot be written as they were read");
        }
        catch (DecoderFallbackException exception)
        {
            throw Unchangeable(path, 0, "it is neither UTF-8 nor UTF-16", exception);
        }
        catch (XmlException exception)
        {
            throw Unchangeable(path, exception.LineNumber, $"it is no XML: {exception.Message.TrimEnd('.')}", exception);
        }
    }

    /// <summary>The failure of a file that cannot be changed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="line">The line, or 0.</param>
    /// <param name="why">Why.</param>
    /// <param name="inner">What was caught.</param>
    /// <returns>The exception.</returns>
    internal static KernelException Unchangeable(string path, int line, string why, Exception? inner = null) => new(
        ErrorCodes.PinUnchangeable, $"The pins in '{path}' cannot be changed: {why}. Nothing was changed. Change this file by hand, or leave it out of KernelPinFile.",
        new SourceLocation(path, line), inner);

    /// <summary>Where an attribute's value begins. What stands in the file must be the value, letter for letter.</summary>
    /// <param name="attribute">The attribute.</param>
    /// <returns>The place in the text.</returns>
    internal int Place(XAttribute attribute)
    {
        int name = Place((IXmlLineInfo)attribute);
        int begin = Text.IndexOfAny(['"', '\''], name) + 1;
        return Require(begin, attribute.Value, LineOf(attribute));
    }

    /// <summary>Where a version begins in an element's text. What stands in the file must be the text, but for its ends of lines, which XML reads as one.</summary>
    /// <param name="element">The element, which holds nothing but text.</param>
    /// <param name="version">The version, which its text has.</param>
    /// <returns>The place in the text.</returns>
    internal int Place(XElement element, string version)
    {
        if (element.Nodes().ToArray() is [XText { NodeType: XmlNodeType.Text } node])
        {
            int begin = Place((IXmlLineInfo)node);
            string raw = Text[begin..Text.IndexOf('<', begin)];
            if (raw.ReplaceLineEndings("\n") == element.Value)
                return begin + raw.IndexOf(version, StringComparison.Ordinal);
        }

        throw Unchangeable(Path, LineOf(element), "the version is not written as plain text");
    }

    /// <summary>The line of something.</summary>
    /// <param name="place">An element or attribute.</param>
    /// <returns>Its line, from 1.</returns>
    internal static int LineOf(XObject place) => ((IXmlLineInfo)place).LineNumber;

    /// <summary>The file's bytes with other text.</summary>
    /// <param name="text">All of the text.</param>
    /// <returns>The bytes, in the file's own encoding.</returns>
    internal byte[] Encode(string text) => _hasMark ? [.. _encoding.GetPreamble(), .. _encoding.GetBytes(text)] : _encoding.GetBytes(text);

    private int Place(IXmlLineInfo info) => _lines[info.LineNumber - 1] + info.LinePosition - 1;

    private int Require(int begin, string value, int line) => string.CompareOrdinal(Text, begin, value, 0, value.Length) == 0 ? begin
        : throw Unchangeable(Path, line, "the version is not written as plain text");

    // A line ends as XML has it.
    private static ImmutableArray<int> FindLines(string text)
    {
        ImmutableArray<int>.Builder lines = ImmutableArray.CreateBuilder<int>();
        lines.Add(0);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.Length || text[i + 1] != '\n')))
                lines.Add(i + 1);
        }

        return lines.ToImmutable();
    }
}
