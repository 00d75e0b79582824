namespace Flyball.Client;

public sealed partial class FlyballClient
{
    /// <summary>Writes a backup of everything the server keeps, as a tar archive; the server goes on working.</summary>
    public async Task BackupAsync(Stream target, CancellationToken cancel)
    {
        using var answer = await SendAsync(HttpMethod.Get, "/api/backup", null, cancel);
        try
        {
            await answer.Content.CopyToAsync(target, cancel);
        }
        catch (Exception broken) when (broken is HttpRequestException or HttpIOException)
        {
            throw new FlyballException("backup-broken-off", 0, "The server broke off the backup; its log has the details.");
        }
    }
}
