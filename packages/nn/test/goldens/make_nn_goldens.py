"""Writes nn.json: Linear and the regression losses of PyTorch, their values and gradients.

    pip install -r requirements.txt
    python make_nn_goldens.py

Numbers put in are decimals of at most four places, and PyTorch computes in float64, so that one file serves float32
tests (compare to 1e-5) and float64 tests (compare to 1e-8). Tensors are nested arrays, scalars plain numbers. Gradients
are those of sum(output * cotangent).
"""

import sys
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "scripts" / "goldens"))
from json_rows import write_rows  # noqa: E402

SIGNIFICANT_DIGITS = 12
LINEAR = [
    dict(shape=[3], out=5),
    dict(shape=[7, 3], out=5),
    dict(shape=[7, 3], out=5, bias=False),
    dict(shape=[2, 5, 3], out=1),
    dict(shape=[2, 5, 1], out=4, bias=False),
    dict(shape=[1, 1], out=1),
]
LOSSES = [
    ("MSELoss", {}),
    ("L1Loss", {}),
    ("HuberLoss", {"delta": 1.0}),
    ("HuberLoss", {"delta": 0.3}),
    ("SmoothL1Loss", {"beta": 1.0}),
    ("SmoothL1Loss", {"beta": 0.3}),
    ("SmoothL1Loss", {"beta": 0.0}),
]
LOSS_SHAPES = [[], [5], [3, 4], [2, 3, 2]]


def main():
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(1)
    losses = [loss_case(name, extra, reduction, *draw_pair(shape))
              for name, extra in LOSSES for reduction in ["mean", "sum", "none"] for shape in LOSS_SHAPES]
    # equal values, then differences of exactly 1/2 and 1, where the pieces of a loss meet; exact in binary
    at_ties = torch.tensor([0.5, 1.0, 2.0, -0.25, -1.5]), torch.tensor([0.5, 0.5, 1.0, 0.25, -0.5])
    joined = LOSSES[:3] + [("HuberLoss", {"delta": 0.5}), ("SmoothL1Loss", {"beta": 1.0}), ("SmoothL1Loss", {"beta": 0.5}),
                           ("SmoothL1Loss", {"beta": 0.0})]
    sections = {
        "linear": [linear_case(**spec) for spec in LINEAR],
        "losses": losses,
        "lossesAtTies": [loss_case(name, extra, "sum", *(part.clone().requires_grad_() for part in at_ties))
                         for name, extra in joined],
    }
    write_rows(__file__, "nn.json", sections, SIGNIFICANT_DIGITS)


def linear_case(shape, out, bias=True):
    layer = nn.Linear(shape[-1], out, bias=bias)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(parameter.round(decimals=4))
    x = draw(shape).requires_grad_()
    output = layer(x)
    cotangent = draw(output.shape)
    output.backward(cotangent)
    return {
        "options": {"inFeatures": shape[-1], "outFeatures": out, "bias": bias},
        "stateDict": layer.state_dict(),
        "input": x,
        "output": output,
        "cotangent": cotangent,
        "gradients": {"parameters": {key: p.grad for key, p in layer.named_parameters()}, "input": x.grad},
    }


def loss_case(name, extra, reduction, x, target):
    output = getattr(nn, name)(reduction=reduction, **extra)(x, target)
    cotangent = draw(output.shape)
    output.backward(cotangent)
    return {
        "loss": name,
        "options": extra | {"reduction": reduction},
        "input": x,
        "target": target,
        "output": output,
        "cotangent": cotangent,
        "gradients": {"input": x.grad, "target": target.grad},
    }


def draw(shape):
    return torch.randn(shape).round(decimals=3)


def draw_pair(shape):
    return draw(shape).requires_grad_(), draw(shape).requires_grad_()


main()
