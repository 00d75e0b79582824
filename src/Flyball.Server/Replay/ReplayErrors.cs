using Flyball.Numerics;

namespace Flyball.Server.Replay;

/// <summary>Sums of errors of the three ways, on the same rows.</summary>
internal sealed class ReplayErrors
{
    private readonly double[] squares = new double[3];
    private readonly double[] absolutes = new double[3];

    public long Rows { get; private set; }

    public void Add(double label, double loop, double never, double every)
    {
        Add(0, loop - label);
        Add(1, never - label);
        Add(2, every - label);
        Rows++;
    }

    public void Add(ReplayErrors other)
    {
        for (var i = 0; i < 3; i++)
        {
            squares[i] += other.squares[i];
            absolutes[i] += other.absolutes[i];
        }

        Rows += other.Rows;
    }

    public ReplayError Loop => Of(0);

    public ReplayError Never => Of(1);

    public ReplayError Every => Of(2);

    public PairedBlock AgainstNever => new(squares[1], squares[0], Rows);

    public PairedBlock AgainstEvery => new(squares[2], squares[0], Rows);

    private ReplayError Of(int way) => Rows == 0 ? new ReplayError(double.NaN, double.NaN) : new ReplayError(Math.Sqrt(squares[way] / Rows), absolutes[way] / Rows);

    private void Add(int way, double error)
    {
        squares[way] += error * error;
        absolutes[way] += Math.Abs(error);
    }
}
