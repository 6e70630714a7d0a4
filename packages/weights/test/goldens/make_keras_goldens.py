"""Writes keras.json and keras/*: weights of small Keras 3 models as npz and safetensors, with what the models compute.

    pip install -r requirements.txt
    python make_keras_goldens.py

Keras runs on its PyTorch backend, all in float32: there its matrix products are float32 even where floatx is float64.
So outputs are good to about 3e-7, for float64 tests too. A second run on the same kind of CPU gives the same bytes; another
kind of CPU may change last digits. Fields of a case:

`files`: `paths` is an npz with one array a weight under its path, `np.savez(f, **{w.path: w.numpy() for w in model.weights})`.
  Some models also have `list`, an npz of the same arrays in order, `np.savez(f, *model.get_weights())` (arr_0, arr_1, ...),
  and `safetensors`, with the names of `paths`.
`weights`: for each weight in the order of get_weights() its `path`, `shape`, and `h5`, the dataset in the file that
  model.save_weights("NAME.weights.h5") writes; there Keras names layers by their class, not by the name they were given.
`layers`: the layers with the options that matter, in Keras's words.
`input` and `output`: of the model; indices are integers. `states` follow the output where the layer has return_state: [h], or [h, c]
  for LSTM; for Bidirectional the forward layer's, then the backward layer's.

Keras's layout: kernels are [inputs, gates * units], gates in the order i, f, c, o (LSTM) and z, r, h (GRU). The GRU's bias is
[2, 3 * units] (input, recurrent) where reset_after, else [3 * units]; other layers have one fused bias.
"""

import os
import sys
import tempfile
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import h5py
import keras
import numpy as np
import torch
from keras import layers
from safetensors.numpy import save_file

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "scripts" / "goldens"))
from json_rows import write_rows  # noqa: E402

SIGNIFICANT_DIGITS = 9
BATCH, STEPS, FEATURES = 2, 4, 3
HERE = Path(__file__).resolve().parent / "keras"
ALL = {"return_sequences": True, "return_state": True}

IN_ALL_FORMS = {"lstm", "gru-reset-before", "bidirectional-lstm", "text"}
# name: the layers, in order, each a class and its options; what a Bidirectional wraps stands under "layer"
MODELS = {
    "simple-rnn": [("SimpleRNN", {"units": 3, **ALL})],
    "simple-rnn-relu": [("SimpleRNN", {"units": 3, "activation": "relu", **ALL})],
    "simple-rnn-no-bias": [("SimpleRNN", {"units": 2, "use_bias": False, **ALL})],
    "lstm": [("LSTM", {"units": 3, **ALL})],
    "lstm-no-bias": [("LSTM", {"units": 2, "use_bias": False, **ALL})],
    "gru": [("GRU", {"units": 3, "reset_after": True, **ALL})],
    "gru-reset-before": [("GRU", {"units": 3, "reset_after": False, **ALL})],
    "gru-no-bias": [("GRU", {"units": 2, "reset_after": True, "use_bias": False, **ALL})],
    "gru-reset-before-no-bias": [("GRU", {"units": 2, "reset_after": False, "use_bias": False, **ALL})],
    "bidirectional-simple-rnn": [("Bidirectional", {"layer": ("SimpleRNN", {"units": 2, **ALL})})],
    "bidirectional-lstm": [("Bidirectional", {"layer": ("LSTM", {"units": 2, **ALL})})],
    "bidirectional-gru": [("Bidirectional", {"layer": ("GRU", {"units": 2, "reset_after": True, **ALL})})],
    "bidirectional-gru-reset-before": [("Bidirectional", {"layer": ("GRU", {"units": 2, "reset_after": False, **ALL})})],
    "bidirectional-last": [("Bidirectional", {"layer": ("LSTM", {"units": 2})})],
    "dense": [("Dense", {"units": 4})],
    "dense-no-bias": [("Dense", {"units": 4, "use_bias": False})],
    "forecaster": [
        ("LSTM", {"units": 3, "return_sequences": True}),
        ("GRU", {"units": 2}),
        ("Dense", {"units": 1}),
    ],
    "text": [
        ("Embedding", {"input_dim": 6, "output_dim": 3}),
        ("Bidirectional", {"layer": ("LSTM", {"units": 2, "return_sequences": True})}),
        ("Bidirectional", {"layer": ("GRU", {"units": 2})}),
        ("LayerNormalization", {}),
        ("Dense", {"units": 2}),
    ],
    "text-masked": [
        ("Embedding", {"input_dim": 6, "output_dim": 3, "mask_zero": True}),
        ("LSTM", {"units": 3}),
        ("Dense", {"units": 1}),
    ],
}


