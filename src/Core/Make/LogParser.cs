using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using EveKernel.Core.Diagnostics;
using EveKernel.Core.Processes;

namespace EveKernel.Core.Make;

/// <summary>Finds in a kernel make's log what deserves to be told. Each line stands for itself, so a log of any length costs no memory.</summary>
/// <param name="sourceTree">The kernel tree, absolute.</param>
/// <param name="outputTree">The <c>O=</c> folder, absolute, in which kbuild works and to which its names are relative.</param>
public sealed partial class LogParser(string sourceTree, string outputTree)
{
    // The first rule that matches counts, so a more telling one stands above a general one: a full disk is also a compiler's fatal error.
    private static readonly ImmutableArray<Rule> Rules =
    [
        new(NoSpace, ErrorCodes.MakeDiskFull, "{text}. Free some space there, or move TMPDIR or the build's folder to another disk"),
        new(DiskFails, ErrorCodes.MakeDiskFails, "{text}. The disk or the file server fails, or was made read-only: see the system's log"),
        new(OutOfMemory, ErrorCodes.BuildKilled, "{text}. Memory has run out: use fewer jobs, or more memory"),
        new(CompilerKilled, ErrorCodes.BuildKilled, "{text}. Memory has probably run out: use fewer jobs, or more memory"),
        new(MakeKilled, ErrorCodes.BuildKilled, "'{target}' was killed. Memory has probably run out: use fewer jobs, or more memory"),
        new(ToolCrashed, ErrorCodes.ToolCrashed, "{text}. A program that crashes is not your source's fault: build again, and if it crashes there again, update it"),
        new(ToolNotFound, ErrorCodes.ToolMissing, "'{tool}', which the kernel's build calls, is not on PATH. Install {install}"),
        new(ElfHeader, ErrorCodes.LibraryMissing, "{text}. Install it (Debian: apt-get install libelf-dev)"),
        new(OpensslHeader, ErrorCodes.LibraryMissing, "{text}. Install it (Debian: apt-get install libssl-dev)"),
        new(Objtool, ErrorCodes.ObjtoolProblem, "{text}"),
        new(UndefinedReference, ErrorCodes.LinkerProblem, "{text}"),
        new(Linker, ErrorCodes.LinkerProblem, "{text}"),
        new(LinkerScript, ErrorCodes.LinkerProblem, "{text}"),
        new(Btf, ErrorCodes.LinkerProblem, "{text}"),
        new(Depmod, ErrorCodes.DepmodProblem, "{text}"),
        new(Modpost, ErrorCodes.ModpostProblem, "{text}"),
        new(Kconfig, ErrorCodes.KconfigProblem, "{text}"),
        new(NoRule, ErrorCodes.NoRuleForTarget, "{text}"),
        new(MakeError, ErrorCodes.MakeFailed, "make failed at '{target}': {text}"),
        new(MakeStopped, ErrorCodes.MakeFailed, "{text}"),
        new(Compiler, ErrorCodes.CompilerError, "{text}", ErrorCodes.CompilerWarning),
        new(Assembler, ErrorCodes.CompilerError, "{text}", ErrorCodes.CompilerWarning),
    ];

    private static readonly string[] Placeholders = ["text", "target", "tool"];

    /// <summary>Looks at one line.</summary>
    /// <param name="line">The line, without its end.</param>
    /// <returns>What it tells, or null.</returns>
    public Diagnostic? Parse(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        // Nearly every line is "  CC  file.o": none of what the rules look for has two blanks first.
        if (line.StartsWith("  ", StringComparison.Ordinal))
            return null;
        foreach (Rule rule in Rules)
        {
            if (rule.Pattern.Match(line) is { Success: true } match)
                return Load(rule, match);
        }

        return null;
    }

    private Diagnostic Load(Rule rule, Match match)
    {
        bool warns = match.Groups["severity"].ValueSpan.Contains("warn", StringComparison.OrdinalIgnoreCase);
        string message = rule.Message;
        if (match.Groups["tool"] is { Success: true } tool)
            message = message.Replace("{install}", DebianPackages.Describe(tool.Value), StringComparison.Ordinal);
        foreach (string name in Placeholders)
            message = message.Replace($"{{{name}}}", match.Groups[name].Value, StringComparison.Ordinal);
        SourceLocation? location = match.Groups["file"] is { Success: true } file
            ? new SourceLocation(Absolute(file.Value), Number(match.Groups["line"]), Number(match.Groups["column"]))
            : null;
        return new Diagnostic(warns ? Severity.Warning : Severity.Error, warns ? rule.WarningCode ?? rule.Code : rule.Code, message, location);
    }

