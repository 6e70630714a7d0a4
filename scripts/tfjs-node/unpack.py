"""python3 unpack.py WHEEL FOLDER: writes libtensorflow to FOLDER/lib and the headers of its C interface to FOLDER/include."""

import pathlib
import shutil
import sys
import zipfile

LIBRARIES = ("libtensorflow_cc.so.2", "libtensorflow_framework.so.2")
INCLUDE = "tensorflow/include/"
HEADERS = ("tensorflow/c/", "tensorflow/core/platform/", "tensorflow/tsl/")


def destination(name: str) -> str | None:
    if name in [f"tensorflow/{library}" for library in LIBRARIES]:
        return f"lib/{name.removeprefix('tensorflow/')}"
    header = name.removeprefix(INCLUDE)
    if header.endswith(".h") and header.startswith(HEADERS):
        return f"include/{header}"
    return None


def main(wheel: str, folder: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            to = destination(name)
            if to is None:
                continue
            path = pathlib.Path(folder, to)
            path.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as source, path.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
    for library in LIBRARIES:
        if not pathlib.Path(folder, "lib", library).exists():
            sys.exit(f"the wheel holds no {library}")


main(*sys.argv[1:])
