import keras
import numpy as np

keras.utils.set_random_seed(0)
model = keras.Sequential([
    keras.Input([None, 1]),
    keras.layers.LSTM(32),  # return_sequences=False
    keras.layers.Dense(1),
])
wave = np.sin(2 * np.pi * np.arange(400) / 40).astype("float32")
x = np.stack([wave[i : i + 10, None] for i in range(390)])
y = wave[10:, None]
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
history = model.fit(x, y, batch_size=32, shuffle=True, epochs=5, verbose=0)
for epoch, loss in enumerate(history.history["loss"], 1):
    print(f"epoch {epoch}: loss {loss:.4f}")
