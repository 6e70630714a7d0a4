"""Writes bidirectional.json and projection.json: bidirectional recurrent layers of PyTorch, and LSTMs with proj_size.

    pip install -r requirements.txt
    python make_bidirectional_goldens.py

The form of a case is that of recurrent.json (see layer_cases.py); `options` add `bidirectional` and `projSize` where they
are set. Sections `lengths` went through pack_padded_sequence and pad_packed_sequence, with the `enforceSorted` of the case.
"""

import sys
from pathlib import Path

import torch

from layer_cases import KINDS, first_alive, layer_case

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "scripts" / "goldens"))
from json_rows import write_rows  # noqa: E402

SIGNIFICANT_DIGITS = 12

BIDIRECTIONAL = [
    dict(I=3, H=2, T=4, B=3, L=1, state=True),
    dict(I=1, H=1, T=1, B=1, L=1, state=False),
    dict(I=2, H=3, T=3, B=2, L=1, state=False, bias=False, batch_first=True),
    dict(I=2, H=2, T=3, B=2, L=2, state=True, batch_first=True),
    dict(I=2, H=2, T=3, B=1, L=3, state=False),
    dict(I=2, H=1, T=3, B=None, L=2, state=True),
    dict(I=3, H=1, T=2, B=None, L=3, state=True, bias=False, batch_first=True),
    dict(I=2, H=2, T=3, B=2, L=2, state=True, bias=False, cotangents="finalState"),
]
BIDIRECTIONAL_LENGTHS = [
    dict(I=2, H=2, T=4, B=3, L=1, state=True, lengths=[2, 4, 1], enforce_sorted=False),
    dict(I=2, H=1, T=5, B=3, L=2, state=False, batch_first=True, lengths=[5, 3, 1], enforce_sorted=True),
    dict(I=1, H=2, T=3, B=2, L=3, state=False, bias=False, lengths=[1, 2], enforce_sorted=False),
    dict(I=1, H=1, T=3, B=4, L=3, state=True, batch_first=True, lengths=[3, 1, 3, 2], enforce_sorted=False),
    dict(I=1, H=2, T=4, B=2, L=2, state=True, lengths=[4, 2], enforce_sorted=True, cotangents="output"),
]
PROJECTED = [
    dict(I=3, H=4, P=2, T=4, B=3, L=1, state=True),
    dict(I=1, H=2, P=1, T=1, B=1, L=1, state=False),
    dict(I=2, H=3, P=2, T=3, B=2, L=2, state=True, batch_first=True),
    dict(I=2, H=3, P=2, T=3, B=2, L=2, state=False, bias=False),
    dict(I=2, H=3, P=1, T=3, B=None, L=2, state=True),
    dict(I=2, H=2, P=1, T=2, B=2, L=3, state=True, cotangents="finalState"),
    dict(I=2, H=3, P=2, T=3, B=2, L=1, state=True, bidirectional=True),
    dict(I=2, H=3, P=1, T=3, B=2, L=2, state=False, bidirectional=True, batch_first=True),
    dict(I=2, H=2, P=1, T=2, B=None, L=2, state=True, bidirectional=True, bias=False),
]
PROJECTED_LENGTHS = [
    dict(I=2, H=3, P=2, T=4, B=3, L=1, state=True, lengths=[2, 4, 1], enforce_sorted=False),
    dict(I=2, H=3, P=1, T=3, B=2, L=2, state=False, batch_first=True, lengths=[3, 1], enforce_sorted=True),
    dict(I=2, H=3, P=2, T=4, B=3, L=1, state=False, bidirectional=True, lengths=[1, 3, 4], enforce_sorted=False),
    dict(I=1, H=2, P=1, T=3, B=3, L=2, state=True, bidirectional=True, batch_first=True, lengths=[1, 3, 2],
         enforce_sorted=False),
]


def main():
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    both_ways = [spec | {"bidirectional": True} for spec in BIDIRECTIONAL]
    both_ways_lengths = [spec | {"bidirectional": True} for spec in BIDIRECTIONAL_LENGTHS]
    save("bidirectional.json", KINDS, both_ways, both_ways_lengths)
    save("projection.json", [("LSTM", {})], PROJECTED, PROJECTED_LENGTHS)


def save(name, kinds, specs, specs_with_lengths):
    sections = {
        "layers": [first_alive(layer_case, kind, extra, spec) for spec in specs for kind, extra in kinds],
        "lengths": [first_alive(layer_case, kind, extra, spec) for spec in specs_with_lengths for kind, extra in kinds],
    }
    write_rows(__file__, name, sections, SIGNIFICANT_DIGITS)


main()
