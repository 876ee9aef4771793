"""What the drivers share: settings from the command line, an importable torchvision, a training step."""

import sys

import numpy as np
import torch
import torch.nn.functional as F

# A torchvision built for another torch cannot load its compiled operators, and then fails on import because these two
# have no schema. Nothing here calls them.
SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
library = torch.library.Library("torchvision", "FRAGMENT")
for schema in SCHEMAS:
    try:
        torch.ops.torchvision.__getattr__(schema.split("(")[0])
    except AttributeError:
        library.define(schema)


def settings():
    """`MODEL=resnet50 N=4` as a dict."""
    words = (word.split("=") for word in sys.argv[1:])
    return {name: int(value) if value.isdigit() else value for name, value in words}


def images(setting, channels=3):
    torch.manual_seed(0)
    return torch.randn(setting["N"], channels, setting["H"], setting["W"])


def train_and_evaluate(model, inputs, classes=10):
    """One training step of a classifier, one evaluation."""
    labels = torch.randint(0, classes, (inputs.shape[0],))
    F.cross_entropy(model(inputs), labels).backward()
    model.eval()
    with torch.no_grad():
        model(inputs)


class Environment:
    """One to learn in: states of four numbers, and an end after some steps."""

    def __init__(self, steps):
        self.steps = steps

    def reset(self, seed=None):
        self.left = self.steps
        return np.zeros(4, dtype=np.float32), {}

    def step(self, action):
        self.left -= 1
        return np.full(4, 0.1 * self.left, dtype=np.float32), 1.0, self.left == 0, False, {}
