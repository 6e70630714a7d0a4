"""The works in PyTorch. Each maker takes a work and a mode and returns a function of the call's index that does it once more."""

import base64

import numpy
import torch
from torch import nn


class Unavailable(Exception):
    pass


def decode(value):
    """Arrays come as {"array": type, "base64": bytes}."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "base64" in value:
        return torch.from_numpy(numpy.frombuffer(base64.b64decode(value["base64"]), value["array"]).copy())
    return {key: decode(item) for key, item in value.items()}


def ready(work, mode):
    if mode == "compile":
        torch._dynamo.config.cache_size_limit = 64
        if work["kind"] not in compiled:
            raise Unavailable("torch.compile has nothing to do there")
        return compiled[work["kind"]](work)
    return eager[work["kind"]](work)


def load(module, weights):
    pairs = zip(module.parameters(), (weights[key] for key in ("weightIh", "weightHh", "biasIh", "biasHh")))
    with torch.no_grad():
        for parameter, values in pairs:
            parameter.copy_(values.view(parameter.shape))
    return module


def one_by_one(values):
    return [value.view(1, 1) for value in values]


def elman_loss(w1, w2, x, context, y):
    hidden = torch.tanh(torch.cat((x, context), 1) @ w1)
    return (hidden @ w2 - y).pow(2).sum() / 2, hidden


def elman_calls(work, learn):
    """learn(x, context, y) updates and returns a loss and the next context."""
    points = list(zip(one_by_one(work["x"]), one_by_one(work["y"])))

    def call(_):
        for _ in range(work["epochs"]):
            total, context = 0.0, torch.zeros(1, work["hiddenSize"])
            for x, y in points:
                loss, context = learn(x, context, y)
                total += loss.item()
        return total

    return call


def elman(work):
    w1 = work["w1"].view(1 + work["hiddenSize"], -1).requires_grad_()
    w2 = work["w2"].view(-1, 1).requires_grad_()
    rate = work["learningRate"]

    def learn(x, context, y):
        loss, hidden = elman_loss(w1, w2, x, context, y)
        loss.backward()
        with torch.no_grad():
            for weight in (w1, w2):
                weight -= rate * weight.grad
                weight.grad = None
        return loss, hidden.detach()

    return elman_calls(work, learn)


def elman_compiled(work):
    rate = work["learningRate"]
    gradient = torch.func.grad_and_value(elman_loss, argnums=(0, 1), has_aux=True)
    weights = [work["w1"].view(1 + work["hiddenSize"], -1), work["w2"].view(-1, 1)]

    @torch.compile(dynamic=False, fullgraph=True)
    def step(w1, w2, x, context, y):
        (d1, d2), (loss, hidden) = gradient(w1, w2, x, context, y)
        return w1 - rate * d1, w2 - rate * d2, loss, hidden

    def learn(x, context, y):
        with torch.no_grad():
            *weights[:], loss, hidden = step(*weights, x, context, y)
        return loss, hidden

    return elman_calls(work, learn)


def subsequences(work):
    rnn = load(nn.RNN(1, work["hiddenSize"]), work["weights"])
    optimizer = torch.optim.SGD(rnn.parameters(), lr=work["learningRate"])
    criterion = nn.MSELoss()
    series = work["series"]
    column = series.view(-1, 1)
    pairs = list(zip(work["starts"].tolist(), work["lengths"].tolist()))
    state = {"next": 0}

    def update():
        start, length = pairs[state["next"] % len(pairs)]
        state["next"] += 1
        output, _ = rnn(column[start : start + length])
        loss = criterion(output[-1, -1], series[start + length])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    def call(index):
        count = work["updates" if index else "firstUpdates"]
        return sum(update() for _ in range(count)) / count

    return call


def no_subsequences_compiled(_):
    raise Unavailable("torch.compile takes minutes for the 32 lengths, unrolled")


class Net(nn.Module):
    def __init__(self, work):
        super().__init__()
        hidden, head = work["hiddenSize"], work["head"]
        cell = getattr(nn, work["cell"])(work["inputSize"], hidden, batch_first=True)
        self.cell = load(cell, work["weights"])
        self.head = None
        if head:
            self.head = nn.Linear(hidden, 1)
            with torch.no_grad():
                self.head.weight.copy_(head["weight"].view(1, hidden))
                self.head.bias.copy_(head["bias"])

    def forward(self, x):
        output, _ = self.cell(x)
        return self.head(output[:, -1]) if self.head else output


def training_batches(work):
    time, width = work["time"], work["inputSize"]
    target = (1,) if work["head"] else (time, work["hiddenSize"])
    return [(b["x"].view(b["size"], time, width), b["y"].view(b["size"], *target)) for b in work["batches"]]


def training_calls(work, step):
    batches = training_batches(work)
    return lambda _: [sum(step(x, y) for x, y in batches) for _ in range(work["epochs"])]


def training(work):
    net = Net(work)
    optimizer = torch.optim.Adam(net.parameters(), lr=work["learningRate"])

    def step(x, y):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(net(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return training_calls(work, step)


def unrolled_lstm(parameters, x):
    """[batch, time, hidden], with the input's product for all steps at once."""
    weight_ih, weight_hh, bias_ih, bias_hh = parameters
    fed = (x @ weight_ih.T + bias_ih).unbind(1)
    hidden = cell = torch.zeros(x.shape[0], weight_hh.shape[1])
    outputs = []
    for step in fed:
        i, f, g, o = (step + hidden @ weight_hh.T + bias_hh).chunk(4, 1)
        cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
        hidden = o.sigmoid() * cell.tanh()
        outputs.append(hidden)
    return torch.stack(outputs, 1)


