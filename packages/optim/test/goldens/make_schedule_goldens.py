"""Writes schedules.json: learning rates (and momenta) by PyTorch's schedulers before the first and after each of 40 steps.

    pip install -r requirements.txt
    python make_schedule_goldens.py

Each case has an optimiser with two parameter groups of different rates: `optimizer`, its `options`, and `lrs`, the rate
of each group. `schedule` is {"scheduler", "options"}; where an option is itself a schedule, or a list of schedules, it has the
same form, all on the one optimiser. Functions are given as text that is both Python and JavaScript, of `epoch`.

`lr`: 41 rows [group 0, group 1]: row 0 as the scheduler's constructor leaves the rates, row k after step k of the
scheduler. A cycled momentum has the same rows in `momentum` (SGD's), or in `beta1` (Adam's).
ReduceLROnPlateau gets metrics[k-1] in step k. The schedulers that can be written in closed form are not: PyTorch's own
recurrences are followed, which matters in compositions (ChainedScheduler, SequentialLR) and past a schedule's end.
OneCycleLR with epochs 8 and stepsPerEpoch 5 has one step more than its curve: PyTorch runs past the end in row 40 and
refuses step 41. PyTorch's SequentialLR cannot hold a ChainedScheduler (it raises at the milestone), so no case does.
"""

import math
import sys
import warnings
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "scripts" / "goldens"))
from json_rows import write_rows  # noqa: E402

SIGNIFICANT_DIGITS = 15
STEPS = 40
SGD = ("SGD", {})
MOMENTUM = ("SGD", {"momentum": 0.9})
ADAM = ("Adam", {"betas": (0.9, 0.99)})
LRS = [0.1, 0.025]
# falls, stalls within the thresholds, rises, falls below the best by a little, and stalls again
METRICS = [
    1.0, 0.9, 0.8, 0.7999, 0.7995, 0.8, 0.85, 0.79, 0.79, 0.79, 0.79, 0.79, 0.78, 0.775, 0.7745, 0.9, 1.1, 1.2, 1.3, 1.0,
    0.6, 0.5995, 0.61, 0.6, 0.6, 0.6, 0.6, 0.599, 0.6, 0.6, 0.3, 0.35, 0.35, 0.35, 0.35, 0.35, 0.35, 0.35, 0.2999, 0.35,
]  # fmt: skip


def schedule(scheduler, **options):
    return {"scheduler": scheduler, "options": options}


