import keras
import numpy as np

model = keras.Sequential([
    keras.Input([None, 3]),
    keras.layers.Bidirectional(keras.layers.GRU(4, return_sequences=True)),
    keras.layers.Dense(1),
])
arrays = np.load("net.npz")
for weight in model.weights:
    weight.assign(arrays[weight.path])
print(f"{np.sum(model.predict(np.ones([2, 5, 3]), verbose=0)):.5f}")

np.savez("net.npz", **{weight.path: weight.numpy() for weight in model.weights})  # and back again
