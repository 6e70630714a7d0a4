"""Writes ../test/graph-module/goldens/fine-tune.json and the ONNX files beside it: PyTorch models, exported by torch.onnx
(dynamo=False, opset 17; those that begin with new- by dynamo=True, opset 18) before training, then trained ten steps by SGD with
momentum and by Adam on the mean squared error.

Made with Python 3.11 and requirements.txt. Usage: python make_fine_tune.py
"""

import copy
import json
from pathlib import Path

import onnx
import torch
from torch import nn

folder = Path(__file__).parent.parent / "test" / "graph-module" / "goldens"
torch.set_num_threads(1)


class Net(nn.Module):
    """A recurrent stack and a linear head on its last step."""

    def __init__(self, kind):
        super().__init__()
        self.rnn = getattr(nn, kind)(2, 4, num_layers=2, bidirectional=kind == "LSTM")
        self.fc = nn.Linear(8 if kind == "LSTM" else 4, 1)

    def forward(self, x):
        return self.fc(self.rnn(x)[0][-1])


optimizers = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p, lr=0.02),
}


def rounded(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]


def export(net, x, path, **options):
    torch.onnx.export(net.eval(), (x,), str(path), input_names=["x"], output_names=["y"], **options)


def without_notes(path):
    """Takes out what the newer exporter notes about the Python code, but for paths and classes of modules."""
    model = onnx.load(path)
    for node in model.graph.node:
        kept = [entry for entry in node.metadata_props if entry.key in ("pkg.torch.onnx.name_scopes", "pkg.torch.onnx.class_hierarchy")]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
        node.doc_string = ""
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer]:
        del value.metadata_props[:]
    onnx.save(model, path)


def series(*shape):
    return (torch.rand(*shape) * 2 - 1).mul(1000).round().div(1000)


def trained(net, x, y):
    runs = {}
    for name, make in optimizers.items():
        model = copy.deepcopy(net).train()
        optimizer = make(model.parameters())
        losses = []
        for _ in range(10):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            losses.append(float(f"{loss.item():.9g}"))
        runs[name] = {"losses": losses, "weights": {key: rounded(w) for key, w in model.state_dict().items()}}
    return {"shape": list(x.shape), "x": rounded(x), "y": rounded(y), "runs": runs}


def file_of(name):
    return folder / f"fine-tune-{name}.onnx"


golden = {}
folder.mkdir(parents=True, exist_ok=True)
for kind in ["LSTM", "GRU", "RNN"]:
    torch.manual_seed(3)
    net = Net(kind)
    x, y = series(6, 3, 2), series(3, 1)
    export(net, x, file_of(kind.lower()), dynamo=False, opset_version=17, dynamic_axes={"x": {0: "time", 1: "batch"}})
    golden[kind.lower()] = trained(net, x, y)

# Fixed sizes: the states of zeros stand in the file.
for kind in ["LSTM", "GRU", "RNN"]:
    torch.manual_seed(4)
    net = Net(kind)
    x, y = series(6, 3, 2), series(3, 1)
    export(net, x, file_of(f"static-{kind.lower()}"), dynamo=False, opset_version=17)
    golden[f"static-{kind.lower()}"] = trained(net, x, y)


class Steps(nn.Module):
    """A cell over the steps, from zeros."""

    def __init__(self, kind):
        super().__init__()
        self.cell = getattr(nn, f"{kind}Cell")(2, 4)
        self.fc = nn.Linear(4, 1)

    def forward(self, x):
        h = torch.zeros(x.shape[1], 4)
        state = (h, torch.zeros(x.shape[1], 4)) if isinstance(self.cell, nn.LSTMCell) else h
        for step in x:
            state = self.cell(step, state)
        return self.fc(state[0] if isinstance(state, tuple) else state)


class TwoWays(nn.Module):
    """The newer exporter writes an RNN step by step, and computes the first product of its states ahead."""

    def __init__(self, **options):
        super().__init__()
        self.rnn = nn.RNN(2, 3, bidirectional=True, **options)
        self.fc = nn.Linear(6, 1)

    def forward(self, x):
        return self.fc(self.rnn(x)[0][-1])


def zero_bias(net):
    """One of them only: the exporter writes tensors of equal numbers once."""
    nn.init.zeros_(net.rnn.bias_hh_l0)
    return net


new = {
    "new-rnn": lambda: TwoWays(num_layers=2),
    "new-rnn-zero": lambda: zero_bias(TwoWays()),
    "new-gru-cell": lambda: Steps("GRU"),
    "new-lstm-cell": lambda: Steps("LSTM"),
}
for name, make in new.items():
    torch.manual_seed(5)
    net = make()
    x, y = series(3, 3, 2), series(3, 1)
    export(net, x, file_of(name), dynamo=True, external_data=False, opset_version=18)
    without_notes(file_of(name))
    golden[name] = trained(net, x, y)

(folder / "fine-tune.json").write_text(json.dumps(golden) + "\n")
