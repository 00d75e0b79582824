"""Loads a Flyball model package for MLflow's python_function flavor: a pandas DataFrame of feature columns in, predictions out."""

import json
import os

import numpy as np


def _load(path, *parts):
    with open(os.path.join(path, *parts), encoding="utf-8") as file:
        return json.load(file)


class FlyballModel:
    def __init__(self, path):
        self.manifest = _load(path, "flyball", "package.json")
        self.names = [feature["name"] for feature in self.manifest["features"]]
        self.kinds = [feature["kind"] for feature in self.manifest["features"]]
        if self.manifest["format"] == "linear":
            self.linear = _load(path, "linear.json")
        else:
            import xgboost

            self.encodings = _load(path, "flyball", "encodings.json")
            self.booster = xgboost.Booster()
            self.booster.load_model(os.path.join(path, "model.json"))

    def predict(self, data, params=None):
        columns = [self._column(data, name, kind) for name, kind in zip(self.names, self.kinds)]
        return self._linear(columns) if self.manifest["format"] == "linear" else self._boosted(columns)

    @staticmethod
    def _column(data, name, kind):
        values = data[name]
        if kind == "category":
            return [None if v is None or v != v else str(v) for v in values]
        return np.asarray([np.nan if v is None else v for v in values], dtype=np.float64)

    def _boosted(self, columns):
        import xgboost

        encoded = []
        for column, encoding in zip(columns, self.encodings):
            if encoding is not None:
                known = encoding["values"]
                column = [encoding["nullValue"] if v is None else known.get(v, encoding["prior"]) for v in column]
            encoded.append(np.asarray(column, dtype=np.float32))
        matrix = xgboost.DMatrix(np.column_stack(encoded), feature_names=self.booster.feature_names)
        return self.booster.predict(matrix).astype(np.float64)

    def _linear(self, columns):
        result = np.full(len(columns[0]), self.linear["intercept"], dtype=np.float64)
        for column, feature in zip(columns, self.linear["features"]):
            if feature.get("categories") is not None:
                result += np.asarray([0.0 if v is None else feature["categories"].get(v, 0.0) for v in column])
            else:
                result += feature["weight"] * np.where(np.isnan(column), feature["mean"], column)
        return result


def _load_pyfunc(path):
    return FlyballModel(path)
