using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Flyball.Foundation;
using Flyball.Server;
using Flyball.Server.Registry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Flyball.Tests.Registry;

public sealed class A_webhook
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_told_once_of_what_it_asked_for_signed_and_tried_again_where_it_was_away()
    {
        await using var receiver = await WebhookReceiver.StartAsync(first => first == 1 ? 503 : 200);
        await using var flyball = await TestFlyball.StartAsync(change: Told);
        var id = await CreateAsync(flyball, receiver.Url, """[{"entity": "MODEL_VERSION", "action": "CREATED"}, {"entity": "MODEL_VERSION_ALIAS", "action": "CREATED"}]""");
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "m"}""");
        var run = await flyball.RunWithAsync(("model/a.txt", "a"));
        await flyball.RegisterAsync("m", run, "model");
        await flyball.CallAsync("POST", "registered-models/alias", """{"name": "m", "alias": "best", "version": "1"}""");
        var calls = await receiver.WaitAsync(3);
        // the first of two was refused with 503 and sent again under the same id, with the same signature
        var again = calls.GroupBy(call => call.Id).Single(group => group.Count() == 2).ToList();
        Assert.Equal((again[0].Signature, again[0].Body), (again[1].Signature, again[1].Body));
        var told = calls.DistinctBy(call => call.Id).Select(call => JsonDocument.Parse(call.Body).RootElement).ToDictionary(body => body.GetProperty("entity").GetString()!);
        Assert.Equal($$"""{"name": "m", "version": "1", "source": "mlflow-artifacts:/0/{{run}}/artifacts/model", "run_id": "{{run}}", "tags": {}, "description": null}""", told["model_version"].GetProperty("data").GetRawText());
        Assert.Equal("""{"name": "m", "alias": "best", "version": "1"}""", told["model_version_alias"].GetProperty("data").GetRawText());
        foreach (var call in calls)
        {
            var expected = Convert.ToBase64String(HMACSHA256.HashData("key"u8, Encoding.UTF8.GetBytes($"{call.Id}.{call.Timestamp}.{call.Body}")));
            Assert.Equal($"v1,{expected}", call.Signature);
        }

        await UntilAsync(async () => (await flyball.Client.ListWebhookDeliveriesAsync(id, Cancel)).All(delivery => delivery.State == "delivered"));
        var deliveries = await flyball.Client.ListWebhookDeliveriesAsync(id, Cancel);
        Assert.Equal([1, 2], deliveries.Select(delivery => delivery.Attempts).Order());
    }

    [Fact]
    public async Task Is_told_after_a_restart_of_what_happened_before_it()
    {
        await using var receiver = await WebhookReceiver.StartAsync(_ => 200);
        // while the sender does not run, events only pile up in the journal
        var flyball = await TestFlyball.StartAsync(change: options => options with { PrivateWebhooks = true });
        var id = await CreateAsync(flyball, receiver.Url, """[{"entity": "REGISTERED_MODEL", "action": "CREATED"}]""");
        flyball = await flyball.RestartAsync(Told);
        await UntilAsync(async () => await flyball.CallAsync("GET", $"webhooks/{id}") is { ValueKind: JsonValueKind.Object });
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "first"}""");
        await receiver.WaitAsync(1);
        flyball = await flyball.RestartAsync(options => options with { PrivateWebhooks = true });
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "second"}""");
        flyball = await flyball.RestartAsync(Told);
        await using var last = flyball;
        // a server that ends before it has the receiver's answer tells it again: the id of the delivery is the same
        await UntilAsync(async () => (await receiver.WaitAsync(2)).DistinctBy(call => call.Id).Count() == 2);
        var calls = (await receiver.WaitAsync(2)).DistinctBy(call => call.Id);
        Assert.Equal(["first", "second"], calls.Select(call => JsonDocument.Parse(call.Body).RootElement.GetProperty("data").GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Can_be_listed_changed_tested_and_deleted()
    {
        await using var receiver = await WebhookReceiver.StartAsync(_ => 418);
        await using var flyball = await TestFlyball.StartAsync(change: Told);
        var id = await CreateAsync(flyball, receiver.Url, """[{"entity": "PROMPT_TAG", "action": "SET"}]""");
        var known = Assert.Single((await flyball.CallAsync("GET", "webhooks")).GetProperty("webhooks").EnumerateArray());
        Assert.False(known.TryGetProperty("secret", out _));
        Assert.Equal("""[{"entity":"PROMPT_TAG","action":"SET"}]""", known.GetProperty("events").GetRawText());
        var result = (await flyball.CallAsync("POST", $"webhooks/{id}/test", "{}")).GetProperty("result");
        Assert.Equal((false, 418), (result.GetProperty("success").GetBoolean(), result.GetProperty("response_status").GetInt32()));
        Assert.Contains("\"key\": \"example_key\", \"value\": \"example_value\"", (await receiver.WaitAsync(1))[0].Body);
        await flyball.CallAsync("PATCH", $"webhooks/{id}", """{"name": "other", "status": "DISABLED"}""");
        var changed = (await flyball.CallAsync("GET", $"webhooks/{id}")).GetProperty("webhook");
        Assert.Equal(("other", "DISABLED"), (changed.GetProperty("name").GetString(), changed.GetProperty("status").GetString()));
        await flyball.CallAsync("DELETE", $"webhooks/{id}");
        Assert.Equal($"404 RESOURCE_DOES_NOT_EXIST: Webhook with ID {id} not found.", await flyball.RefusedAsync("GET", $"webhooks/{id}"));
    }

    [Fact]
    public async Task Whose_answer_does_not_end_is_known_by_its_status_and_by_what_came()
    {
        await using var receiver = await WebhookReceiver.StartAsync(_ => 200, async http =>
        {
            await http.Response.WriteAsync("taken", http.RequestAborted);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted);
        });
        using var post = new WebhookPost(new WebhookAddress(new FlyballServerOptions { DataDirectory = "none", PrivateWebhooks = true })) { Longest = TimeSpan.FromSeconds(5) };
        var webhook = new Webhook("hook", "hook", receiver.Url.ToString(), [], null, null, WebhookStatus.Active, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
        var result = await post.SendAsync(webhook, "id", 0, "{}", Cancel).WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System, Cancel);
        Assert.Equal((200, "taken", true), (result.Status, result.Answer, result.Delivered));
    }

    [Fact]
    public async Task That_has_moved_is_not_counted_as_told()
    {
        await using var receiver = await WebhookReceiver.StartAsync(_ => 308);
        using var post = new WebhookPost(new WebhookAddress(new FlyballServerOptions { DataDirectory = "none", PrivateWebhooks = true }));
        var webhook = new Webhook("hook", "hook", receiver.Url.ToString(), [], null, null, WebhookStatus.Active, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
        var result = await post.SendAsync(webhook, "id", 0, "{}", Cancel);
        // MLflow's test call counts it as a success
        Assert.Equal((308, false, true), (result.Status, result.Delivered, result.Succeeded));
    }

    [Fact]
    public async Task That_is_disabled_is_told_of_what_waits_when_it_is_active_again()
    {
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { PrivateWebhooks = true });
        var db = flyball.Server.Service<Db>();
        var id = await CreateAsync(flyball, new Uri("http://127.0.0.1:9/hook"), """[{"entity": "REGISTERED_MODEL", "action": "CREATED"}]""");
        await db.WriteAsync(tx => WebhooksSql.AddDeliveryAsync(tx, new Delivery("d", id, "event", "registered_model.created", "{}", 0, DeliveryState.Waiting, 0, 1, null, null, DateTimeOffset.UnixEpoch, null)), Cancel);
        await flyball.CallAsync("PATCH", $"webhooks/{id}", """{"status": "DISABLED"}""");
        Assert.Empty(await db.ReadAsync(WebhooksSql.WaitingAsync, Cancel));
        await flyball.CallAsync("PATCH", $"webhooks/{id}", """{"status": "ACTIVE"}""");
        Assert.Equal("d", Assert.Single(await db.ReadAsync(WebhooksSql.WaitingAsync, Cancel)).Id);
    }

    [Fact]
    public async Task Is_listed_once_however_many_there_are_and_to_admins_alone()
    {
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { PrivateWebhooks = true });
        var made = new List<string>();
        for (var i = 0; i < 12; i++) made.Add(await CreateAsync(flyball, new Uri($"http://127.0.0.1:9/{i}"), """[{"entity": "REGISTERED_MODEL", "action": "CREATED"}]"""));
        var (listed, token) = (new List<string>(), "");
        do
        {
            var page = await flyball.CallAsync("GET", $"webhooks?max_results=1&page_token={Uri.EscapeDataString(token)}");
            listed.AddRange(page.GetProperty("webhooks").EnumerateArray().Select(webhook => webhook.GetProperty("webhook_id").GetString()!));
            token = page.TryGetProperty("next_page_token", out var next) ? next.GetString()! : "";
        }
        while (token.Length > 0);
        Assert.Equal(made.AsEnumerable().Reverse(), listed);

        // an address may hold a secret
        using var engineer = new HttpClient { BaseAddress = flyball.Server.Url };
        engineer.DefaultRequestHeaders.Authorization = new("Bearer", (await flyball.Client.AddUserAsync(new Flyball.Client.AddUser("ann@example.org", "engineer"), Cancel)).Token);
        foreach (var path in (string[])["webhooks", $"webhooks/{made[0]}"])
        {
            using var refused = await engineer.GetAsync(new Uri($"/api/2.0/mlflow/{path}", UriKind.Relative), Cancel);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }
    }

    [Fact]
    public async Task That_is_deleted_while_it_is_told_is_not_told_again()
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var receiver = await WebhookReceiver.StartAsync(_ => 503, _ => answer.Task);
        // its sender tries what it is given and nothing by itself
        await using var flyball = await TestFlyball.StartAsync(change: options => options with { PrivateWebhooks = true });
        var (sender, db) = (flyball.Server.Service<IEnumerable<IHostedService>>().OfType<WebhookSender>().Single(), flyball.Server.Service<Db>());
        var id = await CreateAsync(flyball, receiver.Url, """[{"entity": "REGISTERED_MODEL", "action": "CREATED"}]""");
        var delivery = new Delivery("0190d5a5-0000-7000-8000-000000000000", id, "event", "registered_model.created", "{}", 0, DeliveryState.Waiting, 0, 1, null, null, DateTimeOffset.UnixEpoch, null);
        await db.WriteAsync(tx => WebhooksSql.AddDeliveryAsync(tx, delivery), Cancel);
        var sending = sender.SendAsync(delivery, Cancel);
        await receiver.WaitAsync(1);
        await flyball.CallAsync("DELETE", $"webhooks/{id}");
        answer.SetResult();
        await sending;
        await EndedAsync();

        // one that waits nonetheless, as another version of Flyball left it, ends when it would be tried
        await db.WriteAsync(tx => WebhooksSql.UpdateDeliveryAsync(tx, delivery), Cancel);
        await sender.SendAsync(delivery, Cancel);
        await EndedAsync();
        Assert.Single(await receiver.WaitAsync(1));

        async Task EndedAsync()
        {
            Assert.Empty(await db.ReadAsync(WebhooksSql.WaitingAsync, Cancel));
            var known = Assert.Single(await flyball.Client.ListWebhookDeliveriesAsync(id, Cancel));
            Assert.Equal(("failed", "the webhook was deleted", true), (known.State, known.Answer, known.Ended is not null));
        }
    }

    [Fact]
    public async Task Is_told_of_what_others_are_told_of_too()
    {
        await using var one = await WebhookReceiver.StartAsync(_ => 200);
        await using var other = await WebhookReceiver.StartAsync(_ => 200);
        await using var flyball = await TestFlyball.StartAsync(change: Told);
        foreach (var receiver in (WebhookReceiver[])[one, other]) await CreateAsync(flyball, receiver.Url, """[{"entity": "REGISTERED_MODEL", "action": "CREATED"}]""");
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "m"}""");
        var (first, second) = (Assert.Single(await one.WaitAsync(1)), Assert.Single(await other.WaitAsync(1)));
        Assert.Equal(first.Body, second.Body);
        Assert.NotEqual(first.Id, second.Id);
    }

    [Fact]
    public async Task Whose_receiver_never_answers_keeps_no_other_from_what_it_is_told_in_order()
    {
        // each would have every place for half a minute, if it could take more than one
        const int Silent = WebhookSender.AtOnce - 1;
        using var silence = new CancellationTokenSource();
        await using var silent = await WebhookReceiver.StartAsync(_ => 200, http => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted).WaitAsync(silence.Token));
        await using var receiver = await WebhookReceiver.StartAsync(_ => 200);
        await using var flyball = await TestFlyball.StartAsync(change: Told);
        const string Registered = """[{"entity": "REGISTERED_MODEL", "action": "CREATED"}]""";
        for (var i = 0; i < Silent; i++) await CreateAsync(flyball, silent.Url, Registered);
        var id = await CreateAsync(flyball, receiver.Url, Registered);
        var names = Enumerable.Range(0, 30).Select(i => $"m{i:00}").ToList();
        foreach (var name in names) await flyball.CallAsync("POST", "registered-models/create", $$"""{"name": "{{name}}"}""");
        var calls = await receiver.WaitAsync(names.Count).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Cancel);
        Assert.Equal(names, calls.Select(call => JsonDocument.Parse(call.Body).RootElement.GetProperty("data").GetProperty("name").GetString()));
        await UntilAsync(async () => (await flyball.Client.ListWebhookDeliveriesAsync(id, Cancel)).All(delivery => delivery is { State: "delivered", Attempts: 1 }));
        // each takes one place, however much it is to be told
        Assert.Equal(Silent, (await silent.WaitAsync(Silent)).Count);
        await silence.CancelAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Waits_little_for_more_slow_receivers_than_are_told_at_the_same_time(bool begins)
    {
        using var silence = new CancellationTokenSource();
        await using var slow = await WebhookReceiver.StartAsync(_ => 200, async http =>
        {
            if (begins) await http.Response.WriteAsync("taken", http.RequestAborted);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted).WaitAsync(silence.Token);
        });
        await using var receiver = await WebhookReceiver.StartAsync(_ => 200);
        await using var flyball = await TestFlyball.StartAsync(change: Told);
        const string Registered = """[{"entity": "REGISTERED_MODEL", "action": "CREATED"}]""";
        for (var i = 0; i < 2 * WebhookSender.AtOnce; i++) await CreateAsync(flyball, slow.Url, Registered);
        await CreateAsync(flyball, receiver.Url, Registered);
        for (var i = 0; i < 10; i++) await flyball.CallAsync("POST", "registered-models/create", $$"""{"name": "m{{i}}"}""");
        // a receiver has thirty seconds for its answer; others wait two or three for each eight of whom it is not known yet that they are slow
        await receiver.WaitAsync(10).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Cancel);

        // once that is known, they wait for none
        await flyball.CallAsync("POST", "registered-models/create", """{"name": "later"}""");
        await receiver.WaitAsync(11).WaitAsync(TimeSpan.FromSeconds(5), TimeProvider.System, Cancel);
        await silence.CancelAsync();
    }

    [Theory]
    [InlineData("http://example.com/x", "Invalid webhook URL scheme: 'http'. Allowed schemes are: https.")]
    [InlineData("https://127.0.0.1/x", "must not resolve to a non-public IP address")]
    [InlineData("https://[::1]/x", "must not resolve to a non-public IP address")]
    [InlineData("https://0.0.0.0/x", "must not resolve to a non-public IP address")]
    [InlineData("https://[::]/x", "must not resolve to a non-public IP address")]
    [InlineData("https://[::ffff:10.0.0.1]/x", "must not resolve to a non-public IP address")]
    [InlineData("https://169.254.169.254/latest/meta-data", "must not resolve to a non-public IP address")]
    [InlineData("https://localhost/x", "must not resolve to a non-public IP address")]
    [InlineData("file:///etc/passwd", "Invalid webhook URL scheme: 'file'")]
    [InlineData("not a url", "Invalid webhook URL")]
    public async Task Points_at_public_addresses_alone(string url, string said)
    {
        await using var flyball = await TestFlyball.StartAsync();
        Assert.Contains(said, await flyball.RefusedAsync("POST", "webhooks", $$"""{"name": "w", "url": "{{url}}", "events": [{"entity": "MODEL_VERSION", "action": "CREATED"}]}"""));
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("100.64.0.1", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("198.18.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("2606:4700:4700::1111", true)]
    [InlineData("::ffff:8.8.8.8", true)]
    public void Knows_which_addresses_are_public(string address, bool isPublic) => Assert.Equal(isPublic, WebhookAddress.IsPublic(IPAddress.Parse(address)));

    private static FlyballServerOptions Told(FlyballServerOptions options) => options with { PrivateWebhooks = true, ManualLoops = false, Workers = 0 };

    private static async Task<string> CreateAsync(TestFlyball flyball, Uri url, string events) =>
        (await flyball.CallAsync("POST", "webhooks", $$"""{"name": "hook", "url": "{{url}}", "secret": "key", "events": {{events}}}""")).GetProperty("webhook").GetProperty("webhook_id").GetString()!;

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        while (!await holds()) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancel);
    }
}
