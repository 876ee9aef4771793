"""torchvision's compiled operators, which need not be installed (checked by hand against its own meta kernels)."""

from __future__ import annotations

from typing import Any

import pytest

from mypy_torch_shapes.rules.mismatch import Mismatch
from mypy_torch_shapes.rules.registry import apply
from mypy_torch_shapes.shapes.dims import Dim, Symbol
from mypy_torch_shapes.shapes.dtypes import float32, float64, int64
from mypy_torch_shapes.shapes.tensor_type import TensorType

N = Dim.of(Symbol("N"))
IMAGE = TensorType(float32, (N, 18, 12, 12))


def f(*dims: Any) -> TensorType:
    return TensorType(float32, dims)


def asked(name: str, *args: Any) -> Any:
    return apply(f"torch.ops.torchvision.{name}", *args)


def test_how_many_boxes_stay_is_in_the_data() -> None:
    kept = asked("nms", f(N, 4), f(N), 0.5)
    assert kept.dtype == int64 and len(kept.dims) == 1 and isinstance(kept.dims[0], Dim)
    for boxes, scores in ((f(N, 5), f(N)), (f(6, 4), f(5)), (f(4), f(4)), (f(N, 4), f(N, 1))):
        with pytest.raises(Mismatch):
            asked("nms", boxes, scores, 0.5)


def test_regions() -> None:
    assert asked("roi_align", IMAGE, f(7, 5), 1.0, 7, 5, 2, False) == f(7, 18, 7, 5)
    assert asked("roi_pool", IMAGE, f(7, 5), 1.0, 7, 5)[0] == f(7, 18, 7, 5)
    assert asked("ps_roi_align", IMAGE, f(7, 5), 1.0, 3, 3, 2)[0] == f(7, 2, 3, 3)
    for name, rois, size in (("roi_align", f(7, 4), 7), ("ps_roi_align", f(7, 5), 4), ("roi_pool", f(7), 7)):
        more = (2, False)[: {"roi_align": 2, "ps_roi_align": 1, "roi_pool": 0}[name]]
        with pytest.raises(Mismatch):
            asked(name, IMAGE, rois, 1.0, size, size, *more)
    with pytest.raises(Mismatch):
        asked("roi_align", IMAGE, TensorType(float64, (7, 5)), 1.0, 7, 7, 2, False)


@pytest.mark.parametrize(("offset", "fits"), [((N, 18, 6, 6), True), ((N, 18, 5, 6), False), ((N, 9, 6, 6), False)])
def test_deformable_convolutions(offset: tuple[Any, ...], fits: bool) -> None:
    call = (IMAGE, f(8, 9, 3, 3), f(*offset), f(N, 9, 6, 6), f(8), 2, 2, 1, 1, 1, 1, 2, 1, True)
    if fits:
        assert asked("deform_conv2d", *call) == f(N, 8, 6, 6)
    else:
        with pytest.raises(Mismatch):
            asked("deform_conv2d", *call)
