using System.Collections.Immutable;
using System.Text;
using EveKernel.Core.Packaging;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Configuration;

/// <summary>Changes lines of a fragment and nothing else of it: other lines, line ends and bytes of any encoding stay as they are.</summary>
public sealed class FragmentEditor
{
    private readonly string _file;
    private readonly string _digest;
    private readonly List<string> _lines;

    private FragmentEditor(string file, string digest, List<string> lines) => (_file, _digest, _lines) = (file, digest, lines);

    /// <summary>Reads a fragment as it is now.</summary>
    /// <param name="file">The fragment.</param>
    /// <returns>An editor of it.</returns>
    public static FragmentEditor Read(string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        return new FragmentEditor(file, Digest.OfBytes(bytes), Split(Encoding.Latin1.GetString(bytes)));
    }

    /// <summary>Whether the file still is what was read.</summary>
    public bool IsCurrent => File.Exists(_file) && Digest.OfFile(_file) == _digest;

    /// <summary>The fragment with lines changed: one that is there is replaced where it stands, any other comes at the end.</summary>
    /// <param name="lines">The lines; the location says which line of the fragment each replaces, and null that it is new.</param>
    /// <returns>The bytes.</returns>
    public byte[] With(ImmutableArray<ConfigLine> lines)
    {
        List<string> result = [.. _lines];
        string ending = _lines.Count > 0 && _lines[0].EndsWith("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        foreach (ConfigLine line in lines)
        {
            string text = line.Overrides ? $"{line} # override" : line.ToString();
            if (line.Location is { Line: > 0 } place)
            {
                string old = result[place.Line - 1];
                result[place.Line - 1] = text + old[old.AsSpan().TrimEnd("\r\n").Length..];
                continue;
            }

            if (result.Count > 0 && !result[^1].EndsWith('\n'))
                result[^1] += ending;
            result.Add(text + ending);
        }

        return Encoding.Latin1.GetBytes(string.Concat(result));
    }

    /// <summary>Writes the fragment in place of what there was; a link stays one, and the file's mode is kept.</summary>
    /// <param name="bytes">All of it.</param>
    public void Write(byte[] bytes)
    {
        string file = File.ResolveLinkTarget(_file, returnFinalTarget: true)?.FullName ?? _file;
        UnixFileMode mode = File.GetUnixFileMode(file);
        DurableFile.Write(file, stream => stream.Write(bytes));
        File.SetUnixFileMode(file, mode);
    }

    private static List<string> Split(string text)
    {
        List<string> lines = [];
        for (int begin = 0; begin < text.Length;)
        {
            int end = text.IndexOf('\n', begin);
            end = end < 0 ? text.Length : end + 1;
            lines.Add(text[begin..end]);
            begin = end;
        }

        return lines;
    }
}
