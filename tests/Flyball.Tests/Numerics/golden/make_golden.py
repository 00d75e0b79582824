"""Writes numerics.json: what SciPy and scikit-learn say about closed-form inputs.

Run with a Python that has scipy and scikit-learn (Debian: python3-scipy, python3-sklearn):
    python3 make_golden.py
Inputs: u(n,a,b,m)[i] = ((i*a+b) mod m)/m, which the tests compute again bit by bit.
"""
import json, os, platform, warnings
import numpy as np, scipy, sklearn
from scipy import stats
from scipy.spatial.distance import jensenshannon
from sklearn import metrics

warnings.filterwarnings("ignore")


def u(n, a, b, m):
    i = np.arange(n, dtype=np.int64)
    return ((i * a + b) % m) / m


def sample(s):
    x = u(*s["u"])
    if s.get("square"):
        x = x * x
    x = x * s.get("scale", 1.0) + s.get("shift", 0.0)
    if "levels" in s:
        x = np.floor(x * s["levels"])
    return x


REF, CUR = {"u": [2000, 7919, 0, 10007]}, {"u": [1500, 6007, 13, 10007]}
PAIRS = {
    "D_sq": (REF, CUR | {"square": True}),
    "D_small": (REF, CUR | {"scale": 1.05}),
    "D_shift2": (REF, CUR | {"shift": 2.0}),
    "same size": ({"u": [500, 7919, 0, 10007]}, {"u": [500, 6007, 13, 10007], "scale": 1.2}),
    "tiny": ({"u": [7, 7919, 0, 10007]}, {"u": [5, 6007, 13, 10007], "shift": 0.1}),
    "coprime": ({"u": [101, 7919, 0, 10007]}, {"u": [97, 6007, 13, 10007], "shift": 0.12}),
    "ties": (REF | {"levels": 8}, CUR | {"scale": 1.1, "levels": 8}),
    "BIG": ({"u": [12000, 7919, 0, 100003]}, {"u": [5000, 60013, 29, 100003], "scale": 1.2, "shift": -0.05}),
    "big, nearly the same": ({"u": [12000, 7919, 0, 100003]}, {"u": [11000, 60013, 29, 100003], "scale": 1.01}),
    "big against few": ({"u": [12000, 7919, 0, 100003]}, {"u": [60, 60013, 29, 100003], "scale": 1.2}),
}
COUNTS = {
    "C_rq": ([16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8]),
    "C_new": ([50, 30, 20, 0], [40, 30, 0, 30]),
    "C_bin": ([60, 40], [45, 55]),
    "one cell empty on both sides": ([10, 0, 5, 85], [12, 0, 9, 70]),
    "nearly the same": ([100000, 200000, 300000], [100100, 199800, 300100]),
}
REGRESSION = {
    "errors": {"label": {"u": [400, 7919, 0, 10007], "scale": 40.0, "shift": 1.0}, "prediction": {"u": [400, 7919, 0, 10007], "scale": 37.0, "shift": 3.0}},
    "unrelated": {"label": {"u": [300, 7919, 0, 10007], "scale": 10.0}, "prediction": {"u": [300, 6007, 13, 10007], "scale": 10.0}},
    "constant label": {"label": {"u": [50, 7919, 0, 10007], "scale": 0.0, "shift": 2.5}, "prediction": {"u": [50, 6007, 13, 10007]}},
    "some labels are zero": {"label": {"u": [60, 7919, 0, 10007], "levels": 3}, "prediction": {"u": [60, 6007, 13, 10007], "levels": 3}},
}
CLASSIFICATION = {
    "smooth": {"label": {"u": [600, 5003, 17, 10007], "levels": 2}, "probability": {"u": [600, 7919, 0, 10007]}},
    "ties": {"label": {"u": [600, 5003, 17, 10007], "levels": 2}, "probability": {"u": [600, 7919, 0, 10007], "scale": 10.0, "levels": 1, "divide": 10.0}},
    "certain and wrong": {"label": {"u": [40, 5003, 17, 10007], "levels": 2}, "probability": {"u": [40, 7919, 0, 10007], "levels": 2}},
}


def ks(name, left, right):
    a, b = sample(left), sample(right)
    r = stats.ks_2samp(a, b)
    return {"name": name, "reference": left, "window": right, "ks": r.statistic, "p": r.pvalue, "wasserstein": stats.wasserstein_distance(a, b),
            "wasserstein_normed": stats.wasserstein_distance(a, b) / max(np.std(a), 0.001), "mean": np.mean(a), "sample_variance": np.var(a, ddof=1)}


def counts(name, left, right):
    a, b = np.array(left, float), np.array(right, float)
    kept = (a + b) > 0
    chi = stats.chi2_contingency(np.array([a[kept], b[kept]]))
    p, q = a / a.sum(), b / b.sum()
    e, c = (a + 0.5) / (a.sum() + 0.5 * len(a)), (b + 0.5) / (b.sum() + 0.5 * len(b))
    return {"name": name, "reference": left, "window": right, "jensen_shannon": jensenshannon(p, q, base=2), "chi2": chi[0], "chi2_p": chi[1], "freedom": int(chi[2]),
            "hellinger": float(np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / np.sqrt(2)), "psi_half": float(np.sum((c - e) * np.log(c / e))),
            "total_variation": float(np.abs(p - q).sum() / 2), "l_infinity": float(np.abs(p - q).max())}


def regression(name, case):
    y, f = sample(case["label"]), sample(case["prediction"])
    return {"name": name, **case, "rmse": float(np.sqrt(metrics.mean_squared_error(y, f))), "mae": metrics.mean_absolute_error(y, f), "r2": metrics.r2_score(y, f),
            "mape": metrics.mean_absolute_percentage_error(y, f), "bias": float(np.mean(f - y))}


def classification(name, case):
    y, p = sample(case["label"]).astype(int), sample(case["probability"]) / case["probability"].get("divide", 1.0)
    d = (p >= 0.5).astype(int)
    return {"name": name, **case, "auc": metrics.roc_auc_score(y, p), "log_loss": metrics.log_loss(y, p), "accuracy": metrics.accuracy_score(y, d),
            "precision": metrics.precision_score(y, d), "recall": metrics.recall_score(y, d), "f1": metrics.f1_score(y, d), "brier": metrics.brier_score_loss(y, p)}


x = sample(REF | {"scale": 17.0, "shift": -3.0})
points = [0, 0.001, 0.1, 0.25, 0.333, 0.5, 0.75, 0.9, 0.999, 1]
golden = {
    "versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__, "sklearn": sklearn.__version__},
    "samples": [ks(k, *v) for k, v in PAIRS.items()],
    "counts": [counts(k, *v) for k, v in COUNTS.items()],
    "quantiles": {"values": REF | {"scale": 17.0, "shift": -3.0}, "points": points, "expected": list(np.quantile(x, points))},
    "kolmogorov": [{"n": n, "d": d, "survival": stats.kstwo.sf(d, n)} for n, d in
                   [(1, 0.6), (2, 0.3), (5, 0.2), (10, 0.1), (10, 0.274), (60, 0.12), (100, 0.1), (140, 0.05), (200, 0.03), (400, 0.08), (501, 0.02), (1000, 0.04), (5000, 0.01),
                    (5739, 0.005), (5739, 0.0123), (20000, 0.008), (100000, 0.003), (100000, 0.006)]],
    "regression": [regression(k, v) for k, v in REGRESSION.items()],
    "classification": [classification(k, v) for k, v in CLASSIFICATION.items()],
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "numerics.json"), "w") as out:
    json.dump(golden, out, indent=1)
    out.write("\n")
