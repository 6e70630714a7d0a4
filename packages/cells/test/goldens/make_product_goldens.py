"""Writes product.json: every combination of a recurrent layer's options in PyTorch, each number a digest of a tensor.

    pip install -r requirements.txt
    python make_product_goldens.py

5 kinds x 1 to 3 layers x directions x bias x batchFirst x lengths x initial state, in float64, would make megabytes of
tensors. So what goes in is a formula, and what comes out is summed up. Element i (row-major, from 0) of pattern s is

    ((31*i*i + (17*s + 5)*i + 71*s + 11) mod 2003 - 1001) / 2000

and tensor number k of a case with seed n is pattern 100*n + k. Numbers: 0 the input; 1 and 2 the initial state; 3 the
cotangent of the output; 4 and 5 those of the final state; 10, 11, ... the state dict's entries in PyTorch's order
(layer by layer: weight_ih, weight_hh, bias_ih, bias_hh, weight_hr; then the same with _reverse). The loss is the sum of
outputs times cotangents. A digest is the sum of a tensor times pattern 100*n + 50 + k of its shape, where k is its number;
the output's is 3, the final state's are 4 and 5; a gradient's is that of the tensor it belongs to.
Steps, batch and lengths are in the header; a case with `lengths` true goes through pack_padded_sequence with
enforce_sorted=False. `initialState` of the gradients is null where no initial state is given.
"""

import sys
from itertools import product
from pathlib import Path

import torch

from layer_cases import KINDS, initial_state, layer_options, make_layer, run_layer

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "scripts" / "goldens"))
from json_rows import write_rows  # noqa: E402

SIGNIFICANT_DIGITS = 13
SIZES = {"I": 3, "H": 2, "T": 4, "B": 3}
PROJECTION = {"P": 1}
LENGTHS = [2, 4, 1]
INPUT, INITIAL, OUTPUT, FINAL, PARAMETERS, DIGESTS = 0, 1, 3, 4, 10, 50


def main():
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    kinds = [(kind, extra, {}) for kind, extra in KINDS] + [("LSTM", {}, PROJECTION)]
    switches = [False, True]
    cases = [
        first_alive(kind, extra, SIZES | projection | dict(L=layers, bidirectional=both, bias=bias, batch_first=batch_first,
                                                           state=state) | ({"lengths": LENGTHS} if lengths else {}))
        for (kind, extra, projection), layers, both, bias, batch_first, lengths, state
        in product(kinds, [1, 2, 3], *[switches] * 5)
    ]
    names = {"steps": "T", "batch": "B"}
    header = {name: SIZES[letter] for name, letter in names.items()} | {"lengths": LENGTHS}
    write_rows(__file__, "product.json", {"cases": cases}, SIGNIFICANT_DIGITS, **header)


def first_alive(kind, extra, spec):
    """The case of the first seed by which every parameter gets a gradient, since relu units may all be off."""
    for seed in range(1, 200):
        case = product_case(kind, extra, spec, seed)
        if all(case["gradients"]["parameters"]):
            return case
    raise RuntimeError(f"no seed gives every gradient: {kind} {spec}")


def product_case(kind, extra, spec, seed):
    layer = make_layer(kind, extra, spec)
    with torch.no_grad():
        for k, parameter in enumerate(layer.parameters(), PARAMETERS):
            parameter.copy_(pattern(parameter.shape, seed, k))
    batch_and_steps = [spec["B"], spec["T"]] if layer.batch_first else [spec["T"], spec["B"]]
    x = pattern([*batch_and_steps, spec["I"]], seed, INPUT).requires_grad_()
    drawn = initial_state(kind, spec, spec["L"] * (2 if layer.bidirectional else 1))
    state = drawn and [pattern(part.shape, seed, k).requires_grad_() for k, part in enumerate(drawn, INITIAL)]
    output, final = run_layer(layer, x, state, spec)
    outputs = list(enumerate([output, *final], OUTPUT))
    sum((y * pattern(y.shape, seed, k)).sum() for k, y in outputs).backward()
    digests = [digest(y, seed, k) for k, y in outputs]
    return {
        "kind": kind,
        "options": layer_options(layer, extra, spec),
        "lengths": "lengths" in spec,
        "seed": seed,
        "output": digests[0],
        "finalState": digests[1:],
        "gradients": {
            "input": digest(x.grad, seed, INPUT),
            "initialState": state and [digest(part.grad, seed, k) for k, part in enumerate(state, INITIAL)],
            "parameters": [digest(p.grad, seed, k) for k, p in enumerate(layer.parameters(), PARAMETERS)],
        },
    }


def pattern(shape, seed, number):
    i, s = torch.arange(torch.Size(shape).numel()), 100 * seed + number
    return (((31 * i * i + (17 * s + 5) * i + 71 * s + 11) % 2003 - 1001) / 2000).reshape(shape)


def digest(tensor, seed, number):
    return (tensor * pattern(tensor.shape, seed, DIGESTS + number)).sum().item()


main()
