"""The exchange with TypeScript where only numpy and safetensors are installed.

    python exchange_light.py FROM_TYPESCRIPT FROM_PYTHON

Loads the files of one-layer models that TypeScript wrote, computes them by PyTorch's formulas in numpy and compares outputs; then
writes weights of its own, with what they compute, for TypeScript to load.
"""

import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

TOLERANCE = {"float32": 1e-5, "float64": 1e-10}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def rnn(x, w):
    h = np.zeros((x.shape[1], w["weight_hh_l0"].shape[1]), x.dtype)
    outputs = []
    for row in x:
        h = np.tanh(row @ w["weight_ih_l0"].T + w["bias_ih_l0"] + h @ w["weight_hh_l0"].T + w["bias_hh_l0"])
        outputs.append(h)
    return [np.stack(outputs), h[None]]


def lstm(x, w):
    h = c = np.zeros((x.shape[1], w["weight_hh_l0"].shape[1]), x.dtype)
    outputs = []
    for row in x:
        gates = row @ w["weight_ih_l0"].T + w["bias_ih_l0"] + h @ w["weight_hh_l0"].T + w["bias_hh_l0"]
        i, f, g, o = np.split(gates, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        outputs.append(h)
    return [np.stack(outputs), h[None], c[None]]


def gru(x, w):
    h = np.zeros((x.shape[1], w["weight_hh_l0"].shape[1]), x.dtype)
    outputs = []
    for row in x:
        xr, xz, xn = np.split(row @ w["weight_ih_l0"].T + w["bias_ih_l0"], 3, axis=1)
        hr, hz, hn = np.split(h @ w["weight_hh_l0"].T + w["bias_hh_l0"], 3, axis=1)
        z = sigmoid(xz + hz)
        h = (1 - z) * np.tanh(xn + sigmoid(xr + hr) * hn) + z * h
        outputs.append(h)
    return [np.stack(outputs), h[None]]


def linear(x, w):
    return [x @ w["weight"].T + w["bias"]]


MODELS = {"rnn": rnn, "lstm": lstm, "gru": gru, "linear": linear}


def main():
    theirs, ours = Path(sys.argv[1]), Path(sys.argv[2])
    ours.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(6)
    written, failures, gaps = [], 0, {"float32": 0.0, "float64": 0.0}
    cases = [c for c in json.loads((theirs / "cases.json").read_text())["torch"] if stem(c) in MODELS]
    for case in cases:
        run, name, dtype = MODELS[stem(case)], case["name"], case["dtype"]
        weights = load_file(theirs / f"{name}.safetensors")
        io = load_file(theirs / f"{name}.io.safetensors")
        x = io.pop("input")
        gap = max(float(np.abs(output - io[f"output.{i}"]).max()) for i, output in enumerate(run(x, weights)))
        gaps[dtype] = max(gaps[dtype], gap)
        if not gap <= TOLERANCE[dtype]:
            failures += 1
            print(f"FAILED {name}: off by {gap}, allowed {TOLERANCE[dtype]}", file=sys.stderr)
        drawn = {key: random.uniform(-0.5, 0.5, value.shape).astype(value.dtype) for key, value in weights.items()}
        save_file(drawn, ours / f"{name}.{dtype}.safetensors")
        outputs = {f"output.{i}": np.ascontiguousarray(output) for i, output in enumerate(run(x, drawn))}
        save_file({"input": x, **outputs}, ours / f"{name}.{dtype}.io.safetensors")
        written.append({"name": name, "dtype": dtype, "stored": dtype})
    (ours / "cases.json").write_text(json.dumps({"torch": written}))
    print(
        f"{len(cases) - failures} of {len(cases)} models of TypeScript's give its outputs in numpy; largest differences "
        f"{gaps['float32']:.1e} (float32), {gaps['float64']:.1e} (float64)"
    )
    sys.exit(1 if failures or not cases else 0)


def stem(case):
    return case["name"].removesuffix("-float64")


main()
