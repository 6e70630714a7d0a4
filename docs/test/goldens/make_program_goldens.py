"""Writes elman-sine.json, lstm-windows.json and rnn-subsequences.json: the example programs, run by PyTorch.

    pip install -r requirements.txt
    python make_program_goldens.py

All three compute in float32 on the CPU, one thread, without oneDNN. Each file's `notes` say in which precision its data
were made. Numbers are the shortest decimals that give the float32 back. Tensors are nested arrays, scalars plain
numbers. `deviation` says how far the same program runs away from the file when PyTorch computes it in float64 from the
same starting weights and the same float32 data (share of the value where that is above one): no test can ask for less.
A second run on the same kind of CPU gives the same bytes; another kind of CPU may change last digits.
"""

import json
import math
import random
from pathlib import Path

import numpy as np
import torch
from torch import nn


def main():
    torch.set_num_threads(1)
    torch.backends.mkldnn.enabled = False
    write("elman-sine.json", elman_sine())
    write("lstm-windows.json", lstm_windows())
    write("rnn-subsequences.json", rnn_subsequences())


def elman_sine():
    """A plain Elman network, input and context in one matrix, trained online: one update a point, context detached.

    From seeds 4 and 9 this training is chaotic: float32 and float64 end with different networks. From seed 2 they agree.
    """
    torch.manual_seed(2)
    w1 = (0.4 * torch.randn(7, 6)).round(decimals=4)
    w2 = (0.3 * torch.randn(6, 1)).round(decimals=4)
    series = torch.from_numpy(np.sin(np.linspace(2, 10, 21))).float().reshape(21, 1)
    result = train_elman(w1, w2, series)
    exact = train_elman(w1.double(), w2.double(), series.double())
    return {
        "notes": [
            "series: 21 points of linspace(2, 10), sine taken in float64, then rounded to float32",
            "points 0-19 are the inputs, points 1-20 the targets; loss of a point = (prediction - target)^2 / 2",
            "300 epochs, rate 0.1; the context starts at zero in each epoch and is carried, detached, from point to point",
            "losses: sum over the 20 points, added up in float32 in order, at epochs 0, 10, ..., 290",
            "predictions: one more pass after training, each point's input being the true value",
        ],
        "deviation": deviations(result, exact),
        "learningRate": 0.1,
        "epochs": 300,
        "series": series.flatten(),
        "initial": {"w1": w1, "w2": w2},
        **result,
    }


def train_elman(w1, w2, series, epochs=300, rate=0.1):
    w1, w2 = w1.clone().requires_grad_(), w2.clone().requires_grad_()
    losses = []
    for epoch in range(epochs):
        total, context = 0, torch.zeros(1, 6, dtype=w1.dtype)
        for x, target in zip(series[:-1].split(1), series[1:].split(1)):
            prediction, context = elman_step(x, context, w1, w2)
            loss = (prediction - target).pow(2).sum() / 2
            total = total + loss.detach()
            loss.backward()
            with torch.no_grad():
                for w in (w1, w2):
                    w -= rate * w.grad
                    w.grad = None
            context = context.detach()
        if epoch % 10 == 0:
            losses.append(total)
    predictions, context = [], torch.zeros(1, 6, dtype=w1.dtype)
    for x in series[:-1].split(1):
        prediction, context = elman_step(x, context, w1, w2)
        predictions.append(prediction.flatten()[0])
    return {"losses": losses, "final": {"w1": w1, "w2": w2}, "predictions": predictions}


def elman_step(x, context, w1, w2):
    context = torch.tanh(torch.cat((x, context), 1).mm(w1))
    return context.mm(w2), context


class WindowModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(1, 50, batch_first=True)
        self.linear = nn.Linear(50, 1)

    def forward(self, windows):
        output, _ = self.lstm(windows.unsqueeze(2))
        return self.linear(output)[:, -1, :]


def lstm_windows():
    """LSTM and Linear on windows of ten points, Adam with its defaults."""
    torch.manual_seed(0)
    model = WindowModel()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.round(decimals=5))
    initial = {key: value.clone() for key, value in model.state_dict().items()}
    series = torch.sin(torch.linspace(0, 799, 800) * 2 * 3.14 / 40)
    result = train_windows(model, series)
    exact_model = WindowModel().double()
    exact_model.load_state_dict(initial)
    exact = train_windows(exact_model, series.double())
    in_float64 = torch.sin(torch.arange(800).double() * 2 * 3.14 / 40)
    return {
        "notes": [
            "series: sin(t * 2 * 3.14 / 40), t = 0..799, every operation in float32 from left to right",
            f"the same in float64 differs from it by at most {(in_float64 - series).abs().max().item():.1e}",
            "points 0-758 train (749 windows), points 759-799 test (31 windows): ten points in, the next one out",
            "batches of 32 in order, the last one of 13; loss = mean square error of the batch",
            "batchLosses: one list an epoch; epochLosses: their sum, added up in float32 in order",
            "Adam: lr 0.001, betas 0.9 and 0.999, eps 1e-8; initial weights were rounded to five places",
        ],
        "deviation": deviations(result, exact),
        "series": series,
        "split": 759,
        "windowLength": 10,
        "batchSize": 32,
        "initial": initial,
        **result,
    }


def windows_of(series, length=10):
    return series.unfold(0, length, 1)[:-1], series[length:].unsqueeze(1)


