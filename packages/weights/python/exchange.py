"""The Python end of the exchange with TypeScript, with real torch, keras and safetensors.

    python exchange.py FROM_TYPESCRIPT FROM_PYTHON

Loads every model that TypeScript wrote (PyTorch: load_state_dict(strict=True); Keras: by path), runs it and compares outputs;
then writes models of its own, with what they compute, for TypeScript to load. Keras is left out where it is not installed.
"""

import importlib.util
import json
import os
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file as load_numpy
from safetensors.torch import load_file, save_file
from torch import nn

TOLERANCE = {"float32": 1e-5, "float64": 1e-10}
DTYPES = {"float32": torch.float32, "float64": torch.float64, "float16": torch.float16, "bfloat16": torch.bfloat16}
HAS_KERAS = importlib.util.find_spec("keras") is not None


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(7, 3, padding_idx=0)
        self.rnn = nn.LSTM(3, 4, num_layers=2, batch_first=True, bidirectional=True)
        self.norm = nn.LayerNorm(8)
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.norm(self.rnn(self.embedding(x))[0]))


def main():
    theirs, ours = Path(sys.argv[1]), Path(sys.argv[2])
    ours.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(6)
    torch.set_grad_enabled(False)
    cases = json.loads((theirs / "cases.json").read_text())
    gaps = [check_torch(case, theirs) for case in cases["torch"]]
    written = {"torch": [row for case in cases["torch"] for row in write_torch(case, theirs, ours)], "keras": []}
    if HAS_KERAS:
        gaps += [check_keras(case, theirs) for case in cases["keras"]]
        written["keras"] = [write_keras(case, theirs, ours) for case in cases["keras"]]
    else:
        print("Keras is not installed: its models are left out")
    (ours / "cases.json").write_text(json.dumps(written))
    sys.exit(report(gaps))


def make(case):
    model = Tagger() if case["class"] == "Tagger" else getattr(nn, case["class"])(*case["args"], **case["options"])
    return model.to(DTYPES[case["dtype"]])


def flat(result):
    return [result] if isinstance(result, torch.Tensor) else [t for part in result for t in flat(part)]


def check_torch(case, folder):
    model = make(case)
    model.load_state_dict(load_file(folder / f"{case['name']}.safetensors"), strict=True)
    io = load_file(folder / f"{case['name']}.io.safetensors")
    outputs = flat(model(io.pop("input")))
    assert len(outputs) == len(io), f"{case['name']}: {len(outputs)} outputs in PyTorch, {len(io)} in TypeScript"
    gap = max(difference(output.numpy(), io[f"output.{i}"].numpy()) for i, output in enumerate(outputs))
    return case["name"], gap, TOLERANCE[case["dtype"]]


def difference(a, b):
    assert a.shape == b.shape, f"{a.shape} in Python, {b.shape} in TypeScript"
    return float(np.abs(a.astype("f8") - b.astype("f8")).max())


def write_torch(case, theirs, ours):
    """Each model once in its own dtype and once in each half precision; outputs are those of the widened weights."""
    x = load_file(theirs / f"{case['name']}.io.safetensors")["input"]
    for stored in [case["dtype"], "float16", "bfloat16"]:
        model = make(case)
        kept = {key: value.to(DTYPES[stored]) for key, value in model.state_dict().items()}
        model.load_state_dict(kept)
        stem = f"{case['name']}.{stored}"
        save_file(kept, ours / f"{stem}.safetensors", metadata={"format": "pt"})
        outputs = {f"output.{i}": output.contiguous() for i, output in enumerate(flat(model(x)))}
        save_file({"input": x, **outputs}, ours / f"{stem}.io.safetensors")
        yield {"name": case["name"], "dtype": case["dtype"], "stored": stored}


def make_keras(case):
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras
    from keras import layers

    names = {"RNN": "simple_rnn", "LSTM": "lstm", "GRU": "gru"}
    kind = {"RNN": layers.SimpleRNN, "LSTM": layers.LSTM, "GRU": layers.GRU}[case["class"]]
    reset = {"reset_after": case["options"].get("resetAfter", True)} if case["class"] == "GRU" else {}
    layer = kind(case["units"], name=names[case["class"]], **reset)
    if case["options"].get("bidirectional"):
        layer = layers.Bidirectional(layer, name=case["layer"])
    x = keras.Input((None, 3))
    return keras.Model(x, layers.Dense(case["outputs"], name="dense")(layer(x)))


def run_keras(model, x):
    import keras

    return keras.ops.convert_to_numpy(model(x, training=False))


def check_keras(case, folder):
    model = make_keras(case)
    arrays = np.load(folder / f"keras-{case['name']}.npz")
    assert [w.path for w in model.weights] == arrays.files, f"{case['name']}: {arrays.files} in TypeScript"
    for weight in model.weights:
        weight.assign(arrays[weight.path])
    io = load_numpy(folder / f"keras-{case['name']}.io.safetensors")
    return f"Keras {case['name']}", difference(run_keras(model, io["input"]), io["output.0"]), TOLERANCE["float32"]


def write_keras(case, theirs, ours):
    import keras
    from safetensors.numpy import save_file as save_numpy

    model = make_keras(case)
    for weight in model.weights:
        weight.assign(0.5 * torch.randn(tuple(weight.shape)))
    stem = f"keras-{case['name']}"
    np.savez(ours / f"{stem}.npz", **{w.path: keras.ops.convert_to_numpy(w) for w in model.weights})
    x = load_numpy(theirs / f"{stem}.io.safetensors")["input"]
    save_numpy({"input": x, "output.0": run_keras(model, x)}, ours / f"{stem}.io.safetensors")
    return {"name": case["name"]}


def report(gaps):
    failed = [row for row in gaps if not row[1] <= row[2]]
    for name, gap, limit in failed:
        print(f"FAILED {name}: off by {gap}, allowed {limit}", file=sys.stderr)
    largest = {dtype: max([gap for _, gap, limit in gaps if limit == t], default=0) for dtype, t in TOLERANCE.items()}
    print(
        f"{len(gaps) - len(failed)} of {len(gaps)} models of TypeScript's give its outputs in Python; largest differences "
        f"{largest['float32']:.1e} (float32), {largest['float64']:.1e} (float64)"
    )
    return 1 if failed else 0


main()
