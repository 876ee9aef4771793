"""Autocast regions: which operations cast their arguments there, and to what (torch docs: Automatic Mixed Precision).

The lists are those of torch's dispatcher for the keys AutocastCPU and AutocastCUDA; `tests/rules/test_autocast.py`
compares them, and what follows from them, with torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from ..shapes.dtypes import DType, float32, float64, promote
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Undecided
from .mismatch import DTYPE, Mismatch
from .vocabulary import Named, named

LOWER, FLOAT32, PROMOTE = "lower precision", "float32", "widest"


@dataclass(frozen=True)
class Region:
    """What is in force for the tensors of one kind of device."""

    device: str  # "cpu" or "cuda"
    dtype: DType | None  # of the operations that are run in lower precision; None where it is not known
    certain: bool = True  # False: it may be switched off


regions: ContextVar[tuple[Region, ...]] = ContextVar("regions", default=())
# Whether every tensor that was observed is on the CPU; asked where a device matters only.
only_cpu: ContextVar[Callable[[], bool]] = ContextVar("only_cpu", default=lambda: False)


@contextmanager
def within(*entered: Region) -> Iterator[None]:
    """Run what follows inside these regions and no others."""
    token = regions.set(entered)
    try:
        yield
    finally:
        regions.reset(token)


# Names as torch's dispatcher has them, without their overloads.
LISTS: dict[str, dict[str, str]] = {
    "cpu": {
        LOWER: """
            _addmm_activation _convolution _native_multi_head_attention addbmm addmm baddbmm bmm conv1d conv2d conv3d
            conv_tbc conv_transpose1d conv_transpose2d conv_transpose3d linalg_vecdot linear matmul mkldnn_rnn_layer
            mm prelu scaled_dot_product_attention
        """,
        PROMOTE: "cat index_copy stack",
        FLOAT32: """
            _grid_sampler_2d_cpu_fallback _lu_with_info adaptive_avg_pool3d adaptive_max_pool3d avg_pool3d
            binary_cross_entropy binary_cross_entropy_with_logits cdist cholesky cholesky_inverse cholesky_solve
            cosine_embedding_loss cross_entropy_loss ctc_loss fake_quantize_per_tensor_affine fft_fft fft_fft2 fft_fftn
            fft_hfft fft_ifft fft_ifft2 fft_ifftn fft_ihfft fft_irfft fft_irfft2 fft_irfftn fft_rfft fft_rfft2
            fft_rfftn fractional_max_pool2d fractional_max_pool3d geqrf grid_sampler grid_sampler_2d grid_sampler_3d
            hinge_embedding_loss huber_loss inverse kl_div l1_loss linalg_cholesky linalg_cholesky_ex linalg_cond
            linalg_eig linalg_eigh linalg_eigvals linalg_eigvalsh linalg_householder_product linalg_inv linalg_inv_ex
            linalg_lstsq linalg_matrix_rank linalg_qr linalg_solve linalg_svd linalg_svdvals linalg_tensorinv
            linalg_tensorsolve lu_solve margin_ranking_loss max_pool3d max_unpool2d max_unpool3d mse_loss
            multi_margin_loss multilabel_margin_loss multilabel_margin_loss_forward nanquantile nll_loss nll_loss2d
            orgqr ormqr pinverse poisson_nll_loss polar prod qr quantile reflection_pad1d reflection_pad2d
            replication_pad1d replication_pad2d replication_pad3d smooth_l1_loss soft_margin_loss stft svd trace
            triangular_solve triplet_margin_loss view_as_complex
        """,
    },
    "cuda": {
        LOWER: """
            _convolution _scaled_dot_product_flash_attention _thnn_fused_gru_cell _thnn_fused_lstm_cell addbmm addmm
            addmv addr baddbmm bmm chain_matmul conv1d conv2d conv3d conv_tbc conv_transpose1d conv_transpose2d
            conv_transpose3d convolution cudnn_convolution cudnn_convolution_transpose einsum gru_cell
            linalg_multi_dot linalg_vecdot linear lstm_cell matmul mm mv prelu rnn_relu_cell rnn_tanh_cell
            scaled_dot_product_attention
        """,
        PROMOTE: "addcdiv addcmul atan2 bilinear cross dot grid_sampler index_put scatter_add tensordot vdot",
        FLOAT32: """
            _upsample_bicubic2d_aa _upsample_bilinear2d_aa _upsample_nearest_exact1d _upsample_nearest_exact2d
            _upsample_nearest_exact3d acos asin binary_cross_entropy_with_logits cdist cosh cosine_embedding_loss
            cosine_similarity cumprod cumsum dist erfinv exp expm1 frobenius_norm group_norm hinge_embedding_loss
            huber_loss kl_div l1_loss layer_norm linalg_matrix_norm linalg_vector_norm log log10 log1p log2 log_softmax
            logsumexp margin_ranking_loss mse_loss multi_margin_loss multilabel_margin_loss native_layer_norm nll_loss
            nll_loss2d norm nuclear_norm pdist poisson_nll_loss pow prod reciprocal renorm rms_norm rsqrt sinh
            smooth_l1_loss soft_margin_loss softmax softplus sum tan triplet_margin_loss upsample_bicubic2d
            upsample_bilinear2d upsample_linear1d upsample_nearest1d upsample_nearest2d upsample_nearest3d
            upsample_trilinear3d
        """,
    },
}
_LISTED = {
    device: {name: kind for kind, names in lists.items() for name in names.split()} for device, lists in LISTS.items()
}

# What is made of listed operations without being listed itself: what comes out depends on how it is made.
_COMPOSITE_NAMES = """
    adaptive_log_softmax_with_loss affine_grid binary_cross_entropy bilinear cartesian_prod chain_matmul column_stack
    combinations corrcoef cov dstack einsum embedding embedding_bag fake_quantize_per_channel_affine
    float_power fractional_max_pool2d_with_indices fractional_max_pool3d_with_indices gaussian_nll_loss gradient
    grid_sample grouped_mm gru gru_cell gumbel_softmax hsplit hstack inner instance_norm interpolate istft kron ldexp
    linear_cross_entropy local_response_norm logdet lp_pool1d lp_pool2d lp_pool3d lstm lstm_cell lu matrix_exp
    matrix_power max_unpool1d mkldnn_linear multi_dot multi_head_attention_forward multilabel_soft_margin_loss norm
    normalize pad pairwise_distance pca_lowrank pinv pinverse reduce rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell
    row_stack slogdet softmin square std_mean svd_lowrank tensordot triplet_margin_with_distance_loss upsample
    upsample_bilinear upsample_nearest vander var_mean vstack sum_to_size trapz trapezoid
    cumulative_trapezoid max_pool3d
