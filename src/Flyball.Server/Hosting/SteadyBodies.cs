using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Flyball.Server.Hosting;

/// <summary>
/// A large body may rest no longer than <see cref="FlyballServerOptions.SlowestBody"/> between two of its parts. The web server's own limit is an average
/// since the body began: whoever sends a gigabyte at first could then rest for weeks, with a connection and all that was sent.
/// </summary>
internal sealed class SteadyBodies(RequestDelegate next, FlyballServerOptions options)
{
    /// <summary>Bytes of a body that the average alone ends within five minutes.</summary>
    private const long Short = 64 << 10;

    public Task InvokeAsync(HttpContext http)
    {
        var large = http.Request.ContentLength is { } length ? length > Short : http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;
        return large ? LimitAsync(http) : next(http);
    }

    private async Task LimitAsync(HttpContext http)
    {
        await using var body = new SteadyBody(http.Request.Body, options.SlowestBody);
        http.Request.Body = body;
        await next(http);
    }

    /// <summary>The body it is made of, with a limit on how long each read may take. Leaves that body open.</summary>
    private sealed class SteadyBody(Stream body, TimeSpan longest) : Stream
    {
        private readonly CancellationTokenSource limit = new();

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        /// <exception cref="BadHttpRequestException">Nothing came for too long (408).</exception>
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            limit.CancelAfter(longest);
            try
            {
                await using var stop = cancellationToken.UnsafeRegister(static limit => ((CancellationTokenSource)limit!).Cancel(), limit);
                return await body.ReadAsync(buffer, limit.Token);
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new BadHttpRequestException("The body came to a rest.", StatusCodes.Status408RequestTimeout);
            }
            finally
            {
                limit.TryReset();
            }
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Bodies are read asynchronously.");

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) limit.Dispose();
            base.Dispose(disposing);
        }
    }
}
