"""python forecast_csv.py model.onnx my.csv: the next values of a series, one a line.

The values stand in the last column of the file, the dates (where the model was trained with dates) in the first.
"""

import sys

import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession(sys.argv[1])
sizes = {given.name: given.shape[-1] for given in session.get_inputs()}  # history reaches back so many steps
rows = [line.strip().split(",") for line in open(sys.argv[2], encoding="utf-8")][1:]
values = np.array([row[-1] for row in rows], float)
start = len(values) - sizes["history"]  # below 0 for a short series, whose front is filled with zeros
last = lambda steps: np.pad(steps[max(0, start) :], (max(0, -start), 0))
inputs = {"history": last(values)[None], "start": np.array([start], np.int32)}
if "days" in sizes:  # of the history and of the steps to forecast: every day, or every working day
    dates = np.array([row[0] for row in rows], "datetime64[D]")
    week = "1111100" if np.is_busday(dates).all() else "1111111"
    ahead = np.busday_offset(dates[-1], np.arange(1, sizes["days"] - sizes["history"] + 1), weekmask=week)
    inputs["days"] = np.append(last(dates.astype(float)), ahead.astype(float))[None]  # since 1970
for value in session.run(["forecast"], inputs)[0][0]:
    print(value)
