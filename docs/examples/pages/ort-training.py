import json

import numpy as np
import onnxruntime

step = onnxruntime.InferenceSession("training/step.onnx")
manifest = json.load(open("training/manifest.json"))
rates = {rate["name"]: np.array(rate["value"], rate["dtype"]) for rate in manifest["rates"]}
state = dict(np.load("training/initial.npz"))
names = [output.name for output in step.get_outputs()]

wave = np.sin(np.arange(400) / 7).astype(np.float32)
starts = np.random.default_rng(0).permutation(380)
for epoch in range(3):
    for batch in starts.reshape(-1, 20):
        x = np.stack([wave[i : i + 10, None] for i in batch])  # [20, 10, 1]
        y = wave[batch + 10, None]  # [20, 1]
        results = dict(zip(names, step.run(None, {"x": x, "y": y, **rates, **state})))
        state = {tensor["input"]: results[tensor["output"]] for tensor in manifest["state"]}
    print(f"epoch {epoch}: loss {results['loss']:.4f}")
np.savez("training/trained.npz", **state)
