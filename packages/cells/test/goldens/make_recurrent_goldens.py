"""Writes recurrent.json: recurrent layers and cells of PyTorch, their outputs and gradients.

    pip install -r requirements.txt
    python make_recurrent_goldens.py

Inputs and weights are decimals of at most four places, and PyTorch computes in float64, so that one file serves float32
tests (compare to 1e-5) and float64 tests (compare to 1e-8). Tensors are nested arrays; a state is [h], or [h, c] for LSTM.
Gradients are those of sum(output * cotangent), summed over all outputs that have a cotangent.
"""

import sys
from pathlib import Path

import torch

from layer_cases import KINDS, cell_case, first_alive, layer_case

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "scripts" / "goldens"))
from json_rows import write_rows  # noqa: E402

SIGNIFICANT_DIGITS = 9

# The letters and words of a spec are explained in layer_cases.py
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
    sections = {
        "layers": [first_alive(layer_case, kind, extra, spec) for spec in LAYERS for kind, extra in KINDS],
        "lengths": [first_alive(layer_case, kind, extra, spec) for spec in WITH_LENGTHS for kind, extra in KINDS],
        "cells": [first_alive(cell_case, kind, extra, spec) for spec in CELLS for kind, extra in KINDS],
    }
    write_rows(__file__, "recurrent.json", sections, SIGNIFICANT_DIGITS)


main()
