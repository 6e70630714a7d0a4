"""Trains a step that `npm run example -- export-training` wrote, with onnxruntime and numpy alone: python train_onnx.py FOLDER EPOCHS"""

import json
import sys

import numpy as np
import onnxruntime

folder, epochs = sys.argv[1], int(sys.argv[2])
step = onnxruntime.InferenceSession(f"{folder}/step.onnx")
manifest = json.load(open(f"{folder}/manifest.json"))
rates = {rate["name"]: np.array(rate["value"], rate["dtype"]) for rate in manifest["rates"]}
state, data = dict(np.load(f"{folder}/initial.npz")), np.load(f"{folder}/data.npz")
for epoch in range(epochs):
    for start in range(0, len(data["x"]), 32):
        batch = {name: data[name][start : start + 32] for name in ("x", "y")}
        results = dict(zip((o.name for o in step.get_outputs()), step.run(None, {**batch, **rates, **state})))
        state = {tensor["input"]: results[tensor["output"]] for tensor in manifest["state"]}
    print(f"epoch {epoch + 1}: loss of the last batch {results['loss']:.6f}")
np.savez(f"{folder}/trained.npz", **state)
