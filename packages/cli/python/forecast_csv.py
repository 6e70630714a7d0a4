"""python forecast_csv.py model.onnx my.csv: the next values of a series, one a line.

The values stand in the last column of the file, the dates (where the model was trained with dates) in the first, as 2014-12-31 or
2014-12-31 18:00.
"""

import sys
from collections import Counter

import numpy as np
import onnxruntime


def calendar(dates):
    """Months, working days or seconds: the dates as whole numbers, and back."""
    days, months = dates.astype("M8[D]"), dates.astype("M8[M]")
    clock = dates - days
    if (clock == clock[0]).all():
        day = (days - months.astype("M8[D]")).max()  # of the month; in a shorter month the last one
        in_month = lambda month: np.minimum(month.astype("M8[D]") + day, (month + 1).astype("M8[D]") - 1)
        if (days == in_month(months)).all():
            return months.astype(int), lambda month: in_month(month.astype("M8[M]")) + clock[0]
        weekdays = set((days.astype(int) + 3) % 7)
        if len(days) >= 10 and {0, 4} <= weekdays <= {0, 1, 2, 3, 4}:
            return np.busday_count("1970-01-01", days), lambda day: np.busday_offset("1970-01-01", day) + clock[0]
    return dates.astype(int), lambda second: second.astype("M8[s]")


def following(dates, count):
    """The next dates, in the usual step of the series; in the median one where no step is usual."""
    positions, date = calendar(dates)
    [[step, often]] = Counter(np.diff(positions).tolist()).most_common(1)
    if 2 * often < len(dates) - 1:
        positions, date = dates.astype(int), lambda second: second.astype("M8[s]")
        step = np.sort(np.diff(positions))[(len(dates) - 1) // 2]
    return date(positions[-1] + step * np.arange(1, count + 1))


session = onnxruntime.InferenceSession(sys.argv[1])
sizes = {given.name: given.shape[-1] for given in session.get_inputs()}  # history reaches back so many steps
rows = [line.strip().split(",") for line in open(sys.argv[2], encoding="utf-8")][1:]
values = np.array([row[-1] for row in rows], float)
start = len(values) - sizes["history"]  # below 0 for a short series, whose front is filled with zeros
last = lambda steps: np.pad(steps[max(0, start) :], (max(0, -start), 0))
inputs = {"history": last(values)[None], "start": np.array([start], np.int32)}
if "days" in sizes:  # the dates of the history and of the steps to forecast, in days since 1970
    dates = np.array([row[0] for row in rows], "M8[s]")
    ahead = following(dates, sizes["days"] - sizes["history"])
    inputs["days"] = np.append(last(dates.astype(float)), ahead.astype("M8[s]").astype(float))[None] / 86400
for value in session.run(["forecast"], inputs)[0][0]:
    print(value)
