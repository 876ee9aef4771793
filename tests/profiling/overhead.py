"""Times a ResNet-18 training loop on the CPU with and without the recorder, in turns: `python overhead.py [STEPS]`."""

import statistics
import sys
import time
from pathlib import Path

import torch

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent / "programs")]

import resnet  # noqa: E402

from mypy_torch_shapes.profiling.recorder import Recorder  # noqa: E402

torch.set_num_threads(1)  # so that the time of this thread is all there is
torch.manual_seed(0)
model = resnet.ResNet(classes=10)
optimizer = torch.optim.SGD(model.parameters(), 0.01)
batch, labels = torch.randn(4, 3, 64, 64), torch.randint(0, 10, (4,))


def step() -> float:
    """One training step; its seconds."""
    begin = time.thread_time()
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(model(batch), labels).backward()
    optimizer.step()
    return time.thread_time() - begin


def main(steps: int) -> None:
    """Alternate, so that whatever else the machine does hits both alike."""
    recorder = Recorder(Path(__file__).parent)
    plain, recorded = [], []
    for _ in range(3):
        step()
    for i in range(steps):
        recorder.start()
        try:
            seconds = step()
        finally:
            recorder.stop()
        if i:  # the first one finds out what to watch
            recorded.append(seconds)
        plain.append(step())
    ratio = statistics.median(recorded) / statistics.median(plain)
    sys.stdout.write(
        f"{statistics.median(plain):.4f} s a step, {statistics.median(recorded):.4f} s recorded: {ratio:.3f}\n"
    )
    pairs = statistics.median(b / a for a, b in zip(plain[1:], recorded, strict=True))
    sys.stdout.write(
        f"median of pairs {pairs:.3f}; fastest {min(recorded) / min(plain):.3f}; {len(recorder.scope.calls)} calls\n"
    )


main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