"""
_COMPOSITE = frozenset(_COMPOSITE_NAMES.split())
_COMPOSITE_PREFIXES = ("torch.masked.", "torch.linalg.", "einops.", "torch.nn.utils.", "torch.signal.")
_COMPOSITE_CLASSES = ("LSTM", "GRU", "RNN", "MultiheadAttention", "Transformer")


def call(path: str, args: tuple[Any, ...], kwargs: dict[str, Any], function: Callable[..., Any]) -> Any:
    """What a function of rule values gives inside the regions in force.

    Raises Mismatch only where the operation fails whatever casts are made.
    """
    inside = regions.get()
    results: list[Any] = []
    refusal: Mismatch | None = None
    for region in _ways(inside):
        try:
            with within():
                results.append(in_region(region, path, args, kwargs, function))
        except Mismatch as mismatch:
            refusal = refusal or mismatch
    if not results:
        assert refusal is not None
        raise refusal
    if refusal is not None:
        raise Undecided("it depends on autocast whether it runs")
    return _agreed(results)


def forgotten(value: Any) -> Any:
    """A result with floating dtypes left open: inside autocast they depend on how it was made."""
    return _mapped(lambda tensor: tensor.with_dtype(None) if _floating(tensor) else tensor, value)


def is_composite_class(name: str) -> bool:
    """Whether a class of torch.nn is more than one operation with its parameters."""
    return any(part in name for part in _COMPOSITE_CLASSES)


def _ways(inside: tuple[Region, ...]) -> list[Region | None]:
    """What may be in force for the tensors of an operation: one region, or none."""
    if only_cpu.get()():
        inside = tuple(region for region in inside if region.device == "cpu")
        return [*inside, None] if not inside or not all(region.certain for region in inside) else list(inside)
    return [*inside, None]


def in_region(
    region: Region | None, path: str, args: tuple[Any, ...], kwargs: dict[str, Any], function: Callable[..., Any]
) -> Any:
    if region is None or kwargs.get("out") is not None:
        return function(*args, **kwargs)
    kind = _kind(path, region.device, args)
    if kind == "composite":
        try:
            return forgotten(function(*forgotten(args), **forgotten(kwargs)))
        except Mismatch as mismatch:
            if mismatch.code == DTYPE:
                raise Undecided("a dtype inside autocast is not known") from None
            raise
    if kind is None or (kind == FLOAT32 and isinstance(kwargs.get("dtype"), DType)):
        return function(*args, **kwargs)
    dtype = {LOWER: region.dtype, FLOAT32: float32, PROMOTE: _widest((args, kwargs))}[kind]
    cast = _mapped(lambda tensor: tensor.with_dtype(dtype) if _eligible(tensor) else tensor, (args, kwargs))
    return function(*cast[0], **cast[1])


def _kind(path: str, device: str, args: tuple[Any, ...]) -> str | None:
    """LOWER, FLOAT32 or PROMOTE for what is listed, "composite" for what is made of that, or None."""
    name = path.removeprefix("torch.").removeprefix("nn.functional.").removeprefix("Tensor.").replace(".", "_")
    if name == "cross_entropy":  # of log_softmax and nll_loss, or in one
        return FLOAT32
    if name == "div" and not isinstance(args[0] if args else None, TensorType):
        name = "reciprocal"  # number / tensor is number * tensor.reciprocal()
    listed = _LISTED[device].get(name.removeprefix("special_"))
    if name in _COMPOSITE or (listed is None and path.startswith(_COMPOSITE_PREFIXES)):
        return "composite"
    return listed


def _eligible(tensor: TensorType) -> bool:
    return tensor.dtype is None or (tensor.dtype.is_floating_point and tensor.dtype != float64)


def _floating(tensor: TensorType) -> bool:
    return tensor.dtype is None or tensor.dtype.is_floating_point or tensor.dtype.is_complex


def _widest(value: Any) -> DType | None:
    widest: DType | None = None
    for tensor in _tensors(value):
        if tensor.dtype is None:
            return None
        if _eligible(tensor):
            widest = tensor.dtype if widest is None else promote(widest, tensor.dtype)
    return widest


def _tensors(value: Any) -> Iterator[TensorType]:
    if isinstance(value, TensorType):
        yield value
    elif isinstance(value, tuple | list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _tensors(item)


def _mapped(function: Callable[[TensorType], TensorType], value: Any) -> Any:
    if isinstance(value, TensorType):
        return function(value)
    if isinstance(value, Named):
        return named(*((name, _mapped(function, item)) for name, item in zip(value.fields, value, strict=True)))
    if isinstance(value, tuple | list):
        return type(value)(_mapped(function, item) for item in value)
    if isinstance(value, dict):
        return {key: _mapped(function, item) for key, item in value.items()}
    return value


def _agreed(results: list[Any]) -> Any:
    """What all results have in common: dtypes that differ are open."""
    first, *others = results
    for other in others:
        first = _merged(first, other)
    return first


def _merged(a: Any, b: Any) -> Any:
    if isinstance(a, TensorType) and isinstance(b, TensorType):
        return a if a.dtype == b.dtype else a.with_dtype(None)
    if isinstance(a, Named) and isinstance(b, Named):
        return named(*((name, _merged(x, y)) for name, x, y in zip(a.fields, a, b, strict=True)))
    if isinstance(a, tuple | list) and isinstance(b, tuple | list) and len(a) == len(b):
        return type(a)(_merged(x, y) for x, y in zip(a, b, strict=True))
    return a
