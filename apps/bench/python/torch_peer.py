"""PyTorch with a work of the bench: python torch_peer.py FILE MODE THREADS. FILE is a work as JSON, with its budget. Prints a line of JSON.

Modes: eager (as a user writes it), compile (torch.compile of the whole update, unrolled in time).
"""

import json
import sys
import time

import torch

import works
from memory import peak_growth

file, mode, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.set_num_threads(threads)
torch.set_num_interop_threads(1)
request = json.load(open(file))
work, budget = works.decode(request["work"]), request["budget"]


def measured(run):
    values, samples, index = [], [], 0
    wanted = max(1, len(work["expected"]))

    def call():
        nonlocal index
        before = time.perf_counter()
        result = run(index)
        seconds = time.perf_counter() - before
        index += 1
        if len(values) < wanted:
            values.extend(result if isinstance(result, list) else [result])
        return seconds

    first = call()
    warmed = first
    while index < work["warmCalls"] or warmed < budget["warmSeconds"]:
        warmed += call()
    spent, cpu = 0.0, time.process_time()
    while (
        len(samples) < budget["mostCalls"]
        and spent < budget["most"]
        and (spent < budget["seconds"] or len(samples) < budget["leastCalls"])
    ):
        samples.append(call())
        spent += samples[-1]
    cpu_per_wall = (time.process_time() - cpu) / spent
    return {"samples": samples, "firstCall": first, "values": values[:wanted], "cpuPerWall": cpu_per_wall}


def row():
    run = works.ready(work, mode)
    if work.get("measure") == "memory":
        return peak_growth(run)
    return measured(run)


try:
    result = row()
except works.Unavailable as reason:
    result = {"unavailable": str(reason)}
print("RESULT " + json.dumps(result | {"version": torch.__version__}))
