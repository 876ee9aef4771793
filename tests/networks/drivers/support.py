"""What the drivers share: sizes from the command line, an importable torchvision, data sets of noise."""

import struct
import sys
from pathlib import Path

import torch

# A torchvision built for another torch cannot load its compiled operators, and then fails on import because these two
# have no schema. Nothing here calls them.
SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


def sizes():
    """`N=4 H=64` as a dict."""
    return {name: int(value) for name, value in (word.split("=") for word in sys.argv[1:])}


def define_operators():
    """Make `import torchvision` work whether its compiled part loads or not."""
    library = torch.library.Library("torchvision", "FRAGMENT")
    for schema in SCHEMAS:
        try:
            torch.ops.torchvision.__getattr__(schema.split("(")[0])
        except AttributeError:
            library.define(schema)
    define_operators.keep = library  # a library object that is collected takes its operators with it


def write_mnist(root, count):
    """MNIST's own files, of noise, so that torchvision's dataset finds them and downloads nothing."""
    raw = Path(root) / "MNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(0)
    for part in ("train", "t10k"):
        images = torch.randint(0, 256, (count, 28, 28), generator=generator, dtype=torch.uint8)
        labels = torch.randint(0, 10, (count,), generator=generator, dtype=torch.uint8)
        header = struct.pack(">IIII", 2051, count, 28, 28)
        (raw / f"{part}-images-idx3-ubyte").write_bytes(header + images.numpy().tobytes())
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 2049, count) + labels.numpy().tobytes())
