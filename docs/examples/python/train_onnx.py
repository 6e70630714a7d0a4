"""Trains a step that `npm run example -- export-training` wrote, with onnxruntime and numpy alone: python train_onnx.py FOLDER EPOCHS"""

import json
import sys

import numpy as np
import onnxruntime

folder, epochs = sys.argv[1], int(sys.argv[2])
step, random = onnxruntime.InferenceSession(f"{folder}/step.onnx"), np.random.default_rng(0)
manifest = json.load(open(f"{folder}/manifest.json"))
rates = {rate["name"]: np.array(rate["value"], rate["dtype"]) for rate in manifest["rates"]}
state, data = dict(np.load(f"{folder}/initial.npz")), np.load(f"{folder}/data.npz")
for epoch in range(epochs):
    for start in range(0, len(data["x"]), 32):
        batch = {given["name"]: data[given["name"]][start : start + 32] for given in manifest["inputs"]}
        sizes = dict(pair for given in manifest["inputs"] for pair in zip(given["shape"], batch[given["name"]].shape))
        drawn = [(mask, random.random([sizes.get(size, size) for size in mask["shape"]])) for mask in manifest["masks"]]
        masks = {mask["name"]: (at < mask["probability"]).astype(mask["dtype"]) for mask, at in drawn}
        results = dict(zip((o.name for o in step.get_outputs()), step.run(None, {**batch, **rates, **masks, **state})))
        state = {tensor["input"]: results[tensor["output"]] for tensor in manifest["state"]}
    print(f"epoch {epoch + 1}: loss of the last batch {results['loss']:.6g}")
np.savez(f"{folder}/trained.npz", **state)
