import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession("forecaster.onnx")
print([(given.name, given.shape) for given in session.get_inputs()])
x = np.zeros([2, 30, 1], np.float32)
(y,) = session.run(["y"], {"x": x})
print(y.shape)
