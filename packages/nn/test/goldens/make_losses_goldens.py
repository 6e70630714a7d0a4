"""Writes losses2.json: the classification, likelihood and quantile losses of PyTorch, their values and gradients.

    pip install -r requirements.txt
    python make_losses_goldens.py

Numbers put in are decimals of at most three places, and PyTorch computes in float64. Tensors are nested arrays, scalars
plain numbers; class indices are integers. Gradients are those of sum(output * cotangent); a target of class indices has
none (null). PyTorch has no quantile loss: QuantileLoss is written out here. With e = target - input, quantile q costs
max(q*e, (q-1)*e); with a list of quantiles the input has one more last dimension than the target, an entry a quantile.
"""

import sys
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "scripts" / "goldens"))
from json_rows import write_rows  # noqa: E402

SIGNIFICANT_DIGITS = 12
REDUCTIONS = ["mean", "sum", "none"]


class QuantileLoss(nn.Module):
    def __init__(self, quantiles, reduction):
        super().__init__()
        self.quantiles, self.reduction = quantiles, reduction

    def forward(self, prediction, target):
        several = isinstance(self.quantiles, list)
        q = torch.tensor(self.quantiles)
        error = (target.unsqueeze(-1) if several else target) - prediction
        loss = torch.maximum(q * error, (q - 1) * error)
        return {"mean": loss.mean, "sum": loss.sum, "none": lambda: loss}[self.reduction]()


def main():
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(5)
    sections = {
        "bceWithLogits": list(bce_with_logits()),
        "crossEntropy": [*class_indices(), *class_probabilities()],
        "nll": list(nll()),
        "gaussianNll": list(gaussian_nll()),
        "quantile": list(quantile()),
    }
    write_rows(__file__, "losses2.json", sections, SIGNIFICANT_DIGITS)


def bce_with_logits():
    for reduction in REDUCTIONS:
        for shape in [[], [5], [3, 4], [2, 3, 2]]:
            yield case(nn.BCEWithLogitsLoss, {}, reduction, [draw(shape), probability(shape)])
        for options in [
            {"weight": positive([4])},
            {"weight": positive([3, 1])},
            {"pos_weight": positive([4])},
            {"weight": positive([3, 4]), "pos_weight": positive([4])},
        ]:
            yield case(nn.BCEWithLogitsLoss, options, reduction, [draw([3, 4]), probability([3, 4])])
    # logits that overflow a naive exp, and targets of exactly 0 and 1
    far = torch.tensor([-800.0, -40.0, 0.0, 40.0, 800.0, -800.0, 800.0])
    hard = torch.tensor([0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0])
    yield case(nn.BCEWithLogitsLoss, {}, "none", [far, hard])
    yield case(nn.BCEWithLogitsLoss, {"pos_weight": torch.tensor([3.0])}, "none", [far, hard])


def class_indices():
    # [C]; [N, C]; [N, C, d1]; [N, C, d1, d2]
    for shape in [[4], [5, 3], [2, 4, 3], [2, 3, 2, 2]]:
        classes = shape[0] if len(shape) == 1 else shape[1]
        for reduction in REDUCTIONS:
            for options in [
                {},
                {"label_smoothing": 0.1},
                {"weight": positive([classes])},
                {"weight": positive([classes]), "label_smoothing": 0.3},
            ]:
                yield case(nn.CrossEntropyLoss, options, reduction, [draw(shape), indices(shape)])
            for options in [
                {"ignore_index": 1},
                {"ignore_index": -100, "label_smoothing": 0.2, "weight": positive([classes])},
                {"ignore_index": 2, "label_smoothing": 0.1},
            ]:
                if len(shape) > 1:
                    target = with_ignored(indices(shape), options["ignore_index"])
                    yield case(nn.CrossEntropyLoss, options, reduction, [draw(shape), target])
    far = torch.tensor([[900.0, -900.0, 0.0], [-700.0, 0.0, 700.0]])
    yield case(nn.CrossEntropyLoss, {}, "none", [far, torch.tensor([0, 1])])
    yield case(nn.CrossEntropyLoss, {"weight": torch.tensor([1.0, 0.0, 2.0])}, "mean", [draw([4, 3]), torch.tensor([0, 1, 2, 1])])


