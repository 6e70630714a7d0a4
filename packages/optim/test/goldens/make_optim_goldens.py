"""Writes optim.json: parameters after each of eight steps of PyTorch's optimisers, and its gradient clipping.

    pip install -r requirements.txt
    python make_optim_goldens.py

Parameters and gradients put in are decimals of at most three places, and PyTorch computes in float64, so that one file
serves float32 tests (compare to 1e-5) and float64 tests (compare to 1e-8). Tensors are nested arrays. The gradients are
given, not computed: each step sets `.grad` and calls `step()`. A gradient of null means that the parameter has none in
that step, and the optimiser leaves it, its moments and its own step count as they are.
"""

import sys
from pathlib import Path

import torch
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "scripts" / "goldens"))
from json_rows import write_rows  # noqa: E402

SIGNIFICANT_DIGITS = 12
SHAPES = [[3, 2], [4]]
STEPS = 8
SGD = [
    {},
    {"momentum": 0.9},
    {"momentum": 0.9, "dampening": 0.5},
    {"momentum": 0.9, "nesterov": True},
    {"weight_decay": 0.1},
    {"momentum": 0.5, "weight_decay": 0.1},
    {"momentum": 0.9, "nesterov": True, "weight_decay": 0.05},
    {"maximize": True},
    {"momentum": 0.9, "dampening": 0.1, "weight_decay": 0.1, "maximize": True},
]
ADAM = [
    {},
    {"lr": 0.1},
    {"lr": 0.01, "betas": (0.5, 0.9)},
    {"lr": 0.01, "eps": 0.1},
    {"lr": 0.01, "weight_decay": 0.1},
    {"lr": 0.01, "amsgrad": True},
    {"lr": 0.01, "maximize": True},
    {"lr": 0.01, "betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.1, "amsgrad": True, "maximize": True},
]


def main():
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(3)
    start = [draw(shape) for shape in SHAPES]
    dense = [[draw(shape) for shape in SHAPES] for _ in range(STEPS)]
    # the second parameter gets its first gradient in step 3, and misses step 6; the first misses step 4
    absent = {(0, 1), (1, 1), (3, 0), (5, 1)}
    sparse = [[None if (step, i) in absent else g for i, g in enumerate(grads)] for step, grads in enumerate(dense)]
    gradients = {"dense": dense, "withAbsent": sparse}
    runs = [("SGD", {"lr": 0.1} | options, "dense") for options in SGD]
    runs += [("Adam", options, "dense") for options in ADAM]
    runs += [("AdamW", options, "dense") for options in ADAM]
    runs += [("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}, "withAbsent")]
    runs += [("Adam", {"lr": 0.01, "amsgrad": True}, "withAbsent")]
    norms = [(max_norm, norm_type) for max_norm in [0.5, 100.0] for norm_type in [2.0, 1.0, float("inf")]]
    sections = {
        "parameters": start,
        "gradients": gradients,
        "optimizers": [optimizer_case(name, options, start, key, gradients[key]) for name, options, key in runs],
        "clipNorm": [clip_norm_case(dense[0], max_norm, norm_type) for max_norm, norm_type in norms],
        "clipValue": [clip_value_case(dense[0], limit) for limit in [0.5, 100.0]],
    }
    write_rows(__file__, "optim.json", sections, SIGNIFICANT_DIGITS)


def optimizer_case(name, options, start, gradients_key, gradients):
    parameters = [p.clone().requires_grad_() for p in start]
    optimizer = getattr(torch.optim, name)(parameters, **options)
    after = []
    for step in gradients:
        for parameter, gradient in zip(parameters, step):
            parameter.grad = None if gradient is None else gradient.clone()
        optimizer.step()
        after.append([p.detach().clone() for p in parameters])
    camel = {"weight_decay": "weightDecay"}
    return {
        "optimizer": name,
        "options": {camel.get(key, key): value for key, value in options.items()},
        "gradients": gradients_key,
        "after": after,
    }


def clip_norm_case(gradients, max_norm, norm_type):
    parameters = with_gradients(gradients)
    total = clip_grad_norm_(parameters, max_norm, norm_type)
    return {
        "maxNorm": max_norm,
        "normType": "inf" if norm_type == float("inf") else norm_type,
        "gradients": gradients,
        "totalNorm": total,
        "clipped": [p.grad for p in parameters],
    }


def clip_value_case(gradients, limit):
    parameters = with_gradients(gradients)
    clip_grad_value_(parameters, limit)
    return {"clipValue": limit, "gradients": gradients, "clipped": [p.grad for p in parameters]}


def with_gradients(gradients):
    parameters = [torch.zeros_like(g, requires_grad=True) for g in gradients]
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = gradient.clone()
    return parameters


def draw(shape):
    return torch.randn(shape).round(decimals=3)


main()
