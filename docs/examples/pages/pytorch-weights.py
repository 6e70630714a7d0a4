import torch
from safetensors.torch import load_file, save_file

lstm = torch.nn.LSTM(3, 8)
lstm.load_state_dict(load_file("lstm.safetensors"), strict=True)
y, _ = lstm(torch.ones(5, 2, 3))
print(f"{y.sum().item():.5f}")

save_file(lstm.state_dict(), "lstm.safetensors")  # and back again
