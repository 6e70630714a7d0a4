"""python check.py FOLDER: what write.mjs wrote, before the official checker and in ONNX Runtime."""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort

TOLERANCE = 1e-5
ort.set_default_logger_severity(3)


def array(tensor: dict) -> np.ndarray:
    return np.array(tensor["data"], dtype=tensor["dtype"]).reshape(tensor["shape"])


def check_file(path: Path) -> None:
    """The checker, and shapes inferred strictly: they may not contradict those that the file declares."""
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    for before, after in zip(model.graph.output, inferred.graph.output, strict=True):
        ranks = [len(info.type.tensor_type.shape.dim) for info in (before, after)]
        assert ranks[0] == ranks[1], f"{before.name} has rank {ranks[0]}, inferred {ranks[1]}"


def run_file(path: Path, runs: list[dict]) -> float:
    """The largest difference to the outputs that are expected."""
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    worst = 0.0
    for run in runs:
        names = list(run["outputs"])
        results = session.run(names, {name: array(x) for name, x in run["inputs"].items()})
        for name, actual in zip(names, results, strict=True):
            expected = array(run["outputs"][name])
            assert actual.shape == expected.shape, f"{name} is {actual.shape}, expected {expected.shape}"
            worst = max(worst, float(np.abs(actual - expected).max(initial=0)))
    return worst


def main(folder: Path) -> int:
    cases = json.loads((folder / "cases.json").read_text())
    failures, worst, runs = [], 0.0, 0
    for case in cases:
        path = folder / case["file"]
        try:
            check_file(path)
            difference = run_file(path, case["runs"])
            if not difference <= TOLERANCE:
                failures.append(f"{case['name']}: off by {difference:.1e}")
            worst = max(worst, difference)
            runs += len(case["runs"])
        except Exception as error:  # any of the checker's, the runtime's or ours: all are listed at the end
            failures.append(f"{case['name']}: {error}")
    for failure in failures:
        print(failure, file=sys.stderr)
    print(
        f"{len(cases) - len(failures)} of {len(cases)} exported models pass onnx {onnx.__version__} and onnxruntime "
        f"{ort.__version__}: {runs} runs, largest difference {worst:.1e}"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
