"""Writes npz.json and npz/*: npz archives of every kind that a reader meets, and the numbers in them.

    pip install -r requirements.txt
    python make_npz_goldens.py

Each file of npz.json has a `note`, and `arrays`: for each key (without .npy) `descr` and `fortranOrder` as the header has
them, `shape`, and `data`, flat and row-major whatever the order in the file. NaN and infinities are the strings "nan",
"inf", "-inf"; integers beyond 2^53 are strings of their digits. Arrays with `data` null hold no numbers: reading one is refused.
Deflated bytes depend on the zlib that Python has; all else is the same in every run.
"""

import io
import math
import sys
import zipfile
from ast import literal_eval
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "scripts" / "goldens"))
from json_rows import write_rows  # noqa: E402

SIGNIFICANT_DIGITS = 17
HERE = Path(__file__).resolve().parent / "npz"
GRID = np.arange(6).reshape(2, 3)
SAFE = 2**53


def main():
    HERE.mkdir(exist_ok=True)
    files = [
        save("plain", np.savez, dtypes(), "np.savez: stored, each member with a zip64 extra field, as numpy always writes"),
        save("compressed", np.savez_compressed, dtypes(), "np.savez_compressed: deflated"),
        save("order", np.savez, orders(), "Fortran order, and big-endian types"),
        save("shapes", np.savez, shapes(), "0-d, empty, one element, five dimensions"),
        save("special", np.savez, special(), "NaN, infinities, subnormal and largest numbers, integers beyond 2^53"),
        save("names", np.savez, names(), "keys with slashes, dots, spaces and beyond ASCII"),
        save("positional", lambda path, **arrays: np.savez(path, *arrays.values()), positional(), "unnamed arrays"),
        save("versions", versions, {"v1": GRID / 4, "v2": GRID / 4, "v3": GRID / 4}, "npy headers 1.0, 2.0 and 3.0"),
        save("streamed", streamed, {"a": GRID / 8, "b": GRID}, "written to a pipe: sizes after the data (flag bit 3), a comment at the end"),
        save("mixed", mixed, {"stored": GRID / 8, "deflated": GRID / 8}, "one member stored, one deflated, and one that is no array"),
        save("refused", np.savez, refused(), "types without numbers, and a pickle; an array of numbers among them"),
    ]
    write_rows(__file__, "npz.json", {"files": files}, SIGNIFICANT_DIGITS, computed_in="numpy", numpy=np.__version__)


def dtypes():
    kinds = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]
    arrays = {kind: (GRID * (0.375 if kind[0] == "f" else 1) - (0 if kind[0] == "u" else 2)).astype(f"<{kind}") for kind in kinds}
    return arrays | {"bool": GRID % 2 == 1}


def orders():
    cube = np.arange(24, dtype="<f4").reshape(2, 3, 4) / 4
    big = {f"big-{kind}": (GRID - 2).astype(f">{kind}") for kind in ["f2", "f4", "f8", "i2", "i4", "i8"]}
    return {
        "fortran": np.asfortranarray(GRID / 4),
        "fortran-cube": np.asfortranarray(cube),
        "fortran-big": np.asfortranarray((GRID / 4).astype(">f8")),
        "transposed": cube.transpose(2, 0, 1),
        "vector": np.asfortranarray(np.arange(3.0)),
        **big,
    }


def shapes():
    return {
        "scalar-f4": np.float32(2.5),
        "scalar-i8": np.int64(-7),
        "scalar-bool": np.bool_(True),
        "empty": np.zeros(0, dtype="<f4"),
        "empty-middle": np.zeros((2, 0, 3)),
        "single": np.ones((1, 1, 1), dtype="<f4"),
        "five": np.arange(8, dtype="<f4").reshape(2, 1, 2, 1, 2),
    }


def special():
    return {
        "f2": np.array([np.nan, np.inf, -np.inf, -0.0, 6e-8, 65504], dtype="<f2"),
        "f4": np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45, np.finfo("f4").max], dtype="<f4"),
        "f8": np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324, np.finfo("f8").max], dtype="<f8"),
        "i4": np.array([-(2**31), 2**31 - 1], dtype="<i4"),
        "u4": np.array([2**32 - 1], dtype="<u4"),
        "i8-safe": np.array([SAFE - 1, 1 - SAFE], dtype="<i8"),
        "i8-unsafe": np.array([2**63 - 1, -(2**63), 1], dtype="<i8"),
        "u8-unsafe": np.array([2**64 - 1], dtype="<u8"),
    }


def names():
    keys = ["lstm/lstm_cell/kernel", "lstm.weight_ih_l0", "two words", "größe", "重み", "a.npy", "../up", "__proto__"]
    return {key: np.array([i], dtype="<f4") for i, key in enumerate(keys)}


def positional():
    return {"arr_0": GRID / 4, "arr_1": np.float32(1.5)}


def refused():
    return {
        "numbers": GRID / 4,
        "object": np.array([{"a": 1}, None], dtype=object),
        "text": np.array(["ab", "c"]),
        "bytes": np.array([b"ab", b"c"]),
        "complex": np.array([1 + 2j]),
        "date": np.array(["2020-01-01"], dtype="datetime64[D]"),
        "fields": np.array([(1, 2.0)], dtype=[("x", "<i4"), ("y", "<f8")]),
    }


def versions(path, **arrays):
    with zipfile.ZipFile(path, "w") as archive:
        for i, (key, array) in enumerate(arrays.items()):
            archive.writestr(zipfile.ZipInfo(f"{key}.npy"), npy(array, version=(i + 1, 0)))


class Pipe(io.RawIOBase):
    """A stream that cannot seek, so that zipfile must write sizes after the data."""

    def __init__(self):
        self.content = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.content += data
        return len(data)


def streamed(path, **arrays):
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = b"a comment after the directory"
        for key, array in arrays.items():
            info = zipfile.ZipInfo(f"{key}.npy")
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, npy(array))
    Path(path).write_bytes(pipe.content)


def mixed(path, **arrays):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("readme.txt"), "no array\n")
        for (key, array), way in zip(arrays.items(), [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]):
            info = zipfile.ZipInfo(f"{key}.npy")
            info.compress_type = way
            archive.writestr(info, npy(array))


def npy(array, version=None):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asanyarray(array), version=version)
    return stream.getvalue()


def save(name, write, arrays, note):
    path = HERE / f"{name}.npz"
    write(path, **arrays)
    with zipfile.ZipFile(path) as archive:
        entries = {key: entry(archive.read(f"{key}.npy")) for key in arrays}
    return {"file": f"npz/{name}.npz", "note": note, "arrays": entries}


def entry(member):
    """What the file says, read back by numpy."""
    stream = io.BytesIO(member)
    width = 2 if np.lib.format.read_magic(stream)[0] == 1 else 4
    header = literal_eval(stream.read(int.from_bytes(stream.read(width), "little")).decode())
    stream.seek(0)
    array = np.lib.format.read_array(stream, allow_pickle=True)
    data = [plain(x) for x in array.flatten(order="C").tolist()] if array.dtype.kind in "fiub" else None
    return {"descr": header["descr"], "fortranOrder": header["fortran_order"], "shape": list(array.shape), "data": data}


def plain(x):
    if isinstance(x, float):
        return x if math.isfinite(x) else str(x)
    return str(x) if isinstance(x, int) and abs(x) >= SAFE else x


main()
