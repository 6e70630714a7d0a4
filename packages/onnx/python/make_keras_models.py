"""Writes the ONNX files keras-*.onnx in ../test/import/models: small Keras models converted by tf2onnx (opset 17), whose weights
are drawn with a fixed seed.

Made with Python 3.11 and requirements-keras.txt. Usage: python make_keras_models.py
"""

import os
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
import tf2onnx
from tensorflow.keras import Input, Sequential, layers

folder = Path(__file__).parent.parent / "test" / "import" / "models"


def write(name, parts, dtype=tf.float32, shape=(None, None, 3)):
    model = Sequential([Input(shape[1:], dtype=dtype), *parts])
    draw = np.random.default_rng(1)
    model.set_weights([draw.uniform(-0.6, 0.6, w.shape).astype(w.dtype) for w in model.get_weights()])
    signature = (tf.TensorSpec(shape, dtype, name="x"),)
    tf2onnx.convert.from_keras(model, input_signature=signature, opset=17, output_path=str(folder / f"{name}.onnx"))


write("keras-lstm", [layers.LSTM(5, return_sequences=True), layers.LSTM(4), layers.Dense(2)])
write("keras-gru", [layers.GRU(5, return_sequences=True), layers.TimeDistributed(layers.Dense(2, activation="softmax"))])
write("keras-two-ways", [layers.Bidirectional(layers.LSTM(5, return_sequences=True)), layers.Dense(2, activation="relu")])
write("keras-hard", [layers.LSTM(5, recurrent_activation="hard_sigmoid"), layers.LayerNormalization(), layers.Dense(2, activation="elu")])
write("keras-words", [layers.Embedding(7, 3), layers.GRU(4, go_backwards=True), layers.Dense(2, activation="sigmoid")], tf.int32, (None, None))