    private string Absolute(string file)
    {
        string inOutput = Path.GetFullPath(file, outputTree);
        string inSource = Path.GetFullPath(file, sourceTree);
        return File.Exists(inSource) || !File.Exists(inOutput) ? inSource : inOutput;
    }

    private static int Number(Group group) => int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;

    [GeneratedRegex(@"^(?:(?<file>[^\s:]+):(?<line>\d+):(?:(?<column>\d+):)? )?(?<text>.*(?:No space left on device|Disk quota exceeded|File too large|File size limit exceeded).*?)\.?$")]
    private static partial Regex NoSpace { get; }

    [GeneratedRegex(@"^(?:(?<file>[^\s:]+):(?<line>\d+):(?:(?<column>\d+):)? )?(?<text>.*(?:Input/output error|Read-only file system|Stale file handle).*?)\.?$")]
    private static partial Regex DiskFails { get; }

    [GeneratedRegex(@"^(?<text>(?:\S+: )*(?:\*\*\* )?(?:out of memory allocating \d+|LLVM ERROR: out of memory|(?:final link failed: )?(?:virtual )?memory exhausted|(?:fork: |Cannot fork|can't fork).*).*?|\S.*Cannot allocate memory)\.?$")]
    private static partial Regex OutOfMemory { get; }

    [GeneratedRegex(@"^(?:(?<file>[^\s:]+):(?<line>\d+):(?:(?<column>\d+):)? )?(?<text>(?:[\w-]+(?:-\d+)?: )?(?:internal compiler error: .+|(?:fatal )?error: (?:ld|\S+) terminated with signal \d+ .+|error: unable to execute command: .+|error: clang frontend command failed .+)|(?:fatal error: )?error in backend: .+|LLVM ERROR: .+)$|^make(?:\[\d+\])?: \*\*\* \[(?:(?<file>[^\s:\]]+):(?<line>\d+): )?(?<text>[^\]]+\] (?:Segmentation fault|Bus error|Aborted|Illegal instruction|Floating point exception|Trace/breakpoint trap|Error 13[23456]|Error 139).*)$")]
    private static partial Regex ToolCrashed { get; }

    [GeneratedRegex(@"(?<text>(?:fatal error|internal compiler error|error): (?:Killed\b.*|.*\bKilled \(program .*|unable to execute command: Killed.*|\S+ terminated with signal 9 .*))$")]
    private static partial Regex CompilerKilled { get; }

    [GeneratedRegex(@"^make(?:\[\d+\])?: \*\*\* \[(?:(?<file>[^\s:\]]+):(?<line>\d+): )?(?<target>[^\]]+)\] (?:Killed|Error 137)")]
    private static partial Regex MakeKilled { get; }

    [GeneratedRegex(@"^(?:\S*(?:sh|\.sh|/[\w.-]+): (?:line )?\d+: (?<tool>[\w.+-]+): (?:command )?not found|make(?:\[\d+\])?: (?<tool>[\w.+-]+): No such file or directory|BTF: \S+: (?<tool>pahole)\b.* is not available|Warning: 'make modules_install' requires (?<tool>depmod)\..*)$")]
    private static partial Regex ToolNotFound { get; }

    [GeneratedRegex(@"^(?<file>[^\s:]+):(?<line>\d+):(?:(?<column>\d+):)? (?:fatal )?error: (?<text>'?(?:libelf|gelf|elf|libdw|dwarf)\.h'?.*(?:No such file|not found).*)$|^(?:\S*ld: )?(?<text>cannot find -lelf).*$")]
    private static partial Regex ElfHeader { get; }

    [GeneratedRegex(@"^(?<file>[^\s:]+):(?<line>\d+):(?:(?<column>\d+):)? (?:fatal )?error: (?<text>'?openssl/\w+\.h'?.*(?:No such file|not found).*)$|^(?:\S*ld: )?(?<text>cannot find -l(?:crypto|ssl)\b).*$")]
    private static partial Regex OpensslHeader { get; }

