namespace Flyball.Numerics;

/// <summary>Weights and intercept of a linear model.</summary>
public sealed record LinearFit(double[] Weights, double Intercept, int Iterations);

/// <summary>Rows of a sparse matrix: row i holds <c>Columns[Starts[i]..Starts[i+1]]</c> and the values beside them. Columns are in [0, <paramref name="Width"/>).</summary>
public sealed record SparseRows(int[] Starts, int[] Columns, double[] Values, int Width)
{
    public int Rows => Starts.Length - 1;
}

/// <summary>
/// Least squares with an L2 penalty on the weights but not on the intercept: minimises ‖y − Xw − b‖² + α‖w‖²
/// (Hoerl and Kennard, "Ridge regression", Technometrics 12, 1970), as scikit-learn's <c>Ridge</c> does.
/// </summary>
/// <remarks>The centred normal equations are solved by conjugate gradients with a diagonal preconditioner (Saad, "Iterative Methods for Sparse Linear Systems", 2nd ed., algorithm 9.1); X stays sparse.</remarks>
public static class RidgeRegression
{
    /// <summary>Fits. Throws when there are no rows, alpha is negative, or a value is not finite.</summary>
    public static LinearFit Fit(SparseRows x, ReadOnlySpan<double> y, double alpha, double tolerance = 1e-12, int maxIterations = 2000)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(alpha);
        if (x.Rows == 0 || y.Length != x.Rows) throw new ArgumentException($"{x.Rows} rows and {y.Length} labels", nameof(y));
        var (n, p) = (x.Rows, x.Width);
        var mean = new double[p];
        var squares = new double[p];
        for (var k = 0; k < x.Columns.Length; k++)
        {
            if (!double.IsFinite(x.Values[k])) throw new ArgumentException($"value {k} is {x.Values[k]}", nameof(x));
            mean[x.Columns[k]] += x.Values[k];
            squares[x.Columns[k]] += x.Values[k] * x.Values[k];
        }

        var yMean = 0.0;
        foreach (var label in y) yMean += double.IsFinite(label) ? label : throw new ArgumentException("a label is not finite", nameof(y));
        yMean /= n;
        var diagonal = new double[p];
        for (var j = 0; j < p; j++)
        {
            mean[j] /= n;
            diagonal[j] = Math.Max(squares[j] - (n * mean[j] * mean[j]) + alpha, 1e-30);
        }

        var centred = new double[n];
        for (var i = 0; i < n; i++) centred[i] = y[i] - yMean;
        var right = Transposed(x, centred, mean);
        var weights = new double[p];
        var iterations = Solve(x, mean, alpha, diagonal, right, weights, tolerance, maxIterations);
        var intercept = yMean;
        for (var j = 0; j < p; j++) intercept -= mean[j] * weights[j];
        return new LinearFit(weights, intercept, iterations);
    }

    private static int Solve(SparseRows x, double[] mean, double alpha, double[] diagonal, double[] right, double[] weights, double tolerance, int maxIterations)
    {
        var p = weights.Length;
        var residual = (double[])right.Clone();
        var preconditioned = new double[p];
        for (var j = 0; j < p; j++) preconditioned[j] = residual[j] / diagonal[j];
        var direction = (double[])preconditioned.Clone();
        var rz = Dot(residual, preconditioned);
        var stop = rz * tolerance * tolerance;
        for (var iteration = 0; iteration < maxIterations; iteration++)
        {
            if (rz <= stop) return iteration;
            var product = Product(x, mean, alpha, direction);
            var step = rz / Dot(direction, product);
            for (var j = 0; j < p; j++)
            {
                weights[j] += step * direction[j];
                residual[j] -= step * product[j];
                preconditioned[j] = residual[j] / diagonal[j];
            }

            var next = Dot(residual, preconditioned);
            for (var j = 0; j < p; j++) direction[j] = preconditioned[j] + (next / rz * direction[j]);
            rz = next;
        }

        return maxIterations;
    }

    /// <summary>(X − 1μᵀ)ᵀ(X − 1μᵀ)v + αv, without forming the centred matrix.</summary>
    private static double[] Product(SparseRows x, double[] mean, double alpha, double[] v)
    {
        var shift = Dot(mean, v);
        var rows = new double[x.Rows];
        for (var i = 0; i < rows.Length; i++)
        {
            var sum = -shift;
            for (var k = x.Starts[i]; k < x.Starts[i + 1]; k++) sum += x.Values[k] * v[x.Columns[k]];
            rows[i] = sum;
        }

        var result = Transposed(x, rows, mean);
        for (var j = 0; j < v.Length; j++) result[j] += alpha * v[j];
        return result;
    }

    private static double[] Transposed(SparseRows x, double[] rows, double[] mean)
    {
        var result = new double[x.Width];
        var total = 0.0;
        for (var i = 0; i < rows.Length; i++)
        {
            total += rows[i];
            for (var k = x.Starts[i]; k < x.Starts[i + 1]; k++) result[x.Columns[k]] += x.Values[k] * rows[i];
        }

        for (var j = 0; j < result.Length; j++) result[j] -= total * mean[j];
        return result;
    }

    private static double Dot(double[] left, double[] right)
    {
        var sum = 0.0;
        for (var j = 0; j < left.Length; j++) sum += left[j] * right[j];
        return sum;
    }
}
