using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;

namespace EveKernel.Core.Rebuild;

/// <summary>One thing in which the second build's surroundings were to differ from the first one's.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Varied">Whether it really differed.</param>
/// <param name="First">What the first build saw.</param>
/// <param name="Second">What the second build saw.</param>
public sealed record Variation(string Name, bool Varied, string First, string Second)
{
    /// <summary>Why it did not differ, or null.</summary>
    public string? Because { get; init; }

    /// <summary>Whether this host could vary it, if only what it lacks were installed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Possible { get; init; }

    /// <summary>Puts together what both builds have seen.</summary>
    /// <param name="first">The first build's surroundings.</param>
    /// <param name="second">The second build's.</param>
    /// <param name="obstacles">Why a variation was not even tried, by its name.</param>
    /// <returns>All variations.</returns>
    internal static ImmutableArray<Variation> Compare(Surroundings first, Surroundings second, ImmutableDictionary<string, Obstacle> obstacles)
    {
        return
        [
            Of("folder", first.Folder, second.Folder, first.Folder.Length != second.Folder.Length),
            Of("user", first.User, second.User),
            Of("host", first.Host, second.Host),
            Of("clock", Date(first.Clock), Date(second.Clock), Math.Abs(second.Clock - first.Clock) > TimeSpan.FromDays(300).TotalSeconds),
            Of("time zone", first.TimeZone, second.TimeZone),
            Of("locale", first.Locale, second.Locale),
            Of("umask", first.Umask, second.Umask),
            Of("jobs", $"-j{first.Jobs}", $"-j{second.Jobs}"),
            Of("order of PATH", first.Path, second.Path),
            Of("order of files", first.ReadOrder, second.ReadOrder),
            Of("kernel", first.Kernel, second.Kernel),
            Of("environment", first.Environment, second.Environment),
            Of("home", first.Home, second.Home),
            Of("temporary folder", first.Temporary, second.Temporary),
        ];

        Variation Of(string name, string before, string after, bool? differs = null)
        {
            bool varied = differs ?? before != after;
            Obstacle? obstacle = obstacles.GetValueOrDefault(name);
            return new Variation(name, varied, before, after)
            {
                Because = varied ? null : obstacle?.Because ?? "it was to differ, and both builds saw the same",
                Possible = !varied && (obstacle?.Possible ?? true),
            };
        }
    }

    private static string Date(long seconds) =>
        DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}

/// <summary>Why something cannot be varied.</summary>
/// <param name="Because">Words that go on after "not varied, because".</param>
/// <param name="Possible">Whether it could be, if only what is missing were installed.</param>
internal sealed record Obstacle(string Because, bool Possible);
