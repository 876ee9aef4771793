"""jaxtyping's names for sets of dtypes."""

from __future__ import annotations

DTypes = frozenset[str] | None  # names of torch's dtypes; None: any

_UINTS = ("uint2", "uint4", "uint8", "uint16", "uint32", "uint64")
_INTS = ("int2", "int4", "int8", "int16", "int32", "int64")
_FLOAT8 = ("float8_e4m3b11fnuz", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz")
_FLOATS = ("float4_e2m1fn", *_FLOAT8, "bfloat16", "float16", "float32", "float64")
_COMPLEXES = ("complex64", "complex128")

_SPELLED = {
    "float4_e2m1fn": "Float4e2m1fn",
    "bfloat16": "BFloat16",
    **{name: "Float8" + name.removeprefix("float8_") for name in _FLOAT8},
    **{name: "UInt" + name.removeprefix("uint") for name in _UINTS},
}

BY_CLASS: dict[str, DTypes] = {
    **{_SPELLED.get(name, name.capitalize()): frozenset({name}) for name in (*_UINTS, *_INTS, *_FLOATS, *_COMPLEXES)},
    "Bool": frozenset({"bool"}),
    "UInt": frozenset(_UINTS),
    "Int": frozenset(_INTS),
    "Integer": frozenset((*_UINTS, *_INTS)),
    "Float": frozenset(_FLOATS),
    "Complex": frozenset(_COMPLEXES),
    "Inexact": frozenset((*_FLOATS, *_COMPLEXES)),
    "Real": frozenset((*_FLOATS, *_UINTS, *_INTS)),
    "Num": frozenset((*_UINTS, *_INTS, *_FLOATS, *_COMPLEXES)),
    "Shaped": None,
    "Key": frozenset({"prng_key"}),
}