def train_windows(model, series, epochs=5, batch_size=32):
    x, y = windows_of(series[:759])
    optimizer = torch.optim.Adam(model.parameters())
    epoch_losses, batch_losses = [], []
    for _ in range(epochs):
        total, losses = 0, []
        for batch, target in zip(x.split(batch_size), y.split(batch_size)):
            loss = nn.functional.mse_loss(model(batch), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total = total + loss.detach()
            losses.append(loss)
        epoch_losses.append(total)
        batch_losses.append(losses)
    x, y = windows_of(series[759:])
    with torch.no_grad():
        predictions = model(x)
        test_loss = nn.functional.mse_loss(predictions, y)
    return {
        "epochLosses": epoch_losses,
        "batchLosses": batch_losses,
        "testLoss": test_loss,
        "testPredictions": predictions.flatten(),
    }


# weights and numbers that the original program printed
PRINTED_STATE = {
    "weight_ih_l0": [[0.4578], [0.8740], [0.7745], [2.5193]],
    "weight_hh_l0": [
        [0.3623, 0.0076, -0.9166, -0.2516],
        [0.4999, 0.1557, 0.0980, -0.7547],
        [-0.2654, 0.5356, 0.6579, 0.0889],
        [0.5429, 0.8763, 0.4217, -1.3401],
    ],
    "bias_ih_l0": [0.2991, -0.1368, 0.5886, 0.2219],
    "bias_hh_l0": [-0.5376, 0.6217, -0.2166, -0.3979],
}
PRINTED_INPUT = [
    0.3420201539993286, 0.1736481785774231, 1.2246468525851679e-16, -0.1736481785774231, -0.3420201539993286, -0.5,
]
PRINTED_PREDICTIONS = [
    -0.6631757020950317, -0.7941378951072693, -0.8717836737632751, -0.9104017019271851, -0.9280122518539429,
    -0.9320352077484131, -0.9236619472503662, -0.9006775617599487, -0.8604729771614075, -0.803618848323822,
]
POINTS = 36
SHORTEST = 4


def rnn_subsequences():
    """nn.RNN of four units, whose last unit at the last step is the prediction of the next point."""
    torch.manual_seed(0)
    random.seed(0)
    model = nn.RNN(1, 4)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.round(decimals=5))
    initial = {key: value.clone() for key, value in model.state_dict().items()}
    pairs = [draw_pair() for _ in range(200)]
    points = torch.tensor([math.sin(i * math.pi * 2 / POINTS) for i in range(POINTS + 1)])
    result = train_on_pairs(model, points, pairs)
    exact_model = nn.RNN(1, 4).double()
    exact_model.load_state_dict(initial)
    exact = train_on_pairs(exact_model, points.double(), pairs)
    printed = nn.RNN(1, 4)
    printed.load_state_dict({key: torch.tensor(value) for key, value in PRINTED_STATE.items()})
    return {
        "notes": [
            "points: sin(i * pi * 2 / 36), i = 0..36, in float64 from left to right, then rounded to float32",
            "a pair is (start, end): points start..end-2 are the input, point end-1 the target",
            "prediction: last hidden unit after the last input, from a zero state; unbatched input [length, 1]",
            "loss: squared error of the one prediction; plain SGD, rate 0.1; losses: one a pair, before its update",
            "printed: weights, input and predictions are what the original program printed, weights at four places",
            "printed.firstPass: hidden state after each of the six inputs",
            "printed.freeRunning: each prediction joins the input, and the whole sequence is run again from a zero state",
        ],
        "deviation": deviations(result, exact),
        "printed": {
            "stateDict": PRINTED_STATE,
            "input": PRINTED_INPUT,
            "predictions": PRINTED_PREDICTIONS,
            **free_run(printed, torch.tensor(PRINTED_INPUT)),
        },
        "training": {"learningRate": 0.1, "points": points, "pairs": pairs, "initial": initial, **result},
    }


def draw_pair():
    start = random.randint(0, POINTS - SHORTEST - 1)
    return start, random.randint(start + SHORTEST + 1, POINTS + 1)


def train_on_pairs(model, points, pairs, rate=0.1):
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    losses = []
    for start, end in pairs:
        output, _ = model(points[start : end - 1].unsqueeze(1))
        loss = nn.functional.mse_loss(output[-1, -1], points[end - 1])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss)
    return {"losses": losses, "final": model.state_dict()}


@torch.no_grad()
def free_run(model, sequence, count=10):
    first_pass, _ = model(sequence.unsqueeze(1))
    for _ in range(count):
        output, _ = model(sequence.unsqueeze(1))
        sequence = torch.cat((sequence, output[-1, -1:]))
    return {"firstPass": first_pass, "freeRunning": sequence[-count:]}


def deviations(result, exact):
    """Largest difference between the float32 and the float64 run, as a share of the value where that is above one."""
    return {key: f"{worst(result[key], exact[key]):.0e}" for key in result}


def worst(a, b):
    if isinstance(a, dict):
        return max(worst(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return max(worst(*pair) for pair in zip(a, b))
    return ((a - b).abs() / b.abs().clamp(min=1)).max().item()


def plain(value):
    if isinstance(value, torch.Tensor):
        return plain(value.detach().numpy())
    if isinstance(value, np.ndarray) and value.ndim:
        return [plain(item) for item in value]
    if isinstance(value, (np.float32, np.ndarray)):
        shortest = float(str(np.float32(value)))
        assert np.float32(shortest) == value
        return shortest
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def write(name, content):
    here = Path(__file__)
    header = {"made_by": here.name, "torch": torch.__version__.split("+")[0], "computed_in": "float32"}
    lines = [f'"{key}":{compact(value)}' for key, value in {"header": header, **content}.items()]
    here.with_name(name).write_text("{\n" + ",\n".join(lines) + "\n}\n", newline="\n")


def compact(value):
    return json.dumps(plain(value), separators=(",", ":"), allow_nan=False)


main()