PLAIN = [
    schedule("StepLR", step_size=7),
    schedule("StepLR", step_size=10, gamma=0.5),
    schedule("StepLR", step_size=1, gamma=0.9),
    schedule("MultiStepLR", milestones=[5, 12, 30]),
    schedule("MultiStepLR", milestones=[25, 10, 10, 5], gamma=0.7),
    schedule("ConstantLR"),
    schedule("ConstantLR", factor=0.5, total_iters=10),
    schedule("ConstantLR", factor=0.25, total_iters=0),
    schedule("LinearLR"),
    schedule("LinearLR", start_factor=0.1, total_iters=20),
    schedule("LinearLR", start_factor=1.0, end_factor=0.2, total_iters=33),
    schedule("ExponentialLR", gamma=0.9),
    schedule("ExponentialLR", gamma=1.02),
    schedule("PolynomialLR"),
    schedule("PolynomialLR", total_iters=25, power=2.0),
    schedule("PolynomialLR", total_iters=60, power=0.5),
    schedule("CosineAnnealingLR", T_max=40),
    schedule("CosineAnnealingLR", T_max=10, eta_min=0.01),
    schedule("CosineAnnealingLR", T_max=7, eta_min=0.03),
    schedule("CosineAnnealingLR", T_max=1),
    schedule("CosineAnnealingWarmRestarts", T_0=10),
    schedule("CosineAnnealingWarmRestarts", T_0=5, T_mult=2),
    schedule("CosineAnnealingWarmRestarts", T_0=3, T_mult=3, eta_min=0.005),
    schedule("CosineAnnealingWarmRestarts", T_0=1, T_mult=2, eta_min=0.005),
    schedule("LambdaLR", lr_lambda="0.95 ** epoch"),
    schedule("LambdaLR", lr_lambda=["1 / (1 + epoch)", "epoch / 10"]),
    schedule("MultiplicativeLR", lr_lambda="0.95"),
    schedule("MultiplicativeLR", lr_lambda=["1 - 1 / (epoch + 2)", "1 + 1 / (epoch + 2)"]),
]
ONE_CYCLE = [
    dict(max_lr=0.5, total_steps=41),
    dict(max_lr=[0.5, 0.2], total_steps=41, anneal_strategy="linear"),
    dict(max_lr=0.5, total_steps=41, three_phase=True),
    dict(max_lr=[0.5, 0.2], total_steps=50, three_phase=True, anneal_strategy="linear", pct_start=0.4),
    dict(max_lr=0.5, epochs=8, steps_per_epoch=5, pct_start=0.25, div_factor=10.0, final_div_factor=100.0),
    dict(max_lr=0.5, epochs=8, steps_per_epoch=5, anneal_strategy="linear"),
    dict(max_lr=0.5, total_steps=41, base_momentum=0.7, max_momentum=[0.9, 0.99]),
    dict(max_lr=0.5, total_steps=41, cycle_momentum=False),
]
CYCLIC = [
    dict(base_lr=0.01, max_lr=0.1, step_size_up=5),
    dict(base_lr=[0.01, 0.02], max_lr=[0.1, 0.3], step_size_up=4, step_size_down=7),
    dict(base_lr=0.01, max_lr=0.1, step_size_up=5, mode="triangular2"),
    dict(base_lr=0.01, max_lr=0.1, step_size_up=6, step_size_down=3, mode="triangular2", base_momentum=0.5),
    dict(base_lr=0.01, max_lr=0.1, step_size_up=5, mode="exp_range", gamma=0.97),
    dict(base_lr=0.01, max_lr=0.1, step_size_up=3, step_size_down=6, mode="exp_range", gamma=0.95, max_momentum=0.99),
    dict(base_lr=0.01, max_lr=0.1, step_size_up=5, cycle_momentum=False),
]
PLATEAU = [
    {},
    {"patience": 2},
    {"patience": 2, "factor": 0.5, "threshold": 0.01},
    {"patience": 2, "factor": 0.5, "threshold": 0.01, "threshold_mode": "abs"},
    {"patience": 1, "factor": 0.5, "cooldown": 3},
    {"patience": 0, "factor": 0.5, "min_lr": 0.001},
    {"patience": 0, "factor": 0.3, "min_lr": [0.01, 0.0005], "cooldown": 1},
    {"patience": 0, "factor": 0.5, "eps": 0.001},
    {"mode": "max", "patience": 3, "factor": 0.5},
    {"mode": "max", "patience": 2, "factor": 0.7, "threshold": 0.2, "threshold_mode": "rel"},
    {"mode": "max", "patience": 2, "factor": 0.7, "threshold": 0.15, "threshold_mode": "abs", "cooldown": 2},
]
WARM_UP = schedule("LinearLR", start_factor=0.1, total_iters=5)
COMPOSED = [
    schedule("SequentialLR", schedulers=[WARM_UP, schedule("CosineAnnealingLR", T_max=35)], milestones=[5]),
    schedule("SequentialLR", schedulers=[schedule("ConstantLR", factor=0.1, total_iters=20),
                                         schedule("ExponentialLR", gamma=0.9)], milestones=[20]),
    schedule("SequentialLR", schedulers=[schedule("ExponentialLR", gamma=0.9), schedule("StepLR", step_size=3),
                                         schedule("PolynomialLR", total_iters=10)], milestones=[8, 21]),
    schedule("SequentialLR", schedulers=[WARM_UP, schedule("LambdaLR", lr_lambda="0.9 ** epoch")], milestones=[3]),
    schedule("SequentialLR", schedulers=[schedule("LinearLR"), schedule("CosineAnnealingWarmRestarts", T_0=4, T_mult=2)],
             milestones=[5]),
    schedule("ChainedScheduler", schedulers=[schedule("ConstantLR", factor=0.1, total_iters=4),
                                             schedule("ExponentialLR", gamma=0.9)]),
    schedule("ChainedScheduler", schedulers=[schedule("LinearLR"), schedule("MultiStepLR", milestones=[10, 20], gamma=0.5),
                                             schedule("MultiplicativeLR", lr_lambda="0.98")]),
    schedule("ChainedScheduler", schedulers=[schedule("CosineAnnealingLR", T_max=12), schedule("StepLR", step_size=9)]),
    schedule("ChainedScheduler", schedulers=[schedule("PolynomialLR", total_iters=30), schedule("ExponentialLR", gamma=0.97)]),
    schedule("ChainedScheduler", schedulers=[schedule("ExponentialLR", gamma=0.95), schedule(
        "SequentialLR", schedulers=[WARM_UP, schedule("StepLR", step_size=5)], milestones=[10])]),
]  # fmt: skip