    [GeneratedRegex(@"^(?<file>[^\s:]+\.o): (?:(?<severity>warning|error): )?(?<text>objtool: .+)$")]
    private static partial Regex Objtool { get; }

    [GeneratedRegex(@"^(?:\S*ld(?:\.\w+)?: )?(?:[^\s:]+: in function .+?: ?)?(?<file>[^\s:()]+):(?:(?<line>\d+)|\([^)]*\)): (?<text>(?:undefined reference to|multiple definition of) .+)$")]
    private static partial Regex UndefinedReference { get; }

    [GeneratedRegex(@"^(?:[\w./-]*\b)?ld(?:\.\w+)?: (?:(?<severity>warning|error): )?(?:(?<file>[^\s:]+\.[oac]): )?(?:(?<severity>warning): )?(?<text>(?!.*\bin function )(?!.*(?:NOTE:|\bnote:|in the future|supported emulations)).+)$")]
    private static partial Regex Linker { get; }

    [GeneratedRegex(@"^(?:[\w./-]*\b)?ld(?:\.\w+)?:(?<file>[^\s:]+):(?<line>\d+): (?<text>.+)$")]
    private static partial Regex LinkerScript { get; }

    [GeneratedRegex(@"^(?<text>Failed to generate BTF for \S+|FAILED:? (?:unresolved symbol|load BTF) .+)$|^(?<severity>WARN): (?<text>resolve_btfids: .+)$")]
    private static partial Regex Btf { get; }

    [GeneratedRegex(@"^depmod: (?<severity>WARNING|ERROR|FATAL): (?<text>.+)$")]
    private static partial Regex Depmod { get; }

    [GeneratedRegex(@"^(?<severity>ERROR|WARNING|FATAL): (?<text>modpost: .+)$")]
    private static partial Regex Modpost { get; }

    [GeneratedRegex(@"^(?<file>(?:[^\s:]*/)?(?:Kconfig[^\s:/]*|[^\s:/]*\.config|[^\s:/]*defconfig)):(?<line>\d+): ?(?:(?<severity>warning|error): ?)?(?<text>.+)$")]
    private static partial Regex Kconfig { get; }

    [GeneratedRegex(@"^make(?:\[\d+\])?: \*\*\* (?<text>No rule to make target .+?)(?:\.  Stop\.|\.)?$")]
    private static partial Regex NoRule { get; }

    [GeneratedRegex(@"^make(?:\[\d+\])?: \*\*\* \[(?:(?<file>[^\s:\]]+):(?<line>\d+): )?(?<target>[^\]]+)\] (?<text>\S.*)$")]
    private static partial Regex MakeError { get; }

    [GeneratedRegex(@"^(?:(?<file>[^\s:]+):(?<line>\d+): |make(?:\[\d+\])?: )\*\*\* (?<text>(?!Waiting for unfinished jobs)(?!Deleting ).+?)(?:\.  Stop\.)?$|^\*\*\* (?<text>(?:Configuration file|The source tree|Error during|Unable to find|Can't find).*)$")]
    private static partial Regex MakeStopped { get; }

    [GeneratedRegex(@"^(?<file>[^\s:]+):(?<line>\d+):(?<column>\d+): (?<severity>warning|error|fatal error): (?<text>.+)$")]
    private static partial Regex Compiler { get; }

    [GeneratedRegex(@"^(?:\{standard input\}|(?<file>[^\s:]+)):(?<line>\d+): (?<severity>Warning|Error|Fatal error|warning|error|fatal error): (?<text>.+)$|^(?:[\w-]*(?:gcc|clang|cc1))(?:-\d+)?: (?<severity>warning|error|fatal error): (?<text>.+)$")]
    private static partial Regex Assembler { get; }

    /// <summary>What a kind of line means.</summary>
    /// <param name="Pattern">Its groups: file, line, column, severity (an error where it is absent), text, target, tool.</param>
    /// <param name="Code">The code.</param>
    /// <param name="Message">The message, with groups in braces, and {install} for how to get the tool.</param>
    /// <param name="WarningCode">The code of a warning, where it is another.</param>
    private sealed record Rule(Regex Pattern, ErrorCode Code, string Message, ErrorCode? WarningCode = null);
}
