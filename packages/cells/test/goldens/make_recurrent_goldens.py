"""Writes recurrent.json: recurrent layers and cells of PyTorch, their outputs and gradients.

    pip install -r requirements.txt
    python make_recurrent_goldens.py

Inputs and weights are decimals of at most four places, and PyTorch computes in float64, so that one file serves float32
tests (compare to 1e-5) and float64 tests (compare to 1e-8). Tensors are nested arrays; a state is [h], or [h, c] for LSTM.
Gradients are those of sum(output * cotangent), summed over all outputs that have a cotangent.
"""

import json
import zlib
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

SIGNIFICANT_DIGITS = 9
KINDS = [("RNN", {"nonlinearity": "tanh"}), ("RNN", {"nonlinearity": "relu"}), ("LSTM", {}), ("GRU", {})]

# I input size, H hidden size, T steps, B batch (None: unbatched), L layers
LAYERS = [
    dict(I=3, H=5, T=7, B=3, L=1, state=True),
    dict(I=1, H=1, T=1, B=1, L=1, state=True),
    dict(I=5, H=3, T=5, B=1, L=1, state=False, bias=False),
    dict(I=3, H=7, T=3, B=5, L=1, state=True, batch_first=True),
    dict(I=7, H=3, T=1, B=3, L=2, state=False, batch_first=True),
    dict(I=1, H=5, T=7, B=None, L=1, state=True),
    dict(I=5, H=3, T=3, B=None, L=3, state=False, bias=False, batch_first=True),
    dict(I=3, H=3, T=5, B=3, L=3, state=True, cotangents="finalState"),
    dict(I=5, H=3, T=3, B=1, L=2, state=True, bias=False, batch_first=True, cotangents="output"),
]
WITH_LENGTHS = [
    dict(I=3, H=3, T=7, B=5, L=1, state=False, lengths=[3, 7, 1, 5, 7]),
    dict(I=1, H=3, T=7, B=3, L=2, state=True, batch_first=True, lengths=[1, 5, 3]),
    dict(I=5, H=1, T=5, B=1, L=1, state=True, bias=False, lengths=[3], cotangents="finalState"),
    dict(I=1, H=3, T=3, B=3, L=3, state=True, lengths=[3, 2, 3], cotangents="output"),
]
CELLS = [
    dict(I=3, H=5, B=7, state=True),
    dict(I=5, H=3, B=None, state=True),
    dict(I=1, H=1, B=1, state=True),
    dict(I=7, H=3, B=3, state=False, bias=False),
    dict(I=3, H=3, B=None, state=False),
]


def main():
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    write(
        layers=[first_alive(layer_case, kind, extra, spec) for spec in LAYERS for kind, extra in KINDS],
        lengths=[first_alive(layer_case, kind, extra, spec) for spec in WITH_LENGTHS for kind, extra in KINDS],
        cells=[first_alive(cell_case, kind, extra, spec) for spec in CELLS for kind, extra in KINDS],
    )


def first_alive(make, kind, extra, spec):
    """The case of the first seed whose relu units are not all off, since a case of zeros tests nothing."""
    name = describe(kind if make is layer_case else kind + "Cell", extra, spec)
    for attempt in range(20):
        torch.manual_seed(zlib.crc32(name.encode()) + attempt)
        case = make(name, kind, extra, spec)
        if case["gradients"]["input"].any():
            return case
    raise RuntimeError(f"no seed gives a gradient: {name}")


