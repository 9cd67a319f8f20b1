using System.Reflection;
using System.Security.Cryptography;

Dictionary<string, string?> kernel = Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>().ToDictionary(item => item.Key, item => item.Value);
string image = kernel["EveKernelImage"]!;
Console.WriteLine($"release  {kernel["EveKernelRelease"]}");
Console.WriteLine($"image    {image}");
Console.WriteLine($"sha256   {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(image)))}");
