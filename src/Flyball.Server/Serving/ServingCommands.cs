using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Flyball.Client;
using Flyball.Server.Hosting;

namespace Flyball.Server.Serving;

internal static class ServingCommands
{
    public static IEnumerable<Command> All(Verbs verbs)
    {
        var deployment = new Argument<string>("deployment") { Description = "Name of the deployment, which is its model's." };
        var rows = new Argument<string>("rows") { Description = "A row as a JSON object, an array of rows, a file that holds either, or - for standard input." };
        var predict = new Command("predict", "Predicts rows and prints a prediction and its id per line.") { deployment, rows };
        // standard input can be read once, also where another verb's server ends and the next one is asked
        Task<IReadOnlyList<JsonElement>>? given = null;
        verbs.Online(predict, async (client, parsed, output, cancel) =>
        {
            var answer = await client.PredictAsync(parsed.GetRequiredValue(deployment), await (given ??= RowsAsync(parsed.GetRequiredValue(rows), cancel)), cancel);
            for (var i = 0; i < answer.Predictions.Count; i++) await output.WriteLineAsync($"{answer.Predictions[i].ToString("R", CultureInfo.InvariantCulture)}\t{answer.PredictionIds[i]}");
        }, looks: true);
        yield return predict;

        var id = new Argument<string>("prediction-id") { Description = "The id that the prediction came with." };
        var value = new Argument<string>("label") { Description = "What really happened: a number, or true or false." };
        var label = new Command("label", "Reports what really happened for a prediction.") { deployment, id, value };
        verbs.Online(label, async (client, parsed, output, cancel) =>
        {
            var (name, prediction) = (parsed.GetRequiredValue(deployment), parsed.GetRequiredValue(id));
            var taken = await client.PostLabelsAsync(name, new PostLabels([new LabelItem(prediction, Label(parsed.GetRequiredValue(value)))]), cancel);
            await output.WriteLineAsync($"{taken.Taken} label taken{(await IsKnownAsync(client, name, prediction, cancel) ? "" : $"; {name} has no prediction {prediction} yet, so it is kept for when that comes")}");
        }, looks: true);
        yield return label;
    }

    private static async Task<bool> IsKnownAsync(FlyballClient client, string deployment, string prediction, CancellationToken cancel)
    {
        try
        {
            await client.GetPredictionAsync(deployment, prediction, cancel);
            return true;
        }
        catch (FlyballException unknown) when (unknown.Status == 404)
        {
            return false;
        }
    }

    private static async Task<IReadOnlyList<JsonElement>> RowsAsync(string given, CancellationToken cancel)
    {
        var text = given == "-" ? await Console.In.ReadToEndAsync(cancel) : given.TrimStart().StartsWith('{') || given.TrimStart().StartsWith('[') ? given : await FileAsync(given, cancel);
        var json = Json(text);
        return json.ValueKind == JsonValueKind.Array ? [.. json.EnumerateArray()] : [json];
    }

    private static async Task<string> FileAsync(string path, CancellationToken cancel) => File.Exists(path) ? await File.ReadAllTextAsync(path, cancel) : throw new VerbException($"There is no file {path}; give a JSON object, an array, a file, or - for standard input.");

    private static JsonElement Label(string text)
    {
        if (bool.TryParse(text, out var flag)) return JsonSerializer.SerializeToElement(flag);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? JsonSerializer.SerializeToElement(number) : throw new VerbException($"'{text}' is no label; it is a number, or true or false.");
    }

    private static JsonElement Json(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(text);
        }
        catch (JsonException wrong)
        {
            throw new VerbException($"The rows are not JSON (line {wrong.LineNumber + 1}, byte {wrong.BytePositionInLine + 1}); a row looks like {{\"distance\": 3.5}}.");
        }
    }
}
