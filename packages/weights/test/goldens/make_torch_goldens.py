"""Writes torch.json, dtypes.json and torch/*: state dicts of small PyTorch models as safetensors, with what the models compute.

    pip install -r requirements.txt
    python make_torch_goldens.py

A model's `input` and `output` belong to the numbers in the file, widened to float64, in which PyTorch computes. Models:
  tagger: indices -> `embedding` -> `rnn` (LSTM, batch_first) -> `norm` (LayerNorm) -> `head` (Linear), logits at every step
  forecaster: series -> `rnn` (GRU, batch_first) -> `head` (Linear) on the last step's output
`options` are those of the layers, by their names. `storedAs` is the dtype of all tensors in the file.
dtypes.json says what is in torch/dtypes.safetensors, the rarer types: shape and numbers (NaN and infinities are strings,
integers beyond 2^53 strings of their digits), null for complex numbers. Each file has one key of metadata, since
safetensors writes several in an order that changes from run to run.
"""

import math
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "scripts" / "goldens"))
from json_rows import write_rows  # noqa: E402

SIGNIFICANT_DIGITS = 12
ALL_DIGITS = 17
NOTE = {"note": "größe 重み"}
HERE = Path(__file__).resolve().parent / "torch"
STORED = {"float64": torch.float64, "float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


class Tagger(nn.Module):
    options = {
        "embedding": {"numEmbeddings": 6, "embeddingDim": 3, "paddingIdx": 0},
        "rnn": {"inputSize": 3, "hiddenSize": 4, "numLayers": 2, "batchFirst": True, "bidirectional": True, "projSize": 2},
        "norm": {"normalizedShape": 4},
        "head": {"inFeatures": 4, "outFeatures": 3},
    }

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(6, 3, padding_idx=0)
        self.rnn = nn.LSTM(3, 4, num_layers=2, batch_first=True, bidirectional=True, proj_size=2)
        self.norm = nn.LayerNorm(4)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        return self.head(self.norm(self.rnn(self.embedding(x))[0]))


class Forecaster(nn.Module):
    options = {
        "rnn": {"inputSize": 2, "hiddenSize": 3, "numLayers": 2, "batchFirst": True},
        "head": {"inFeatures": 3, "outFeatures": 1},
    }

    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(2, 3, num_layers=2, batch_first=True)
        self.head = nn.Linear(3, 1)

    def forward(self, x):
        return self.head(self.rnn(x)[0][:, -1])


def main():
    torch.set_num_threads(1)
    torch.manual_seed(9)
    HERE.mkdir(exist_ok=True)
    indices = torch.tensor([[1, 5, 2, 0], [3, 3, 4, 1]])
    series = torch.randn(2, 5, 2).double().round(decimals=3)
    cases = [model_case("tagger", Tagger(), indices, stored) for stored in STORED]
    cases += [model_case("forecaster", Forecaster(), series, stored) for stored in STORED]
    write_rows(__file__, "torch.json", {"models": cases}, SIGNIFICANT_DIGITS)
    header = {"computed_in": "nothing computed", "metadata": NOTE}
    write_rows(__file__, "dtypes.json", {"tensors": rare_dtypes()}, ALL_DIGITS, **header)


def model_case(name, model, x, stored):
    file = f"{name}-{stored}.safetensors"
    kept = {key: value.to(STORED[stored]) for key, value in model.state_dict().items()}
    write(file, kept, {"format": "pt"})
    model.double().load_state_dict(kept)
    with torch.no_grad():
        output = model(x)
    return {
        "name": name,
        "file": f"torch/{file}",
        "storedAs": stored,
        "options": model.options,
        "keys": {key: list(value.shape) for key, value in kept.items()},
        "input": x,
        "output": output,
    }


def rare_dtypes():
    tensors = {
        "uint16": torch.tensor([0, 65535], dtype=torch.uint16),
        "uint32": torch.tensor([0, 2**32 - 1], dtype=torch.uint32),
        "uint64.safe": torch.tensor([0, 2**53 - 1], dtype=torch.uint64),
        "uint64.unsafe": torch.tensor([2**64 - 1], dtype=torch.uint64),
        "int64.unsafe": torch.tensor([2**62, -(2**62)]),
        "float16.special": torch.tensor([math.nan, math.inf, -math.inf, -0.0, 65504.0, 6e-8], dtype=torch.float16),
        "bfloat16.special": torch.tensor([math.nan, math.inf, -math.inf, -0.0, 3e38, 1e-40], dtype=torch.bfloat16),
        "float8_e4m3": torch.tensor([0.0, -0.0, 1.125, -448.0, 2**-9, math.nan]).to(torch.float8_e4m3fn),
        "float8_e5m2": torch.tensor([0.0, 1.25, -57344.0, 2**-16, math.inf, math.nan]).to(torch.float8_e5m2),
        "float16.empty": torch.zeros(2, 0, 3, dtype=torch.float16),
        "bfloat16.scalar": torch.tensor(-1.5, dtype=torch.bfloat16),
        "bool.matrix": torch.tensor([[True, False], [False, True]]),
        "complex64": torch.tensor([1 + 2j]),
    }
    write("dtypes.safetensors", tensors, NOTE)
    return [{"key": key, "shape": list(value.shape), "data": numbers(value)} for key, value in tensors.items()]


def numbers(tensor):
    if tensor.is_complex():
        return None
    wide = tensor.double() if tensor.is_floating_point() else tensor
    return [readable(x) for x in wide.flatten().tolist()]


def readable(x):
    if isinstance(x, float):
        return x if math.isfinite(x) else str(x)
    return str(x) if isinstance(x, int) and abs(x) >= 2**53 else x


def write(file, tensors, metadata):
    save_file({key: value.contiguous() for key, value in tensors.items()}, HERE / file, metadata=metadata)
    (HERE / file).chmod(0o644)


main()
