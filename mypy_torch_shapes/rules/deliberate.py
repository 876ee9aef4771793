"""What is left unknown on purpose, and why: names that torch is not asked about either."""

from __future__ import annotations

import re

SPARSE = "sparse tensors, and what belongs to their layout, are not described"
QUANTIZED = "quantized tensors are not described"
BACKEND = "a kernel of one backend, called by torch itself"
SETTING = "a setting of torch or of the machine, no operation on tensors"
SYMBOLIC = "for torch's own symbolic tracing"
REMOVED = "removed from torch: it only raises"
STORAGE = "it depends on storage, strides, devices or autograd, not on dtypes and sizes"
HIGHER = "it takes functions: what they do is not followed"
PROTOCOL = "a part of Python's or torch's own protocols"
SOURCE = "it works on TorchScript or source text"
EFFECT = "it reads or writes files, or starts or changes something"

_REASONS: tuple[tuple[str, str], ...] = (
    (r"assert_int_or_pair|boolean_dispatch|handle_torch_function|has_torch_function.*|Optional", PROTOCOL),
    (r"(to_)?sparse_.*|to_sparse_.*|(ccol_|col_|crow_|row_)?indices(_copy)?|values(_copy)?|dense_dim", SPARSE),
    (r"is_coalesced|(s|ds|hs)mm|hspmm|saddmm|resize_as_sparse_|sparse_resize.*", SPARSE),
    (r"to_mkldnn|to_padded_tensor|native_norm", SPARSE),
    (r"q_.*|qscheme|quantize_.*|quantized_.*|dequantize|int_repr|empty_quantized|fbgemm_.*", QUANTIZED),
    (r"choose_qparams.*|fused_moving_avg_.*|fake_quantize_.*", QUANTIZED),
    (r"(cudnn|miopen|mkldnn|batch_norm)_.*|slice_inverse|affine_grid_generator", BACKEND),
    (r"sym_.*", SYMBOLIC),
    (r"eig|symeig|lstsq|solve|matrix_rank|resize|resize_as|volatile|reinforce|__idiv__|__long__|ipu", REMOVED),
    (r"cond|vmap|while_loop|lobpcg", HIGHER),
    (r"(get|are|is|has|compiled|profiler|clear|prepare|initial|autocast)_(?!same_size|floating|complex|nonzero|signed).*",
     SETTING),
    (r"requires_grad|retains_grad|grad|grad_.*|layout|name|output_nr|mtia|maia|device|dim_order|is_.*", STORAGE),
    (r"(untyped_|const_)?(storage|data_ptr).*|record_stream|register_.*_?hook|module_load|to_dlpack", STORAGE),
    (r"merge_type_.*|parse_.*|unify_.*|typename|classproperty|thread_safe_generator|import_ir.*|compile", SOURCE),
    (r"__\w+__|index", PROTOCOL),
)  # fmt: skip
_PATTERNS = tuple((re.compile(pattern), reason) for pattern, reason in _REASONS)


def reason(path: str) -> str | None:
    """Why an operation is left unknown; None where it is not."""
    prefix, _, name = path.rpartition(".")
    if prefix not in ("torch", "torch.Tensor", "torch.nn.functional"):
        return None
    if prefix == "torch.Tensor" and (name == "get_device" or name.startswith("is_")) and name != "is_coalesced":
        return STORAGE
    return next((why for pattern, why in _PATTERNS if pattern.fullmatch(name)), None)
