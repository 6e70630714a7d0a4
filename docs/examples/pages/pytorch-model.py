import torch
from torch import nn

torch.manual_seed(0)


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(20, 8)
        self.lstm = nn.LSTM(8, 16, batch_first=True, bidirectional=True)
        self.head = nn.Linear(32, 3)

    def forward(self, ids):
        y, _ = self.lstm(self.embed(ids))
        return self.head(y).flatten(0, 1)  # [batch * time, 3]


model = Tagger()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

ids = torch.tensor([[1, 5, 9, 2], [4, 4, 7, 0]])
tags = torch.tensor([0, 2, 1, 0, 1, 1, 2, 0])
for i in range(20):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(ids), tags)
    loss.backward()
    optimizer.step()
    if i % 5 == 4:
        print(f"step {i + 1}: loss {loss.item():.4f}")
print(*list(model.state_dict())[:5])
