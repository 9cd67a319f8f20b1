using System.Globalization;
using System.Text;

namespace EveKernel.Tests.Patches.Status;

/// <summary>Files made by rules from a seed. Lines come from a small stock, so that hunks match in several places as they do in real code.</summary>
internal sealed class GeneratedTree(Random random)
{
    private static readonly string[] Stock = ["{", "}", "", "\treturn 0;", "\tif (ret)", "\tbreak;", "static int f(void)", "\t\tgoto out;", "/* a */",
        "\tx = y;  "];

    public List<string> File(int lines, bool odd) =>
        [.. Enumerable.Range(0, lines)
            .Select(number => odd || random.Next(3) > 0 ? Stock[random.Next(Stock.Length)]
            : string.Create(CultureInfo.InvariantCulture, $"\tline_{number}(v{random.Next(4)});"))];

    /// <summary>A change in up to four places.</summary>
    public List<string> Edit(List<string> file)
    {
        List<string> edited = [.. file];
        for (int edit = random.Next(1, 5); edit > 0; edit--)
        {
            int at = random.Next(edited.Count + 1);
            switch (random.Next(3))
            {
                case 0:
                    edited.InsertRange(at, File(random.Next(1, 5), odd: false));
                    break;
                case 1 when edited.Count > 1:
                    edited.RemoveRange(Math.Min(at, edited.Count - 1), 1);
                    break;
                default:
                    edited[Math.Min(at, edited.Count - 1)] = string.Create(CultureInfo.InvariantCulture, $"\tedited_{random.Next(1000)}();");
                    break;
            }
        }

        return edited;
    }

    /// <summary>What a branch of another age does to a file: lines move, a line of context changes, a block stands twice, the file ends early.</summary>
    public (string Rule, List<string> File) Drift(List<string> file)
    {
        List<string> drifted = [.. file];
        int at = random.Next(drifted.Count);
        switch (random.Next(8))
        {
            case 0:
                return ("as it is", drifted);
            case 1:
                drifted.InsertRange(0, File(random.Next(1, 30), odd: false));
                return ("shifted down", drifted);
            case 2:
                drifted.RemoveRange(0, Math.Min(random.Next(1, 8), drifted.Count - 1));
                return ("shifted up", drifted);
            case 3:
                drifted[at] += " /* altered */";
                return ("a line altered", drifted);
            case 4:
                int length = Math.Min(random.Next(3, 12), drifted.Count - at);
                drifted.InsertRange(random.Next(drifted.Count + 1), drifted.GetRange(at, length));
                return ("a block twice", drifted);
            case 5:
                drifted.RemoveRange(at, drifted.Count - at);
                return ("cut short", drifted);
            case 6:
                drifted.InsertRange(at, File(random.Next(1, 4), odd: true));
                return ("lines put in", drifted);
            default:
                drifted.AddRange(drifted.GetRange(0, drifted.Count));
                return ("all of it twice", drifted);
        }
    }

    /// <summary>The bytes of a file: at times without a last line end, with carriage returns, or in another encoding than UTF-8.</summary>
    public static byte[] Bytes(List<string> file, string style)
    {
        string text = string.Join(style == "CRLF" ? "\r\n" : "\n", file) + (style == "no line end" || file.Count == 0 ? "" : style == "CRLF" ? "\r\n" : "\n");
        return style == "Latin-1" ? Encoding.Latin1.GetBytes(
            text.Replace("edited", "\u00e9dit\u00e9", StringComparison.Ordinal).Replace("line", "l\u00efne", StringComparison.Ordinal))
            : Encoding.UTF8.GetBytes(text);
    }
}
