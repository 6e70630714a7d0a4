"""Writes optim2.json: PyTorch's optimisers option by option, and Lion; twelve steps written out, and a thousand summed up.

    pip install -r requirements.txt
    python make_optimizer_goldens.py

Parameters and gradients put in are decimals of at most three places, and PyTorch computes in float64. Tensors are nested
arrays. `gradients` has twelve steps: each sets `.grad` and calls `step()`; null means that the parameter has none in that
step, and the optimiser leaves it, its moments and its own step count as they are. `groups` are parameter groups: `params`
are indices into `parameters`, the other fields override `options`; without `groups` all parameters are in one.

`after`: the parameters after each of the twelve steps. `long`: the parameters after steps 100 and 1000 of a run that
goes on: in step t (from 0) the gradient is gradients[t mod 12] + 0.25 * parameter, and null where that is null.

Lion is not in PyTorch; `lion` below follows algorithm 2 of Chen et al. 2023, arXiv:2302.06675.
"""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "scripts" / "goldens"))
from json_rows import write_rows  # noqa: E402

SIGNIFICANT_DIGITS = 14
SHAPES = [[2, 2], [3]]
STEPS = 12
LONG = [100, 1000]
PULL = 0.25
# the second parameter gets its first gradient in step 2 and misses steps 6 and 7; the first misses steps 4 and 11
ABSENT = {(0, 1), (1, 1), (6, 1), (7, 1), (4, 0), (11, 0)}

ADAM = [
    {},
    {"lr": 0.01, "amsgrad": True},
    {"lr": 0.02, "betas": (0.5, 0.6), "amsgrad": True, "weight_decay": 0.1},
    {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-2, "weight_decay": 0.05, "maximize": True, "amsgrad": True},
]
CASES = {
    "SGD": [{"lr": 0.01}, {"lr": 0.01, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}],
    "Adam": ADAM + [{"lr": 0.01, "weight_decay": 0.1, "decoupled_weight_decay": True}],
    "AdamW": ADAM,
    "RMSprop": [
        {},
        {"lr": 0.05, "alpha": 0.9},
        {"centered": True},
        {"momentum": 0.9},
        {"weight_decay": 0.1},
        {"lr": 0.02, "alpha": 0.8, "eps": 1e-3, "momentum": 0.5, "centered": True, "weight_decay": 0.05},
        {"lr": 0.02, "momentum": 0.7, "centered": True, "maximize": True},
    ],
    "Adagrad": [
        {},
        {"lr": 0.1, "lr_decay": 0.05},
        {"lr": 0.1, "initial_accumulator_value": 0.5},
        {"lr": 0.1, "weight_decay": 0.1, "eps": 1e-2},
        {"lr": 0.1, "lr_decay": 0.01, "initial_accumulator_value": 0.1, "weight_decay": 0.05, "maximize": True},
    ],
    "Adadelta": [
        {},
        {"lr": 0.5, "rho": 0.8},
        {"eps": 1e-3},
        {"weight_decay": 0.1},
        {"lr": 0.7, "rho": 0.95, "eps": 1e-4, "weight_decay": 0.05, "maximize": True},
    ],
    "Adamax": [
        {},
        {"lr": 0.02, "betas": (0.8, 0.9)},
        {"lr": 0.02, "eps": 1e-2},
        {"lr": 0.02, "weight_decay": 0.1},
        {"lr": 0.02, "betas": (0.7, 0.95), "weight_decay": 0.05, "maximize": True},
    ],
    "NAdam": [
        {},
        {"lr": 0.02, "betas": (0.8, 0.9)},
        {"lr": 0.02, "momentum_decay": 0.1},
        {"lr": 0.02, "weight_decay": 0.1},
        {"lr": 0.02, "weight_decay": 0.1, "decoupled_weight_decay": True},
        {"lr": 0.02, "momentum_decay": 0.02, "eps": 1e-3, "weight_decay": 0.05, "maximize": True},
    ],
    "RAdam": [
        {},
        {"lr": 0.02, "betas": (0.8, 0.9)},
        {"lr": 0.02, "betas": (0.9, 0.99), "eps": 1e-2},
        {"lr": 0.02, "weight_decay": 0.1},
        {"lr": 0.02, "weight_decay": 0.1, "decoupled_weight_decay": True},
        {"lr": 0.02, "betas": (0.7, 0.95), "weight_decay": 0.05, "maximize": True},
    ],
    "Lion": [{}, {"lr": 0.01}, {"lr": 0.01, "betas": (0.8, 0.95)}, {"lr": 0.01, "weight_decay": 0.1}],
}
# what the second group overrides; the first keeps the options
GROUPS = {
    "SGD": ({"lr": 0.1, "momentum": 0.5}, {"lr": 0.01, "momentum": 0.9}),
    "Adam": ({"lr": 0.01}, {"lr": 0.1, "betas": (0.5, 0.9), "amsgrad": True}),
    "AdamW": ({"lr": 0.01}, {"lr": 0.1, "weight_decay": 0.0}),
    "RMSprop": ({"lr": 0.01}, {"lr": 0.1, "centered": True, "momentum": 0.5}),
    "Adagrad": ({"lr": 0.01}, {"lr": 0.1, "lr_decay": 0.1}),
    "Adadelta": ({"lr": 1.0}, {"lr": 0.1, "rho": 0.5}),
    "Adamax": ({"lr": 0.01}, {"lr": 0.1, "weight_decay": 0.1}),
    "NAdam": ({"lr": 0.01}, {"lr": 0.1, "momentum_decay": 0.1}),
    "RAdam": ({"lr": 0.01}, {"lr": 0.1, "eps": 1e-3}),
    "Lion": ({"lr": 0.01}, {"lr": 0.1, "weight_decay": 0.05}),
}