def layer_case(name, kind, extra, spec):
    bias, batch_first = spec.get("bias", True), spec.get("batch_first", False)
    layer = getattr(nn, kind)(spec["I"], spec["H"], num_layers=spec["L"], bias=bias, batch_first=batch_first, **extra)
    shorten_parameters(layer)
    steps_and_batch = [spec["T"]] if spec["B"] is None else [spec["T"], spec["B"]]
    if batch_first:
        steps_and_batch.reverse()
    x = draw(*steps_and_batch, spec["I"]).requires_grad_()
    state = initial_state(kind, spec, spec["L"])
    hx = None if state is None else tuple(state) if kind == "LSTM" else state[0]
    if "lengths" in spec:
        packed = pack_padded_sequence(x, torch.tensor(spec["lengths"]), batch_first, enforce_sorted=False)
        packed_output, final = layer(packed, hx)
        output, _ = pad_packed_sequence(packed_output, batch_first, total_length=spec["T"])
    else:
        output, final = layer(x, hx)
    final = list(final) if kind == "LSTM" else [final]
    only = spec.get("cotangents")
    cotangents = {
        "output": None if only == "finalState" else draw(*output.shape),
        "finalState": None if only == "output" else [draw(*part.shape) for part in final],
    }
    flat_cotangents = [cotangents["output"], *(cotangents["finalState"] or [None] * len(final))]
    options = {"inputSize": spec["I"], "hiddenSize": spec["H"], "numLayers": spec["L"]}
    options |= {"bias": bias, "batchFirst": batch_first} | extra
    return {
        "name": name,
        "kind": kind,
        "options": options,
        "stateDict": layer.state_dict(),
        "input": x,
        **({"lengths": spec["lengths"]} if "lengths" in spec else {}),
        "initialState": state,
        "output": output,
        "finalState": final,
        "cotangents": cotangents,
        "gradients": gradients([output, *final], flat_cotangents, layer, x, state),
    }


def cell_case(name, kind, extra, spec):
    bias = spec.get("bias", True)
    cell = getattr(nn, kind + "Cell")(spec["I"], spec["H"], bias=bias, **extra)
    shorten_parameters(cell)
    x = draw(*([] if spec["B"] is None else [spec["B"]]), spec["I"]).requires_grad_()
    state = initial_state(kind, spec, None)
    final = cell(x, None if state is None else tuple(state) if kind == "LSTM" else state[0])
    final = list(final) if kind == "LSTM" else [final]
    cotangents = [draw(*part.shape) for part in final]
    return {
        "name": name,
        "kind": kind + "Cell",
        "options": {"inputSize": spec["I"], "hiddenSize": spec["H"], "bias": bias} | extra,
        "stateDict": cell.state_dict(),
        "input": x,
        "initialState": state,
        "finalState": final,
        "cotangents": {"finalState": cotangents},
        "gradients": gradients(final, cotangents, cell, x, state),
    }


def describe(kind, extra, spec):
    words = [kind, *extra.values()]
    words += [f"{key}={'none' if spec[key] is None else spec[key]}" for key in "ITBHL" if key in spec]
    words += ["bias" if spec.get("bias", True) else "no bias"]
    words += ["batchFirst"] if spec.get("batch_first") else []
    words += ["state given" if spec["state"] else "state absent"]
    words += [f"lengths {spec['lengths']}"] if "lengths" in spec else []
    words += [f"cotangent of {spec['cotangents']} only"] if "cotangents" in spec else []
    return ", ".join(words)


def draw(*shape):
    return torch.randn(*shape).round(decimals=3)


def shorten_parameters(module):
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(parameter.round(decimals=4))


def initial_state(kind, spec, layers):
    if not spec["state"]:
        return None
    shape = ([] if layers is None else [layers]) + ([] if spec["B"] is None else [spec["B"]]) + [spec["H"]]
    return [draw(*shape).requires_grad_() for _ in range(2 if kind == "LSTM" else 1)]


def gradients(outputs, cotangents, module, x, state):
    loss = sum((y * cotangent).sum() for y, cotangent in zip(outputs, cotangents) if cotangent is not None)
    loss.backward()
    return {
        "parameters": {key: parameter.grad for key, parameter in module.named_parameters()},
        "input": x.grad,
        "initialState": None if state is None else [part.grad for part in state],
    }


def plain(value):
    if isinstance(value, torch.Tensor):
        return plain(value.tolist())
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}") if isinstance(value, float) else value


def write(**sections):
    here = Path(__file__)
    header = {"made_by": here.name, "torch": torch.__version__.split("+")[0], "computed_in": "float64"}
    lines = [f'"header":{compact(header)}']
    lines += [f'"{name}":[\n' + ",\n".join(compact(case) for case in cases) + "\n]" for name, cases in sections.items()]
    here.with_name("recurrent.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", newline="\n")


def compact(value):
    return json.dumps(plain(value), separators=(",", ":"), allow_nan=False)


main()
