"""Writes ../test/graph-module/goldens/fine-tune.json and the ONNX files beside it: PyTorch models, exported by torch.onnx
(dynamo=False, opset 17) before training, then trained ten steps by SGD with momentum and by Adam on the mean squared error.

Made with Python 3.11 and requirements.txt. Usage: python make_fine_tune.py
"""

import copy
import json
from pathlib import Path

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


golden = {}
folder.mkdir(parents=True, exist_ok=True)
for kind in ["LSTM", "GRU", "RNN"]:
    torch.manual_seed(3)
    net = Net(kind)
    x = (torch.rand(6, 3, 2) * 2 - 1).mul(1000).round().div(1000)
    y = (torch.rand(3, 1) * 2 - 1).mul(1000).round().div(1000)
    torch.onnx.export(net.eval(), (x,), str(folder / f"fine-tune-{kind.lower()}.onnx"), dynamo=False, opset_version=17,
                      input_names=["x"], output_names=["y"], dynamic_axes={"x": {0: "time", 1: "batch"}})
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
    golden[kind.lower()] = {"x": rounded(x), "y": rounded(y), "runs": runs}

(folder / "fine-tune.json").write_text(json.dumps(golden) + "\n")
