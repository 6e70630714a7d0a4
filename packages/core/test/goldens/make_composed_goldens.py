"""Writes composed.json: functions that core composes from primitives, as PyTorch computes them, with their gradients.

    pip install -r requirements.txt
    python make_composed_goldens.py

Numbers put in are decimals of at most three places, and PyTorch computes in float64, so that one file serves float32
tests (compare to 1e-5) and float64 tests (compare to 1e-8). Tensors are nested arrays, scalars plain numbers. Gradients
are those of sum(output * cotangent). `op` is a function's camelCase name, `args` its arguments besides the tensors.
"""

import sys
from pathlib import Path

import torch
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "scripts" / "goldens"))
from json_rows import write_rows  # noqa: E402

SIGNIFICANT_DIGITS = 12
SHAPES_AND_DIMS = [([5], 0), ([3, 4], 0), ([3, 4], -1), ([2, 3, 4], 1), ([2, 1, 3], 1), ([2, 3, 2], -3)]
REDUCTIONS = [
    ([5], None, False),
    ([3, 4], None, True),
    ([3, 4], 0, False),
    ([3, 4], -1, True),
    ([2, 3, 4], [0, 2], False),
    ([2, 3, 4], [-1, 1], True),
]


def main():
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(2)
    cases = [*softmaxes(), *activations(), *reductions(), *clamps(), *layer_norms()]
    write_rows(__file__, "composed.json", {"cases": cases}, SIGNIFICANT_DIGITS)


def softmaxes():
    for shape, dim in SHAPES_AND_DIMS:
        yield case("softmax", {"dim": dim}, [draw(shape)], lambda x: F.softmax(x, dim))
        yield case("logSoftmax", {"dim": dim}, [draw(shape)], lambda x: F.log_softmax(x, dim))
    # exp of the first row overflows float32, exp of the second vanishes
    far_apart = torch.tensor([[90.0, 89.0, -90.0], [-120.0, -121.0, -120.5]])
    yield case("softmax", {"dim": 1}, [far_apart], lambda x: F.softmax(x, 1))
    yield case("logSoftmax", {"dim": 1}, [far_apart], lambda x: F.log_softmax(x, 1))
    yield case("logsumexp", {"dim": 1, "keepDims": False}, [far_apart], lambda x: torch.logsumexp(x, 1))


def activations():
    wide = torch.tensor([-30.0, -8.0, -2.5, -0.75, -0.001, 0.001, 0.75, 2.5, 8.0, 30.0])
    for x in [wide, draw([3, 4]), draw([])]:
        for form in ["none", "tanh"]:
            yield case("gelu", {"approximate": form}, [x], lambda x: F.gelu(x, approximate=form))
        for beta, threshold in [(1.0, 20.0), (2.0, 5.0), (0.5, 1.0)]:
            args = {"beta": beta, "threshold": threshold}
            yield case("softplus", args, [x], lambda x: F.softplus(x, **args))
        for alpha in [1.0, 0.3]:
            yield case("elu", {"alpha": alpha}, [x], lambda x: F.elu(x, alpha))
        yield case("silu", {}, [x], F.silu)
        yield case("leakyRelu", {"negativeSlope": 0.1}, [x], lambda x: F.leaky_relu(x, 0.1))
    # at zero PyTorch's gradient of leaky_relu is the slope of the negative side
    yield case("leakyRelu", {"negativeSlope": 0.1}, [torch.tensor([-1.0, 0.0, 1.0])], lambda x: F.leaky_relu(x, 0.1))


def reductions():
    for shape, dim, keep in REDUCTIONS:
        common = {"dim": dim, "keepDims": keep}
        axes = list(range(len(shape))) if dim is None else dim
        yield case("mean", common, [draw(shape)], lambda x: torch.mean(x, axes, keepdim=keep))
        yield case("logsumexp", common, [draw(shape)], lambda x: torch.logsumexp(x, axes, keepdim=keep))
        for unbiased in [True, False]:
            args = common | {"unbiased": unbiased}
            yield case("variance", args, [draw(shape)], lambda x: torch.var(x, axes, unbiased=unbiased, keepdim=keep))
            yield case("std", args, [draw(shape)], lambda x: torch.std(x, axes, unbiased=unbiased, keepdim=keep))


def clamps():
    # two elements stand exactly at the bounds, where PyTorch's gradient is 0 since 2.15 (1 before)
    x = torch.tensor([[-2.0, -0.5, -0.25], [0.75, 1.0, 1.5]])
    for bounds in [{"min": -0.5, "max": 1.0}, {"min": -0.5}, {"max": 1.0}]:
        yield case("clamp", bounds, [x], lambda x: torch.clamp(x, **bounds))


def layer_norms():
    shapes = [([3, 5], [5], 1e-5), ([2, 3, 4], [4], 1e-3), ([2, 3, 4], [3, 4], 1e-5), ([7], [7], 1e-5)]
    for shape, normalized, eps in shapes:
        args = {"normalizedShape": normalized, "eps": eps}
        yield case("layerNorm", args, [draw(shape)], lambda x: F.layer_norm(x, normalized, eps=eps))
        inputs = [draw(shape), draw(normalized), draw(normalized)]
        yield case("layerNorm", args, inputs, lambda x, weight, bias: F.layer_norm(x, normalized, weight, bias, eps))


def case(op, args, inputs, function):
    inputs = [x.clone().requires_grad_() for x in inputs]
    output = function(*inputs)
    cotangent = draw(output.shape)
    output.backward(cotangent)
    return {
        "op": op,
        "args": args,
        "inputs": inputs,
        "output": output,
        "cotangent": cotangent,
        "gradients": [x.grad for x in inputs],
    }


def draw(shape):
    return torch.randn(shape).round(decimals=3)


main()
