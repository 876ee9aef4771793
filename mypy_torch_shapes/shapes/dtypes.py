"""torch's dtypes and how they promote (torch docs: Tensor Attributes, torch.dtype)."""

from __future__ import annotations

from dataclasses import dataclass

BOOL, INTEGER, FLOATING, COMPLEX = range(4)  # torch's categories, in promotion order


@dataclass(frozen=True)
class DType:
    """A torch dtype by its name without the prefix."""

    name: str
    category: int
    bits: int

    @property
    def is_floating_point(self) -> bool:
        return self.category == FLOATING

    @property
    def is_complex(self) -> bool:
        return self.category == COMPLEX

    @property
    def itemsize(self) -> int:
        return self.bits // 8

    def __repr__(self) -> str:
        return f"torch.{self.name}"


_ALL = [
    DType("bool", BOOL, 8),
    *(DType(f"int{bits}", INTEGER, bits) for bits in (8, 16, 32, 64)),
    *(DType(f"uint{bits}", INTEGER, bits) for bits in (8, 16, 32, 64)),
    DType("float16", FLOATING, 16),
    DType("bfloat16", FLOATING, 16),
    DType("float32", FLOATING, 32),
    DType("float64", FLOATING, 64),
    *(
        DType(name, FLOATING, 8)
        for name in ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu")
    ),
    DType("complex32", COMPLEX, 32),
    DType("complex64", COMPLEX, 64),
    DType("complex128", COMPLEX, 128),
]

BY_NAME: dict[str, DType] = {dtype.name: dtype for dtype in _ALL}
BY_NAME.update(
    {
        "float": BY_NAME["float32"],
        "double": BY_NAME["float64"],
        "half": BY_NAME["float16"],
        "long": BY_NAME["int64"],
        "int": BY_NAME["int32"],
        "short": BY_NAME["int16"],
        "cfloat": BY_NAME["complex64"],
        "cdouble": BY_NAME["complex128"],
        "chalf": BY_NAME["complex32"],
    }
)

bool_ = BY_NAME["bool"]
uint8, int8, int16, int32, int64 = (BY_NAME[name] for name in ("uint8", "int8", "int16", "int32", "int64"))
float16, bfloat16, float32, float64 = (BY_NAME[name] for name in ("float16", "bfloat16", "float32", "float64"))
complex32, complex64, complex128 = (BY_NAME[name] for name in ("complex32", "complex64", "complex128"))

_COMPLEX_OF = {"float16": complex32, "bfloat16": complex64, "float32": complex64, "float64": complex128}
_REAL_OF = {"complex32": float16, "complex64": float32, "complex128": float64}


def promote(a: DType, b: DType) -> DType | None:
    """torch.promote_types; None where torch refuses (float8, mixed large unsigned)."""
    if a == b:
        return a
    if _is_float8(a) or _is_float8(b):
        return None
    if _is_wide_unsigned(a) or _is_wide_unsigned(b):  # these go with the floating dtypes only
        return {a.category: a, b.category: b}.get(FLOATING)
    if a.category != b.category:
        low, high = sorted((a, b), key=lambda dtype: dtype.category)
        if high.category == COMPLEX and low.category == FLOATING:
            return promote(_COMPLEX_OF[low.name], high) if low.name in _COMPLEX_OF else None
        return high
    if a.category == INTEGER:
        return _promote_integers(a, b)
    if a.bits == b.bits:  # float16 with bfloat16
        return float32
    return a if a.bits > b.bits else b


def _promote_integers(a: DType, b: DType) -> DType:
    if uint8 in (a, b):
        signed = b if a == uint8 else a
        return int16 if signed == int8 else signed
    return a if a.bits > b.bits else b


def _is_float8(dtype: DType) -> bool:
    return dtype.category == FLOATING and dtype.bits == 8


def _is_wide_unsigned(dtype: DType) -> bool:
    return dtype.name in ("uint16", "uint32", "uint64")


def can_cast(source: DType, target: DType) -> bool:
    """torch.can_cast: an in-place result may not fall to a lower category."""
    return source.category <= target.category


def complex_of(dtype: DType) -> DType | None:
    """The complex dtype whose parts have this dtype."""
    return dtype if dtype.is_complex else _COMPLEX_OF.get(dtype.name)


def real_of(dtype: DType) -> DType:
    """The dtype of the parts of a complex dtype; a real dtype is its own."""
    return _REAL_OF.get(dtype.name, dtype)
