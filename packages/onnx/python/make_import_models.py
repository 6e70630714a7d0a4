"""Writes the ONNX files in ../test/import/models: small PyTorch modules exported by torch.onnx (dynamo=False, opset 17).

Made with Python 3.11, torch 2.15.0, onnx 1.23.2. Usage: python make_import_models.py
"""

from pathlib import Path

import torch
from torch import nn

folder = Path(__file__).parent.parent / "test" / "import" / "models"


class Recurrent(nn.Module):
    """A recurrent stack, LayerNorm, and a linear head on every step."""

    def __init__(self, kind, **options):
        super().__init__()
        self.net = getattr(nn, kind)(3, 5, **options)
        width = 10 if options.get("bidirectional") else 5
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 2)

    def forward(self, x):
        y, state = self.net(x)
        last = state[0] if isinstance(state, tuple) else state
        return self.head(self.norm(y)), last


class Last(nn.Module):
    """The last step only, through Linear layers and a dropout; the sizes come from the input."""

    def __init__(self):
        super().__init__()
        self.net = nn.GRU(3, 4, batch_first=True)
        self.layers = nn.Sequential(nn.Linear(4, 6), nn.GELU(), nn.Dropout(0.5), nn.Linear(6, 3), nn.LogSoftmax(-1))

    def forward(self, x):
        y, _ = self.net(x)
        return self.layers(y[:, -1]), y.reshape(x.size(0), -1)


class Words(nn.Module):
    """int64 words to the most likely class."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(7, 3)
        self.net = nn.RNN(3, 4, nonlinearity="relu", batch_first=True)
        self.head = nn.Linear(4, 5)

    def forward(self, x):
        y, _ = self.net(self.table(x))
        logits = self.head(y.mean(1))
        return logits, logits.argmax(-1)


def write(name, module, x, outputs, batch_axis):
    torch.manual_seed(1)
    for parameter in module.parameters():
        nn.init.uniform_(parameter, -0.6, 0.6)
    axes = {"x": {batch_axis: "batch", 1 - batch_axis: "time"}}
    torch.onnx.export(module.eval(), (x,), str(folder / f"{name}.onnx"), dynamo=False, opset_version=17,
                      input_names=["x"], output_names=outputs, dynamic_axes=axes)


folder.mkdir(parents=True, exist_ok=True)
series = torch.zeros(6, 2, 3)
for kind in ["LSTM", "GRU", "RNN"]:
    write(kind.lower(), Recurrent(kind), series, ["y", "h"], 1)
    write(f"{kind.lower()}-two-ways", Recurrent(kind, bidirectional=True, num_layers=2), series, ["y", "h"], 1)
write("last", Last(), series.transpose(0, 1), ["y", "flat"], 0)
write("words", Words(), torch.zeros(2, 6, dtype=torch.int64), ["y", "choice"], 0)
