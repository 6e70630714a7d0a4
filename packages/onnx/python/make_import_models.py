"""Writes the ONNX files in ../test/import/models that PyTorch's exporters make: small modules exported by torch.onnx, by the
TorchScript exporter (dynamo=False, opset 17) and, where the name starts with new-, by the newer one (dynamo=True, opset 18).

Made with Python 3.11 and requirements.txt. Usage: python make_import_models.py [name ...]
"""

import sys
from pathlib import Path

import onnx
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


class States(nn.Module):
    """Stateful: takes the state and gives it back."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4)
        self.fc = nn.Linear(4, 2)

    def forward(self, x, h, c):
        y, (h, c) = self.lstm(x, (h, c))
        return self.fc(y), h, c


class Ragged(nn.Module):
    """Padded sequences with their lengths."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(3, 4, bidirectional=True)

    def forward(self, x, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths)
        y, h = self.gru(packed)
        return nn.utils.rnn.pad_packed_sequence(y, total_length=x.size(0))[0], h


class Twins(nn.Module):
    """One recurrent layer used twice, two beside each other, and an embedding tied to the head."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(6, 3)
        self.shared = nn.RNN(3, 3, bias=False)
        self.left = nn.GRU(3, 3)
        self.right = nn.GRU(3, 3)

    def forward(self, ids):
        x = self.table(ids)
        twice = self.shared(self.shared(x)[0])[0]
        return (self.left(twice)[0] + self.right(twice)[0]) @ self.table.weight.T


wanted = sys.argv[1:]


def prepared(module):
    torch.manual_seed(1)
    for parameter in module.parameters():
        nn.init.uniform_(parameter, -0.6, 0.6)
    return module.eval()


def write_with(name, module, args, inputs, outputs, axes, **options):
    if wanted and name not in wanted:
        return
    torch.onnx.export(prepared(module), args, str(folder / f"{name}.onnx"), dynamo=False, opset_version=17,
                      input_names=inputs, output_names=outputs, dynamic_axes=axes, **options)


def write_new(name, module, x, outputs, shapes):
    """The newer exporter; what it notes about the Python code is taken out, but for the paths of modules."""
    if wanted and name not in wanted:
        return
    path = folder / f"{name}.onnx"
    torch.onnx.export(prepared(module), (x,), str(path), dynamo=True, external_data=False, opset_version=18,
                      input_names=["x"], output_names=outputs, dynamic_shapes=({axis: torch.export.Dim(size) for axis, size in shapes.items()},))
    model = onnx.load(path)
    for node in model.graph.node:
        kept = [entry for entry in node.metadata_props if entry.key == "pkg.torch.onnx.name_scopes"]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
        node.doc_string = ""
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output]:
        del value.metadata_props[:]
    onnx.save(model, path)


def write(name, module, x, outputs, batch_axis):
    if wanted and name not in wanted:
        return
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
state = torch.zeros(1, 2, 4)
write_with("states", States(), (series, state, state), ["x", "h0", "c0"], ["y", "h", "c"],
           {"x": {0: "time", 1: "batch"}, "h0": {1: "batch"}, "c0": {1: "batch"}})
write_with("ragged", Ragged(), (series, torch.tensor([6, 4])), ["x", "lengths"], ["y", "h"],
           {"x": {0: "time", 1: "batch"}, "lengths": {0: "batch"}})
# Without folding the exporter leaves PyTorch's own weights, and puts them together by nodes.
write_with("unfolded", Recurrent("LSTM", bidirectional=True), (series,), ["x"], ["y", "h"],
           {"x": {0: "time", 1: "batch"}}, do_constant_folding=False)
write_with("twins", Twins(), (torch.zeros(6, 2, dtype=torch.int64),), ["x"], ["y"], {"x": {0: "time", 1: "batch"}})
for kind in ["LSTM", "GRU"]:
    write_new(f"new-{kind.lower()}", Recurrent(kind, num_layers=2), series, ["y", "h"], {0: "time", 1: "batch"})
