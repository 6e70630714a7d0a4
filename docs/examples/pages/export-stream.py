import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession("stream.onnx")
print(session.get_modelmeta().custom_metadata_map["unrolled.state"])

state = {"gru.h": np.zeros([1, 1, 8], np.float32)}  # layers and directions, batch, hidden size
for degrees in [12, 15, 11]:
    x = np.array([[[degrees]]], np.float32)
    y, h = session.run(["y", "gru.h.next"], {"x": x, **state})
    state = {"gru.h": h}
    print(degrees, f"{y.item():.3f}")