def class_probabilities():
    for shape in [[4], [5, 3], [2, 4, 3], [2, 3, 2, 2]]:
        classes = shape[0] if len(shape) == 1 else shape[1]
        for reduction in REDUCTIONS:
            for options in [
                {},
                {"label_smoothing": 0.1},
                {"weight": positive([classes])},
                {"weight": positive([classes]), "label_smoothing": 0.3},
            ]:
                yield case(nn.CrossEntropyLoss, options, reduction, [draw(shape), probability(shape)])


def nll():
    for shape in [[4], [5, 3], [2, 4, 3]]:
        classes = shape[0] if len(shape) == 1 else shape[1]
        for reduction in REDUCTIONS:
            for options in [{}, {"weight": positive([classes])}]:
                yield case(nn.NLLLoss, options, reduction, [draw(shape), indices(shape)])
            for options in [{"ignore_index": 0}, {"ignore_index": -1, "weight": positive([classes])}]:
                if len(shape) > 1:
                    target = with_ignored(indices(shape), options["ignore_index"])
                    yield case(nn.NLLLoss, options, reduction, [draw(shape), target])


def gaussian_nll():
    # the variance may lack the last dimension, or have it as 1; where it is below eps it counts as eps
    shapes = [([5], [5]), ([3, 4], [3, 4]), ([3, 4], [3, 1]), ([3, 4], [3]), ([2, 3, 2], [2, 3, 2])]
    for reduction in REDUCTIONS:
        for options in [{}, {"full": True}, {"eps": 0.5}, {"full": True, "eps": 1e-3}]:
            for shape, var_shape in shapes:
                inputs = [draw(shape), draw(shape), positive(var_shape)]
                yield case(nn.GaussianNLLLoss, options, reduction, inputs, ["input", "target", "var"])
    inputs = [draw([4]), draw([4]), torch.tensor([0.0, 1e-9, 1e-3, 1.0])]
    yield case(nn.GaussianNLLLoss, {}, "none", inputs, ["input", "target", "var"])


def quantile():
    for reduction in REDUCTIONS:
        for shape in [[], [5], [3, 4]]:
            for q in [0.5, 0.1, 0.9]:
                yield case(QuantileLoss, {"quantiles": q}, reduction, [draw(shape), draw(shape)])
        for shape in [[4], [2, 3]]:
            yield case(QuantileLoss, {"quantiles": [0.1, 0.5, 0.95]}, reduction, [draw([*shape, 3]), draw(shape)])


def case(loss, options, reduction, inputs, names=("input", "target")):
    inputs = [x.clone().requires_grad_(x.is_floating_point()) for x in inputs]
    output = loss(reduction=reduction, **options)(*inputs)
    cotangent = draw(output.shape)
    output.backward(cotangent)
    return {
        "loss": loss.__name__,
        "options": {camel(key): value for key, value in options.items()} | {"reduction": reduction},
        **dict(zip(names, inputs)),
        "output": output,
        "cotangent": cotangent,
        "gradients": {name: x.grad for name, x in zip(names, inputs)},
    }


def camel(name):
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def draw(shape):
    return torch.randn(shape).round(decimals=3)


def probability(shape):
    return torch.rand(shape).round(decimals=3)


def positive(shape):
    return (torch.rand(shape) * 2 + 0.1).round(decimals=3)


def indices(shape):
    """Class indices for logits of this shape: [C], or [N, C, ...]."""
    classes, rest = (shape[0], []) if len(shape) == 1 else (shape[1], [shape[0], *shape[2:]])
    return torch.randint(classes, rest)


def with_ignored(target, index):
    """The target with its first element ignored, and at least one that is not."""
    flat = target.flatten()
    flat[0] = index
    flat[-1] = 0 if index != 0 else 1
    return flat.reshape(target.shape)


main()
