"""How the scripts that make goldens write their JSON: one compact line a row, so that a changed case is a changed line."""

import json
from pathlib import Path

import torch


def write_rows(script, name, sections, digits, **header):
    """Writes `name` beside `script`: a header, then each section; a list is written one row a line.

    Floats keep `digits` significant digits. NaN and infinities are refused. `header` adds to the header's fields.
    """
    script = Path(script)
    fields = {"made_by": script.name, "torch": torch.__version__.split("+")[0], "computed_in": "float64"} | header
    lines = [f'"header":{compact(fields, digits)}']
    for section, value in sections.items():
        lines.append(f'"{section}":{rows(value, digits) if isinstance(value, list) else compact(value, digits)}')
    script.with_name(name).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8", newline="\n")


def rows(values, digits):
    return "[\n" + ",\n".join(compact(value, digits) for value in values) + "\n]"


def compact(value, digits):
    return json.dumps(plain(value, digits), separators=(",", ":"), allow_nan=False)


def plain(value, digits):
    if isinstance(value, torch.Tensor):
        return plain(value.tolist(), digits)
    if isinstance(value, dict):
        return {key: plain(item, digits) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, digits) for item in value]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value
