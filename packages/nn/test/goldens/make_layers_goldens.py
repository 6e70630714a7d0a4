"""Writes layers.json: Embedding and LayerNorm of PyTorch, their outputs and gradients.

    pip install -r requirements.txt
    python make_layers_goldens.py

Numbers put in are decimals of at most three places, and PyTorch computes in float64. Tensors are nested arrays, scalars
plain numbers. Gradients are those of sum(output * cotangent). The row of paddingIdx is not zero here, as after loading
weights: PyTorch looks it up like any other, and gives it no gradient.
"""

import sys
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "scripts" / "goldens"))
from json_rows import write_rows  # noqa: E402

SIGNIFICANT_DIGITS = 12
# rows, row size, indices, padding_idx
EMBEDDING = [
    (4, 3, 2, None),
    (4, 3, [1, 0, 1, 3, 1], None),
    (4, 3, [1, 0, 1, 3, 1], 1),
    (4, 3, [[0, 3, 3], [2, 3, 0]], 0),
    (4, 3, [[0, 3, 3], [2, 3, 0]], -1),
    (5, 1, [[[4], [0]], [[2], [4]]], 4),
    (3, 2, [0, 0], 0),
    (1, 4, [[0, 0]], None),
]
# shape, normalized_shape, options
LAYER_NORM = [
    ([5], 5, {}),
    ([3, 4], [4], {}),
    ([3, 4], [4], {"bias": False}),
    ([3, 4], [4], {"elementwise_affine": False}),
    ([3, 4], [4], {"elementwise_affine": False, "bias": False}),
    ([3, 4], [4], {"eps": 0.1}),
    ([3, 4], [3, 4], {}),
    ([2, 3, 4], [4], {"eps": 1e-3}),
    ([2, 3, 4], [3, 4], {}),
    ([2, 3, 4], [3, 4], {"bias": False}),
    ([2, 3, 4], [2, 3, 4], {"elementwise_affine": False}),
    ([2, 1, 3, 2], [3, 2], {}),
    ([4, 1], [1], {}),
    ([17, 7], [7], {}),
]


def main():
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(6)
    sections = {
        "embedding": [embedding_case(*spec) for spec in EMBEDDING],
        "layerNorm": [layer_norm_case(*spec) for spec in LAYER_NORM],
        "layerNormFar": [layer_norm_far()],
    }
    write_rows(__file__, "layers.json", sections, SIGNIFICANT_DIGITS)


def embedding_case(rows, size, indices, padding_idx):
    layer = nn.Embedding(rows, size, padding_idx=padding_idx)
    options = {"numEmbeddings": rows, "embeddingDim": size}
    options |= {} if padding_idx is None else {"paddingIdx": padding_idx}
    return case(layer, options, torch.tensor(indices))


def layer_norm_case(shape, normalized_shape, options):
    layer = nn.LayerNorm(normalized_shape, **options)
    names = {"elementwise_affine": "elementwiseAffine"}
    named = {names.get(key, key): value for key, value in options.items()}
    return case(layer, {"normalizedShape": normalized_shape} | named, draw(shape))


def layer_norm_far():
    """Means far from zero, where the mean of squares less the square of the mean loses all digits in float32."""
    x = torch.tensor([[4096.0, 4097.0, 4098.5, 4095.25], [-2048.0, -2048.0, -2047.0, -2049.0]])
    return case(nn.LayerNorm(4), {"normalizedShape": 4}, x)


def case(layer, options, x):
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(draw(parameter.shape))
    x = x.clone().requires_grad_(x.is_floating_point())
    output = layer(x)
    cotangent = draw(output.shape)
    if output.requires_grad:
        output.backward(cotangent)
    return {
        "options": options,
        "stateDict": layer.state_dict(),
        "input": x,
        "output": output,
        "cotangent": cotangent,
        "gradients": {"parameters": {key: p.grad for key, p in layer.named_parameters()}, "input": x.grad},
    }


def draw(shape):
    return torch.randn(shape).round(decimals=3)


main()
