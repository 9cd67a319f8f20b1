using System.Collections.Immutable;

namespace EveKernel.Core.Make;

/// <summary>How a make that compiled everything went on: after how many steps how much of its time had passed. Steps are not equally long (thousands of objects, then a few links).</summary>
/// <param name="Steps">All steps.</param>
/// <param name="Seconds">All of its time.</param>
/// <param name="Points">Pairs of steps and seconds, in order; the first is (0, 0).</param>
internal sealed record ProgressCurve(int Steps, double Seconds, ImmutableArray<ProgressPoint> Points)
{
    /// <summary>When the recorded make had done so many steps.</summary>
    /// <param name="steps">The steps.</param>
    /// <returns>Seconds from its beginning.</returns>
    public double At(int steps)
    {
        if (steps >= Steps)
            return Seconds;
        int after = 0;
        while (after < Points.Length && Points[after].Steps <= steps)
            after++;
        ProgressPoint left = after == 0 ? new ProgressPoint(0, 0) : Points[after - 1];
        ProgressPoint right = after == Points.Length ? new ProgressPoint(Steps, Seconds) : Points[after];
        return left.Seconds + ((right.Seconds - left.Seconds) * (steps - left.Steps) / Math.Max(right.Steps - left.Steps, 1));
    }

    /// <summary>How long a make that goes on like this one still takes. It may be slower or faster as a whole, as its last steps show.</summary>
    /// <param name="steps">What it has done.</param>
    /// <param name="seconds">Its time so far.</param>
    /// <returns>Seconds; null when it has not done enough to tell, or more than this one.</returns>
    public double? Left(int steps, double seconds)
    {
        double then = At(steps);
        return steps > Steps || then <= 0 || steps < Steps / 50 ? null : (Seconds - then) * (seconds / then);
    }
}

/// <summary>A point of a curve.</summary>
/// <param name="Steps">So many steps were done.</param>
/// <param name="Seconds">After so many seconds.</param>
internal sealed record ProgressPoint(int Steps, double Seconds);
