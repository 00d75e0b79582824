"""Loads a model directory by the steps of MLflow's python_function flavor and prints its predictions for the stored samples."""

import importlib
import json
import os
import sys

import pandas
import xgboost
import yaml

path = sys.argv[1]
with open(os.path.join(path, "MLmodel"), encoding="utf-8") as file:
    described = yaml.safe_load(file)
flavor = described["flavors"]["python_function"]
sys.path[:0] = [os.path.join(path, flavor["code"])]
model = importlib.import_module(flavor["loader_module"])._load_pyfunc(os.path.join(path, flavor["data"]) if "data" in flavor else path)

inputs = json.loads(described["signature"]["inputs"])
types = {"double": "float64", "string": "object", "boolean": "bool"}
with open(os.path.join(path, "flyball", "samples.json"), encoding="utf-8") as file:
    samples = json.load(file)
names = [column["name"] for column in inputs]
frame = pandas.DataFrame([sample["features"] for sample in samples], columns=names)
for column in inputs:
    if column["type"] == "double":
        frame[column["name"]] = frame[column["name"]].astype("float64")

with open(os.path.join(path, described["saved_input_example_info"]["artifact_path"]), encoding="utf-8") as file:
    example = json.load(file)
example = pandas.DataFrame(example["data"], columns=example["columns"])
for column in inputs:
    example[column["name"]] = example[column["name"]].astype(types[column["type"]])

booster = None
if "xgboost" in described["flavors"]:
    booster = xgboost.Booster()
    booster.load_model(os.path.join(path, described["flavors"]["xgboost"]["data"]))

print(json.dumps({
    "predictions": [float(value) for value in model.predict(frame)],
    "stored": [sample["prediction"] for sample in samples],
    "example": len(model.predict(example)),
    "boosted": booster.feature_names if booster else None,
}))
