"""How far calls raise the peak of this process' resident memory (Linux)."""

import gc


def status(field):
    for line in open("/proc/self/status"):
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise OSError(f"no {field}")


def peak_growth(run, calls=5):
    gc.collect()
    with open("/proc/self/clear_refs", "w") as refs:
        refs.write("5")  # the peak starts again from here
    before = status("VmRSS")
    values = [run(index) for index in range(calls)]
    values = [number for value in values for number in (value if isinstance(value, list) else [value])]
    return {"samples": [status("VmHWM") - before], "firstCall": 0, "values": values, "cpuPerWall": 0}