def main():
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    warnings.simplefilter("error")
    cycling = [schedule("OneCycleLR", **options) for options in ONE_CYCLE]
    cycling += [schedule("CyclicLR", **options) for options in CYCLIC]
    optimizers = {True: [MOMENTUM, ADAM], False: [SGD]}
    sections = {
        "metrics": METRICS,
        "plain": [case(spec, SGD) for spec in PLAIN],
        "cycling": [case(spec, way) for spec in cycling for way in optimizers[spec["options"].get("cycle_momentum", True)]],
        "plateau": [case(schedule("ReduceLROnPlateau", **options), SGD, METRICS) for options in PLATEAU],
        "composed": [case(spec, SGD) for spec in COMPOSED],
    }
    write_rows(__file__, "schedules.json", sections, SIGNIFICANT_DIGITS)


def case(spec, optimizer_spec, metrics=None):
    name, options = optimizer_spec
    parameters = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in LRS]
    optimizer = getattr(torch.optim, name)(parameters, **options)
    scheduler = make(spec, optimizer)
    groups = optimizer.param_groups
    rows = {"lr": [[group["lr"] for group in groups]], "momentum": [momenta(groups)]}
    for step in range(STEPS):
        optimizer.step()
        scheduler.step(*([] if metrics is None else [metrics[step]]))
        rows["lr"].append([group["lr"] for group in groups])
        rows["momentum"].append(momenta(groups))
    momentum = rows.pop("momentum")
    if spec["scheduler"] in ("OneCycleLR", "CyclicLR") and spec["options"].get("cycle_momentum", True):
        rows["beta1" if name == "Adam" else "momentum"] = momentum
    return {"optimizer": name, "options": named(options), "lrs": LRS, "schedule": written(spec), **rows}


def momenta(groups):
    return [group["betas"][0] if "betas" in group else group["momentum"] for group in groups]


def make(spec, optimizer):
    options = dict(spec["options"])
    if "lr_lambda" in options:
        text = options["lr_lambda"]
        options["lr_lambda"] = [function(t) for t in text] if isinstance(text, list) else function(text)
    if "schedulers" in options:
        options["schedulers"] = [make(inner, optimizer) for inner in options["schedulers"]]
    return getattr(torch.optim.lr_scheduler, spec["scheduler"])(optimizer=optimizer, **options)


def function(text):
    return lambda epoch: eval(text, {"math": math}, {"epoch": epoch})


def written(spec):
    return {
        "scheduler": spec["scheduler"],
        "options": {
            camel(key): [written(inner) for inner in value] if key == "schedulers" else value
            for key, value in spec["options"].items()
        },
    }


def named(options):
    return {camel(key): value for key, value in options.items()}


def camel(name):
    """snake_case as camelCase; PyTorch's T_max, T_0 and T_mult are tMax, t0 and tMult."""
    first, *others = name.split("_")
    return first.lower() + "".join(word.capitalize() for word in others)


main()
