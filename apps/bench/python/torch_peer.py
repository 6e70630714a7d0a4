"""PyTorch eager, with the weights and batches of a safetensors file: python torch_peer.py WORK FILE THREADS. Prints one JSON line."""

import json
import statistics
import sys
import time

import torch
from safetensors.torch import load_file

name, file, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.set_num_threads(threads)
torch.set_num_interop_threads(1)
data = load_file(file)
batches = []
while f"x.{len(batches)}" in data:
    batches.append((data[f"x.{len(batches)}"], data[f"y.{len(batches)}"]))


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        rows, hidden = data["cell.weight_hh_l0"].shape
        kind = torch.nn.LSTM if rows == 4 * hidden else torch.nn.GRU
        self.cell = kind(data["cell.weight_ih_l0"].shape[1], hidden)
        self.head = torch.nn.Linear(hidden, 1) if "head.weight" in data else None

    def forward(self, x):
        y, _ = self.cell(x)
        return y if self.head is None else self.head(y[-1])


net = Net()
net.load_state_dict({key: value for key, value in data.items() if key[:2] not in ("x.", "y.")})
optimizer = torch.optim.Adam(net.parameters())
epochs = 5 if len(batches) > 1 else 1


def repeat():
    total = 0.0
    for _ in range(epochs):
        total = 0.0
        for x, y in batches:
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(net(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
    return total


first = repeat()
times = []
for _ in range(15):
    start = time.perf_counter()
    repeat()
    times.append(1000 * (time.perf_counter() - start))
row = {"work": name, "peer": "PyTorch eager", "threads": threads, "loss": first}
row |= {"unit": "ms for 5 epochs" if epochs > 1 else "ms a step", "median": statistics.median(times), "best": min(times)}
print(json.dumps(row))
