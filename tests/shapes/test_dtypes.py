"""Our dtypes against torch's."""

from __future__ import annotations

import itertools

import pytest

from mypy_torch_shapes.shapes import dtypes
from mypy_torch_shapes.shapes.dtypes import DType

torch = pytest.importorskip("torch")

ALL = sorted(set(dtypes.BY_NAME.values()), key=lambda dtype: dtype.name)


def theirs(dtype: DType) -> object:
    if not hasattr(torch, dtype.name):
        pytest.skip(f"this torch has no {dtype.name}")
    return getattr(torch, dtype.name)


@pytest.mark.parametrize("left", ALL, ids=lambda dtype: dtype.name)
def test_promotion_is_torchs(left: DType) -> None:
    for right in ALL:
        try:
            expected = str(torch.promote_types(theirs(left), theirs(right)))
        except RuntimeError:
            expected = None
        promoted = dtypes.promote(left, right)
        assert (None if promoted is None else repr(promoted)) == expected, right


@pytest.mark.parametrize("source", ALL, ids=lambda dtype: dtype.name)
def test_casting_is_torchs(source: DType) -> None:
    for target in ALL:
        assert dtypes.can_cast(source, target) == torch.can_cast(theirs(source), theirs(target)), target


@pytest.mark.parametrize("dtype", ALL, ids=lambda dtype: dtype.name)
def test_properties_are_torchs(dtype: DType) -> None:
    real = theirs(dtype)
    assert dtype.is_floating_point == real.is_floating_point  # type: ignore[attr-defined]
    assert dtype.is_complex == real.is_complex  # type: ignore[attr-defined]
    assert dtype.itemsize == real.itemsize  # type: ignore[attr-defined]
    assert repr(dtype) == str(real)
    if dtype.is_complex:
        assert repr(dtypes.real_of(dtype)) == str(real.to_real())  # type: ignore[attr-defined]
        assert dtypes.complex_of(dtypes.real_of(dtype)) == dtype
    elif dtype.is_floating_point and dtype.bits > 8:
        assert repr(dtypes.complex_of(dtype)) == str(real.to_complex())  # type: ignore[attr-defined]


def test_other_names_of_torch_are_known() -> None:
    for name, dtype in dtypes.BY_NAME.items():
        if hasattr(torch, name):
            assert str(getattr(torch, name)) == repr(dtype)


def test_promotion_is_symmetric() -> None:
    for left, right in itertools.combinations(ALL, 2):
        assert dtypes.promote(left, right) == dtypes.promote(right, left)