def main():
    torch.set_num_threads(1)
    torch.manual_seed(8)
    torch.backends.mkldnn.enabled = False
    HERE.mkdir(exist_ok=True)
    cases = [case(name, specs) for name, specs in MODELS.items()]
    header = {"computed_in": "float32", "keras": keras.__version__}
    write_rows(__file__, "keras.json", {"models": cases}, SIGNIFICANT_DIGITS, **header)


def case(name, specs):
    first = specs[0][0]
    x = indices() if first == "Embedding" else draw([BATCH, STEPS, FEATURES])
    model = build(specs, keras.Input(x.shape[1:], dtype=str(x.dtype).removeprefix("torch."), name="x"))
    for weight in model.weights:
        weight.assign(0.5 * draw(weight.shape))
    arrays = {weight.path: numbers(weight) for weight in model.weights}
    assert all(np.array_equal(a, b) for a, b in zip(arrays.values(), model.get_weights(), strict=True))
    with torch.no_grad():
        outputs = model(x, training=False)
    output, *states = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    datasets = saved_datasets(model)
    return {
        "name": name,
        "files": save_arrays(name, arrays),
        "layers": [plain_spec(spec) for spec in specs],
        "weights": [{"path": w.path, "shape": list(w.shape), "h5": datasets[i]} for i, w in enumerate(model.weights)],
        "input": x,
        "output": output.detach(),
        **({"states": [state.detach() for state in states]} if states else {}),
    }


def save_arrays(name, arrays):
    files = {"paths": f"keras/{name}.npz"}
    np.savez(HERE / f"{name}.npz", **arrays)
    if name in IN_ALL_FORMS:
        files |= {"list": f"keras/{name}.list.npz", "safetensors": f"keras/{name}.safetensors"}
        np.savez(HERE / f"{name}.list.npz", *arrays.values())
        save_file(arrays, HERE / f"{name}.safetensors", metadata={"format": "np"})
        (HERE / f"{name}.safetensors").chmod(0o644)
    return files


def build(specs, x):
    counts = {}
    y = x
    for spec in specs:
        stem = layer_name(spec)
        counts[stem] = counts.get(stem, -1) + 1
        y = make_layer(spec, stem if counts[stem] == 0 else f"{stem}_{counts[stem]}")(y)
    return keras.Model(x, y, name="model")


def make_layer(spec, name):
    kind, options = spec
    if kind == "Bidirectional":
        inner = options["layer"]
        return layers.Bidirectional(make_layer(inner, layer_name(inner)), name=name)
    return getattr(layers, kind)(**options, name=name)


def layer_name(spec):
    """The name that Keras itself would give the first layer of this class."""
    names = {"SimpleRNN": "simple_rnn", "LayerNormalization": "layer_normalization"}
    return names.get(spec[0], spec[0].lower())


def plain_spec(spec):
    kind, options = spec
    return {"class": kind} | {key: plain_spec(value) if key == "layer" else value for key, value in options.items()}


def saved_datasets(model):
    """The dataset of each weight in the file of save_weights, found by its values."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.weights.h5"
        model.save_weights(path)
        found = {}
        with h5py.File(path) as file:
            file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return [only(key for key, value in found.items() if np.array_equal(value, numbers(w))) for w in model.weights]


def only(items):
    (item,) = items
    return item


def numbers(weight):
    return keras.ops.convert_to_numpy(weight)


def draw(shape):
    return torch.randn(tuple(shape)).round(decimals=3)


def indices():
    """Indices of rows 1 to 5, and zeros, the padding, at the ends."""
    return torch.tensor([[1, 4, 2, 0], [5, 3, 0, 0]], dtype=torch.int32)


main()
