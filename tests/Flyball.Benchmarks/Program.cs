using Flyball.Benchmarks;

// Each measurement starts what it compares itself, one after the other, and prints a row per figure.
switch (args)
{
    case ["predict", var flyball, var data]: await PredictBenchmark.RunAsync(flyball, data); break;
    case ["start", var flyball]: await StartBenchmark.RunAsync(flyball); break;
    case ["ingest", var data]: await IngestBenchmark.RunAsync(data); break;
    case ["profile", var rows]: ProfileBenchmark.Run(long.Parse(rows, System.Globalization.CultureInfo.InvariantCulture)); break;
    case ["join"]: JoinBenchmark.Run(5_000_000, 20_000_000); break;
    case ["join", var entities, var rows]: JoinBenchmark.Run(long.Parse(entities, System.Globalization.CultureInfo.InvariantCulture), long.Parse(rows, System.Globalization.CultureInfo.InvariantCulture)); break;
    case ["train", var data]: TrainBenchmark.Run(data); break;
    case ["track", var flyball]: await TrackingBenchmark.WriteAsync(flyball); break;
    case ["search", var flyball, var runs]: await TrackingBenchmark.SearchAsync(flyball, int.Parse(runs, System.Globalization.CultureInfo.InvariantCulture)); break;
    case ["artifact", var flyball]: await ArtifactBenchmark.RunAsync(flyball); break;
    case ["curve", var flyball]: await CurveBenchmark.RunAsync(flyball); break;
    case ["suite", .. var rows]: SuiteBenchmark.Run(rows is [var number] ? long.Parse(number, System.Globalization.CultureInfo.InvariantCulture) : 10_000_000); break;
    case ["folder", var files]: await FolderBenchmark.RunAsync(int.Parse(files, System.Globalization.CultureInfo.InvariantCulture)); break;
    case ["bare", var url]: await BareServer.RunAsync(url); break;
    default:
        await Console.Error.WriteLineAsync("usage: predict FLYBALL DATA | start FLYBALL | ingest DATA | profile ROWS | join [ROWS VIEW_ROWS] | train DATA | track FLYBALL | search FLYBALL RUNS | artifact FLYBALL | curve FLYBALL | suite [ROWS] | folder FILES, with FLYBALL a published program and DATA the folder of the green taxi months");
        return 2;
}

return 0;
