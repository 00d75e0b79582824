using System.CommandLine;
using Flyball.Server;
using Flyball.Server.Hosting;

var verbs = new Verbs();
var root = new RootCommand("Flyball: the whole life of a machine-learning model in one program.") { verbs.DataDir, verbs.Url };
foreach (var command in Capabilities.Commands(verbs)) root.Add(command);
return await root.Parse(args).InvokeAsync();
