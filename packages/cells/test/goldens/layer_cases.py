"""One golden case of a recurrent layer or cell of PyTorch, as the scripts beside this file write them.

Inputs and weights are decimals of at most four places, and PyTorch computes in float64, so that one file serves float32
and float64 tests. Tensors are nested arrays; a state is [h], or [h, c] for LSTM. Gradients are those of
sum(output * cotangent), summed over all outputs that have a cotangent.

A layer's spec: I input size, H hidden size, T steps, B batch (None: unbatched), L layers, `state` whether an initial
state is given; and, where they differ from the default: P projection size, bias, batch_first, bidirectional, lengths,
enforce_sorted, cotangents ("output" or "finalState": the other has none). A cell's spec has I, H, B, state, bias.
"""

import zlib

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

KINDS = [("RNN", {"nonlinearity": "tanh"}), ("RNN", {"nonlinearity": "relu"}), ("LSTM", {}), ("GRU", {})]


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
    layer = make_layer(kind, extra, spec)
    shorten_parameters(layer)
    batch_first = layer.batch_first
    steps_and_batch = [spec["T"]] if spec["B"] is None else [spec["T"], spec["B"]]
    if batch_first:
        steps_and_batch.reverse()
    x = draw(*steps_and_batch, spec["I"]).requires_grad_()
    state = initial_state(kind, spec, spec["L"] * (2 if layer.bidirectional else 1))
    output, final = run_layer(layer, x, state, spec)
    only = spec.get("cotangents")
    cotangents = {
        "output": None if only == "finalState" else draw(*output.shape),
        "finalState": None if only == "output" else [draw(*part.shape) for part in final],
    }
    flat_cotangents = [cotangents["output"], *(cotangents["finalState"] or [None] * len(final))]
    return {
        "name": name,
        "kind": kind,
        "options": layer_options(layer, extra, spec),
        "stateDict": layer.state_dict(),
        "input": x,
        **({"lengths": spec["lengths"]} if "lengths" in spec else {}),
        **({"enforceSorted": spec["enforce_sorted"]} if "enforce_sorted" in spec else {}),
        "initialState": state,
        "output": output,
        "finalState": final,
        "cotangents": cotangents,
        "gradients": gradients([output, *final], flat_cotangents, layer, x, state),
    }


def make_layer(kind, extra, spec):
    return getattr(nn, kind)(
        spec["I"],
        spec["H"],
        num_layers=spec["L"],
        bias=spec.get("bias", True),
        batch_first=spec.get("batch_first", False),
        bidirectional=spec.get("bidirectional", False),
        **({"proj_size": spec["P"]} if "P" in spec else {}),
        **extra,
    )


def layer_options(layer, extra, spec):
    """The options that the layer was made with; those that a spec leaves out are left out."""
    options = {"inputSize": spec["I"], "hiddenSize": spec["H"], "numLayers": spec["L"]}
    options |= {"bias": layer.bias, "batchFirst": layer.batch_first} | extra
    options |= {"bidirectional": True} if layer.bidirectional else {}
    return options | ({"projSize": spec["P"]} if "P" in spec else {})


def run_layer(layer, x, state, spec):
    hx = None if state is None else tuple(state) if layer.mode == "LSTM" else state[0]
    if "lengths" in spec:
        lengths, enforce_sorted = torch.tensor(spec["lengths"]), spec.get("enforce_sorted", False)
        packed = pack_padded_sequence(x, lengths, layer.batch_first, enforce_sorted=enforce_sorted)
        packed_output, final = layer(packed, hx)
        output, _ = pad_packed_sequence(packed_output, layer.batch_first, total_length=spec["T"])
    else:
        output, final = layer(x, hx)
    return output, list(final) if layer.mode == "LSTM" else [final]


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
    words += [f"{key}={'none' if spec[key] is None else spec[key]}" for key in "ITBHPL" if key in spec]
    words += ["bidirectional"] if spec.get("bidirectional") else []
    words += ["bias" if spec.get("bias", True) else "no bias"]
    words += ["batchFirst"] if spec.get("batch_first") else []
    words += ["state given" if spec["state"] else "state absent"]
    words += [f"lengths {spec['lengths']}"] if "lengths" in spec else []
    words += ["enforceSorted"] if spec.get("enforce_sorted") else []
    words += [f"cotangent of {spec['cotangents']} only"] if "cotangents" in spec else []
    return ", ".join(words)


def draw(*shape):
    return torch.randn(*shape).round(decimals=3)


def shorten_parameters(module):
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(parameter.round(decimals=4))


def initial_state(kind, spec, layers):
    """[h], or [h, c]; `layers` counts a layer's directions apart, and is None for a cell."""
    if not spec["state"]:
        return None
    leading = ([] if layers is None else [layers]) + ([] if spec["B"] is None else [spec["B"]])
    widths = [spec.get("P", spec["H"]), spec["H"]] if kind == "LSTM" else [spec["H"]]
    return [draw(*leading, width).requires_grad_() for width in widths]


def gradients(outputs, cotangents, module, x, state):
    loss = sum((y * cotangent).sum() for y, cotangent in zip(outputs, cotangents) if cotangent is not None)
    loss.backward()
    return {
        "parameters": {key: parameter.grad for key, parameter in module.named_parameters()},
        "input": x.grad,
        "initialState": None if state is None else [part.grad for part in state],
    }
