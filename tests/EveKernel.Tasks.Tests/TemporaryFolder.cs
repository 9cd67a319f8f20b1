using System.Diagnostics;

namespace EveKernel.Tests;

/// <summary>A folder that goes with the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("evekernel-").FullName;

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    public string Write(string relative, string content)
    {
        string path = this[relative];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    /// <summary>Writes a program. A shell does it: a file that this process held open for writing might be held by a child that another test has just
    /// forked, and could not be started until that one is away ("Text file busy").</summary>
    public string WriteProgram(string relative, string content)
    {
        string path = this[relative];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        ProcessStartInfo start = new("sh", ["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh", path]) { RedirectStandardInput = true };
        using Process shell = Process.Start(start)!;
        shell.StandardInput.Write(content);
        shell.StandardInput.Close();
        shell.WaitForExit();
        return shell.ExitCode == 0 ? path : throw new IOException($"'{path}' could not be written.");
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
