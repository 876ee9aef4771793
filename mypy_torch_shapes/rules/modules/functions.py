"""Classes that apply one function (torch docs: torch.nn, activations, pooling, padding, dropout, losses, vision)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...shapes.unknown import Unknown
from ..inputs import operand, rank_is
from ..mismatch import Mismatch
from ..registry import apply
from .table import Attributes, Self, applied, functional, module, parameter, repeated

# --- activations ---

for _name, _path, _constructor in (
    ("ReLU", "F.relu", "inplace=False"),
    ("CELU", "F.celu", "alpha=1.0, inplace=False"),
    ("ELU", "F.elu", "alpha=1.0, inplace=False"),
    ("GELU", "F.gelu", "approximate='none'"),
    ("GLU", "F.glu", "dim=-1"),
    ("Hardshrink", "F.hardshrink", "lambd=0.5"),
    ("Hardsigmoid", "F.hardsigmoid", "inplace=False"),
    ("Hardswish", "F.hardswish", "inplace=False"),
    ("LeakyReLU", "F.leaky_relu", "negative_slope=0.01, inplace=False"),
    ("LogSigmoid", "F.logsigmoid", ""),
    ("LogSoftmax", "F.log_softmax", "dim=None"),
    ("Mish", "F.mish", "inplace=False"),
    ("RReLU", "F.rrelu", "lower=0.125, upper=0.3333333333333333, inplace=False"),
    ("SELU", "F.selu", "inplace=False"),
    ("SiLU", "F.silu", "inplace=False"),
    ("Sigmoid", "torch.sigmoid", ""),
    ("Softmax", "F.softmax", "dim=None"),
    ("Softmin", "F.softmin", "dim=None"),
    ("Softplus", "F.softplus", "beta=1.0, threshold=20.0"),
    ("Softshrink", "F.softshrink", "lambd=0.5"),
    ("Softsign", "F.softsign", ""),
    ("Tanh", "torch.tanh", ""),
    ("Tanhshrink", "F.tanhshrink", ""),
    ("Threshold", "F.threshold", "threshold, value, inplace=False"),
):
    applied(_name, _constructor, _path)


def _hardtanh(min_val: Any, max_val: Any, inplace: Any, min_value: Any, max_value: Any) -> Attributes:
    low, high = (min_val if min_value is None else min_value), (max_val if max_value is None else max_value)
    if isinstance(low, int | float) and isinstance(high, int | float) and high <= low:
        raise Mismatch(f"max_val = {high} must be greater than min_val = {low}")
    return {"min_val": low, "max_val": high, "inplace": inplace}


def _prelu(num_parameters: Any, init: Any, device: Any, dtype: Any) -> Attributes:
    return {"num_parameters": num_parameters, "init": init, "weight": parameter(dtype, num_parameters)}


def _softmax2d(self: Self, input: Any) -> Any:
    rank_is(operand(input), (3, 4))
    return functional("softmax", input, -3)


_BOUNDS = "min_val=-1.0, max_val=1.0, inplace=False, min_value=None, max_value=None"
applied("Hardtanh", _BOUNDS, "F.hardtanh", build=_hardtanh)
applied("ReLU6", "inplace=False", "F.relu6", build=lambda inplace: {"min_val": 0.0, "max_val": 6.0, "inplace": inplace})
module("Softmax2d", "", "input", _softmax2d, operation="softmax")
module(
    "PReLU",
    "num_parameters=1, init=0.25, device=None, dtype=None",
    "input",
    lambda self, input: functional("prelu", input, self.weight),
    _prelu,
)

# --- pooling ---

_WINDOW = "kernel_size, stride=None, padding=0"


def _own_stride(kernel_size: Any, stride: Any, **kept: Any) -> Attributes:
    return {"kernel_size": kernel_size, "stride": kernel_size if stride is None else stride, **kept}


def _tuples(n: int, **config: Any) -> Attributes:
    config = _own_stride(**config)
    return {**config, **{name: repeated(config[name], n) for name in ("kernel_size", "stride", "padding")}}


def _fractional(n: int, output_size: Any, output_ratio: Any, **kept: Any) -> Attributes:
    if output_size is None and output_ratio is None:
        raise Mismatch("either output_size or output_ratio is needed")
    known = not isinstance(output_size, Unknown) and not isinstance(output_ratio, Unknown)
    if known and output_size is not None and output_ratio is not None:
        raise Mismatch("only one of output_size and output_ratio may be given")
    ratio = None if output_ratio is None else repeated(output_ratio, n)
    if isinstance(ratio, tuple) and any(isinstance(r, float | int) and not 0 < r < 1 for r in ratio):
        raise Mismatch(f"output_ratio = {output_ratio} must be between 0 and 1")
    size = None if output_size is None else repeated(output_size, n)
    return {**kept, "kernel_size": repeated(kept["kernel_size"], n), "output_size": size, "output_ratio": ratio}


def _register_pools(n: int) -> None:
    def tuples(**config: Any) -> Attributes:
        return _tuples(n, **config)

    windowed = f"{_WINDOW}, dilation=1, return_indices=False, ceil_mode=False"
    applied(f"MaxPool{n}d", windowed, f"F.max_pool{n}d", build=_own_stride)
    averaged = f"{_WINDOW}, ceil_mode=False, count_include_pad=True" + (", divisor_override=None" if n > 1 else "")
    applied(f"AvgPool{n}d", averaged, f"F.avg_pool{n}d", build=tuples if n == 1 else _own_stride)
    applied(f"LPPool{n}d", "norm_type, kernel_size, stride=None, ceil_mode=False", f"F.lp_pool{n}d")
    applied(f"AdaptiveAvgPool{n}d", "output_size", f"F.adaptive_avg_pool{n}d")
    applied(f"AdaptiveMaxPool{n}d", "output_size, return_indices=False", f"F.adaptive_max_pool{n}d")
    applied(f"MaxUnpool{n}d", _WINDOW, f"F.max_unpool{n}d", "input, indices, output_size=None", tuples)
    if n > 1:
        applied(
            f"FractionalMaxPool{n}d",
            "kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None",
            f"F.fractional_max_pool{n}d",
            build=lambda **config: _fractional(n, **config),
        )


# --- padding ---


def _register_pads(n: int) -> None:
    def build(padding: Any, **kept: Any) -> Attributes:
        return {"padding": repeated(padding, 2 * n), **kept}

    def padded(mode: str, check: bool) -> Callable[..., Any]:
        def run(self: Self, input: Any) -> Any:
            tensor = operand(input)
            if check:
                rank_is(tensor, (n + 1, n + 2))
            return functional("pad", tensor, self.padding, mode)

        return run

    def zeros(padding: Any) -> Attributes:
        return build(padding, value=0.0)

    module(f"ZeroPad{n}d", "padding", "input", padded("constant", False), zeros, "pad")
    module(f"ConstantPad{n}d", "padding, value", "input", padded("constant", False), build, "pad")
    module(f"ReflectionPad{n}d", "padding", "input", padded("reflect", False), build, "pad")
    module(f"ReplicationPad{n}d", "padding", "input", padded("replicate", False), build, "pad")
    module(f"CircularPad{n}d", "padding", "input", padded("circular", True), build, "pad")


for _n in (1, 2, 3):
    _register_pools(_n)
    _register_pads(_n)

# --- dropout ---


def _dropout(p: Any, inplace: Any) -> Attributes:
    if isinstance(p, int | float) and not 0 <= p <= 1:
        raise Mismatch(f"p = {p} is no probability")
    return {"p": p, "inplace": inplace}


for _name, _path in (
    ("Dropout", "F.dropout"),
    ("Dropout1d", "F.dropout1d"),
    ("Dropout2d", "F.dropout2d"),
    ("Dropout3d", "F.dropout3d"),
    ("AlphaDropout", "F.alpha_dropout"),
    ("FeatureAlphaDropout", "F.feature_alpha_dropout"),
):
    applied(_name, "p=0.5, inplace=False", _path, build=_dropout)

# --- shapes and vision ---


def _upsample(**config: Any) -> Attributes:
    factor = config["scale_factor"]
    if isinstance(factor, tuple):
        factor = tuple(float(f) if isinstance(f, int | float) else f for f in factor)
    elif isinstance(factor, int | float):
        factor = float(factor) if factor else None
    return {"name": "Upsample", **config, "scale_factor": factor}


def _unflatten(self: Self, input: Any) -> Any:
    return apply("torch.unflatten", input, self.dim, self.unflattened_size)


applied("Flatten", "start_dim=1, end_dim=-1", "torch.flatten")
module("Unflatten", "dim, unflattened_size", "input", _unflatten)
applied("Unfold", "kernel_size, dilation=1, padding=0, stride=1", "F.unfold")
applied("Fold", "output_size, kernel_size, dilation=1, padding=0, stride=1", "F.fold")
applied("PixelShuffle", "upscale_factor", "F.pixel_shuffle")
applied("PixelUnshuffle", "downscale_factor", "F.pixel_unshuffle")
applied("ChannelShuffle", "groups", "F.channel_shuffle")
applied(
    "Upsample",
    "size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None",
    "F.interpolate",
    build=_upsample,
)
for _name, _mode, _corners in (("UpsamplingNearest2d", "nearest", None), ("UpsamplingBilinear2d", "bilinear", True)):
    applied(_name, "size=None, scale_factor=None", "F.interpolate", build=_upsample, mode=_mode, align_corners=_corners)

# --- distances ---

applied("CosineSimilarity", "dim=1, eps=1e-08", "F.cosine_similarity", "x1, x2")
applied(
    "PairwiseDistance",
    "p=2.0, eps=1e-06, keepdim=False",
    "F.pairwise_distance",
    "x1, x2",
    lambda p, **kept: {"norm": p, **kept},
)

# --- losses ---


def _reduction(size_average: Any = None, reduce: Any = None, reduction: Any = "mean", **kept: Any) -> Attributes:
    if isinstance(size_average, Unknown) or isinstance(reduce, Unknown):
        return {**kept, "reduction": Unknown("size_average or reduce is unknown")}
    if size_average is not None or reduce is not None:
        whole = "mean" if size_average is None or size_average else "sum"
        reduction = whole if reduce is None or reduce else "none"
    return {**kept, "reduction": reduction}


_OLD = "size_average=None, reduce=None, reduction='mean'"
_INDEXED = "weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean'"
for _name, _path, _constructor, _inputs in (
    ("L1Loss", "F.l1_loss", _OLD, "input, target"),
    ("MSELoss", "F.mse_loss", _OLD, "input, target"),
    ("SmoothL1Loss", "F.smooth_l1_loss", f"{_OLD}, beta=1.0", "input, target"),
    ("HuberLoss", "F.huber_loss", "reduction='mean', delta=1.0", "input, target"),
    ("KLDivLoss", "F.kl_div", f"{_OLD}, log_target=False", "input, target"),
    ("SoftMarginLoss", "F.soft_margin_loss", _OLD, "input, target"),
    ("HingeEmbeddingLoss", "F.hinge_embedding_loss", f"margin=1.0, {_OLD}", "input, target"),
    ("GaussianNLLLoss", "F.gaussian_nll_loss", "*, full=False, eps=1e-06, reduction='mean'", "input, target, var"),
    ("BCELoss", "F.binary_cross_entropy", f"weight=None, {_OLD}", "input, target"),
    (
        "BCEWithLogitsLoss",
        "F.binary_cross_entropy_with_logits",
        f"weight=None, {_OLD}, pos_weight=None",
        "input, target",
    ),
    (
        "NLLLoss",
        "F.nll_loss",
        _INDEXED,
        "input, target",
    ),
    (
        "NLLLoss2d",
        "F.nll_loss",
        _INDEXED,
        "input, target",
    ),
    ("MultiLabelMarginLoss", "F.multilabel_margin_loss", _OLD, "input, target"),
    ("MultiLabelSoftMarginLoss", "F.multilabel_soft_margin_loss", f"weight=None, {_OLD}", "input, target"),
    ("MultiMarginLoss", "F.multi_margin_loss", f"p=1, margin=1.0, weight=None, {_OLD}", "input, target"),
    ("CosineEmbeddingLoss", "F.cosine_embedding_loss", f"margin=0.0, {_OLD}", "input1, input2, target"),
    ("MarginRankingLoss", "F.margin_ranking_loss", f"margin=0.0, {_OLD}", "input1, input2, target"),
    (
        "TripletMarginLoss",
        "F.triplet_margin_loss",
        f"margin=1.0, p=2.0, eps=1e-06, swap=False, {_OLD}",
        "anchor, positive, negative",
    ),
    (
        "TripletMarginWithDistanceLoss",
        "F.triplet_margin_with_distance_loss",
        "*, distance_function=None, margin=1.0, swap=False, reduction='mean'",
        "anchor, positive, negative",
    ),
    (
        "CTCLoss",
        "F.ctc_loss",
        "blank=0, reduction='mean', zero_infinity=False",
        "log_probs, targets, input_lengths, target_lengths",
    ),
    (
        "CrossEntropyLoss",
        "F.cross_entropy",
        f"{_INDEXED}, label_smoothing=0.0",
        "input, target",
    ),
):
    applied(_name, _constructor, _path, _inputs, _reduction)
module(
    "PoissonNLLLoss",
    "log_input=True, full=False, size_average=None, eps=1e-08, reduce=None, reduction='mean'",
    "log_input, target",
    lambda self, log_input, target: functional("poisson_nll_loss", log_input, target, reduction=self.reduction),
    _reduction,
    "poisson_nll_loss",
)