class Lion(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in (p for p in group["params"] if p.grad is not None):
                state = self.state[p]
                m = state.get("momentum", torch.zeros_like(p))
                (beta1, beta2), rate, decay = group["betas"], group["lr"], group["weight_decay"]
                update = (beta1 * m + (1 - beta1) * p.grad).sign()
                p -= rate * (update + decay * p)
                state["momentum"] = beta2 * m + (1 - beta2) * p.grad


def main():
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(7)
    start = [draw(shape) for shape in SHAPES]
    dense = [[draw(shape) for shape in SHAPES] for _ in range(STEPS)]
    gradients = [[None if (step, i) in ABSENT else g for i, g in enumerate(row)] for step, row in enumerate(dense)]
    cases = [case(name, options, None, start, gradients) for name, list_ in CASES.items() for options in list_]
    cases += [case(name, first, grouped(second), start, gradients) for name, (first, second) in GROUPS.items()]
    sections = {"parameters": start, "gradients": gradients, "optimizers": cases}
    write_rows(__file__, "optim2.json", sections, SIGNIFICANT_DIGITS, pull=PULL, long=LONG)


def grouped(second):
    return [{"params": [0]}, {"params": [1]} | second]


def case(name, options, groups, start, gradients):
    def run(steps, pull, at):
        return states(name, options, groups, start, gradients, steps, pull, at)

    return {
        "optimizer": name,
        "options": named(options),
        **({} if groups is None else {"groups": [named(group) for group in groups]}),
        "after": run(STEPS, 0.0, range(1, STEPS + 1)),
        "long": run(max(LONG), PULL, LONG),
    }


def states(name, options, groups, start, gradients, steps, pull, at):
    parameters = [p.clone().requires_grad_() for p in start]
    own = parameters if groups is None else [g | {"params": [parameters[i] for i in g["params"]]} for g in groups]
    optimizer = (Lion if name == "Lion" else getattr(torch.optim, name))(own, **options)
    after = []
    for step in range(steps):
        for parameter, gradient in zip(parameters, gradients[step % STEPS]):
            parameter.grad = None if gradient is None else gradient + pull * parameter.detach()
        optimizer.step()
        if step + 1 in at:
            after.append([p.detach().clone() for p in parameters])
    return after


def named(options):
    return {camel(key): value for key, value in options.items()}


def camel(name):
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def draw(shape):
    return torch.randn(shape).round(decimals=3)


main()
