return await Flyball.Server.Capabilities.CommandLine().Parse(args).InvokeAsync();
