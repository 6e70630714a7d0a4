"""Writes src/training/goldens/{layers,curves,seed-programs}.ts: what PyTorch makes of the kit's training cases.

    pip install -r requirements.txt
    python make_training_goldens.py

layers: recurrent layers with their outputs and gradients, in float64, as layer_cases.py beside the cells' tests makes them.
curves: the losses of ten updates of a recurrent layer with a linear head, in float64.
seed-programs: the losses of the first fifty updates of docs/examples' three programs, in float32, from the weights that
docs/test/goldens holds. A file holds one JSON text, so that it loads in any bundler and in Node alike.
"""

import json
import sys
import zlib
from pathlib import Path

import torch
from torch import nn

HERE = Path(__file__).resolve().parent
PACKAGES = HERE.parents[1]
sys.path.insert(0, str(PACKAGES / "cells" / "test" / "goldens"))
from layer_cases import KINDS, draw, first_alive, layer_case, shorten_parameters  # noqa: E402

PROGRAMS = PACKAGES.parent / "docs" / "test" / "goldens"
SIGNIFICANT_DIGITS = 8

LAYERS = [
    dict(I=3, H=5, T=4, B=3, L=1, state=True),
    dict(I=2, H=3, T=5, B=3, L=2, state=True, lengths=[1, 5, 3]),
    dict(I=2, H=3, T=4, B=2, L=1, state=True, bias=False, bidirectional=True),
    dict(I=1, H=1, T=1, B=1, L=1, state=False),
]


def main():
    torch.set_num_threads(1)
    torch.backends.mkldnn.enabled = False
    torch.set_default_dtype(torch.float64)
    write("layers", [first_alive(layer_case, kind, extra, spec) for spec in LAYERS for kind, extra in KINDS])
    write("curves", [curve(kind, extra, spec) for kind, extra in KINDS for spec in OPTIMISERS])
    torch.set_default_dtype(torch.float32)
    write("seed-programs", {"elman": elman(), "rnn": rnn(), "lstm": lstm()})


OPTIMISERS = [
    dict(name="Adam", options=dict(lr=0.01), lengths=None),
    dict(name="SGD", options=dict(lr=0.05, momentum=0.9), lengths=[4, 2, 1, 4, 3]),
]


def curve(kind, extra, spec):
    """T=4, B=5, I=2, H=6; the head reads the last state, the loss is the mean square error."""
    torch.manual_seed(zlib.crc32(f"{kind} {extra} {spec['name']}".encode()))
    layer, head = getattr(nn, kind)(2, 6, **extra), nn.Linear(6, 1)
    for module in (layer, head):
        shorten_parameters(module)
    initial = {"layer": copy_of(layer), "head": copy_of(head)}
    x, y = draw(4, 5, 2), draw(5, 1)
    parameters = [*layer.parameters(), *head.parameters()]
    optimizer = getattr(torch.optim, spec["name"])(parameters, **spec["options"])
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        given = x
        if spec["lengths"] is not None:
            lengths = torch.tensor(spec["lengths"])
            given = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
        _, state = layer(given)
        last = (state[0] if kind == "LSTM" else state)[-1]
        loss = nn.functional.mse_loss(head(last), y)
        loss.backward()
        optimizer.step()
        losses.append(loss)
    ragged = "" if spec["lengths"] is None else ", ragged"
    return {
        "name": " ".join([kind, *extra.values()]) + f" with {spec['name']}{ragged}",
        "kind": kind,
        "options": extra,
        "optimizer": spec["name"],
        "optimizerOptions": spec["options"],
        "lengths": spec["lengths"],
        **initial,
        "x": x,
        "y": y,
        "losses": losses,
    }


def copy_of(module):
    return {key: value.clone() for key, value in module.state_dict().items()}


def program(name):
    return json.loads((PROGRAMS / name).read_text())


def elman():
    """One update a point, the context detached; an epoch has twenty points."""
    golden = program("elman-sine.json")
    series = torch.tensor(golden["series"])
    w1, w2 = (torch.tensor(golden["initial"][name], requires_grad=True) for name in ("w1", "w2"))
    losses, context = [], None
    for update in range(50):
        j = update % 20
        if j == 0:
            context = torch.zeros(1, 6)
        hidden = torch.tanh(torch.cat((series[j].reshape(1, 1), context), 1).mm(w1))
        loss = (hidden.mm(w2) - series[j + 1]).pow(2).sum() / 2
        w1.grad = w2.grad = None
        loss.backward()
        with torch.no_grad():
            for w in (w1, w2):
                w -= golden["learningRate"] * w.grad
        losses.append(loss)
        context = hidden.detach()
    return {"series": golden["series"], "initial": golden["initial"], "learningRate": golden["learningRate"], "losses": losses}


def rnn():
    training = program("rnn-subsequences.json")["training"]
    kept = {key: training[key] for key in ("points", "initial")}
    return kept | {"pairs": training["pairs"][:50], "losses": training["losses"][:50]}


def lstm():
    golden = program("lstm-windows.json")
    losses = [loss for epoch in golden["batchLosses"] for loss in epoch][:50]
    kept = {key: golden[key] for key in ("windowLength", "batchSize", "initial")}
    return kept | {"series": golden["series"][: golden["split"]], "losses": losses}


def plain(value):
    if isinstance(value, torch.Tensor):
        return plain(value.tolist())
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def write(name, data):
    text = json.dumps(plain(data), separators=(",", ":")).replace(".0,", ",").replace(".0]", "]")
    assert "'" not in text and "\\" not in text
    lines = [
        f"// Made by goldens/make_training_goldens.py with PyTorch {torch.__version__.split('+')[0]}.",
        "export const json: string =",
        f"  '{text}';",
    ]
    (HERE.parent / "src" / "training" / "goldens" / f"{name}.ts").write_text("\n".join(lines) + "\n")


main()