def unrolled_gru(parameters, x):
    weight_ih, weight_hh, bias_ih, bias_hh = parameters
    fed = (x @ weight_ih.T + bias_ih).unbind(1)
    hidden = torch.zeros(x.shape[0], weight_hh.shape[1])
    outputs = []
    for step in fed:
        xr, xz, xn = step.chunk(3, 1)
        hr, hz, hn = (hidden @ weight_hh.T + bias_hh).chunk(3, 1)
        r, z = (xr + hr).sigmoid(), (xz + hz).sigmoid()
        n = (xn + r * hn).tanh()
        hidden = n + z * (hidden - n)
        outputs.append(hidden)
    return torch.stack(outputs, 1)


def training_compiled(work):
    parameters = [p.detach().clone() for p in Net(work).parameters()]
    means, squares = ([torch.zeros_like(p) for p in parameters] for _ in range(2))
    state = {"step": 0, "all": (parameters, means, squares)}
    layer = unrolled_lstm if work["cell"] == "LSTM" else unrolled_gru
    rate = work["learningRate"]

    def loss_of(parameters, x, y):
        output = layer(parameters[:4], x)
        if work["head"]:
            weight, bias = parameters[4:]
            output = output[:, -1] @ weight.T + bias
        return nn.functional.mse_loss(output, y)

    gradient = torch.func.grad_and_value(loss_of)

    @torch.compile(dynamic=False, fullgraph=True)
    def update(parameters, means, squares, scaled_rate, correction, x, y):
        slopes, loss = gradient(parameters, x, y)
        means = [0.9 * m + 0.1 * g for m, g in zip(means, slopes)]
        squares = [0.999 * v + 0.001 * g * g for v, g in zip(squares, slopes)]
        stepped = [
            p - scaled_rate * m / (v.sqrt() * correction + 1e-8) for p, m, v in zip(parameters, means, squares)
        ]
        return (stepped, means, squares), loss

    def step(x, y):
        state["step"] += 1
        # tensors, so that they are not compiled in
        scaled_rate = torch.tensor(rate / (1 - 0.9 ** state["step"]))
        correction = torch.tensor((1 - 0.999 ** state["step"]) ** -0.5)
        with torch.no_grad():
            state["all"], loss = update(*state["all"], scaled_rate, correction, x, y)
        return loss.item()

    return training_calls(work, step)


def inference(work):
    gru = load(nn.GRU(work["inputSize"], work["hiddenSize"]), work["weights"]).eval()
    x = work["x"].view(work["time"], work["batch"], work["inputSize"])

    def call(_):
        with torch.inference_mode():
            return gru(x)[1].double().sum().item()

    return call


def product(work):
    a, b = (work[key].view(work["size"], -1) for key in "ab")

    def call(index):
        result = a @ b
        return [] if index else [result[0, 1].item(), result[-1, 2].item()]

    return call


def addition(work):
    a, b = (work[key].view(1, -1) for key in "ab")
    first = a.clone().requires_grad_()

    def add():
        return a + b

    def add_and_differentiate():
        first.grad = None
        (first + b).sum().backward()
        return first.grad

    once = add_and_differentiate if work["gradient"] else add

    def call(index):
        for _ in range(work["count"]):
            result = once()
        return [] if index else [result.sum().item()]

    return call


eager = {
    "elman": elman,
    "subsequences": subsequences,
    "training": training,
    "inference": inference,
    "product": product,
    "addition": addition,
}
compiled = {"elman": elman_compiled, "subsequences": no_subsequences_compiled, "training": training_compiled}
