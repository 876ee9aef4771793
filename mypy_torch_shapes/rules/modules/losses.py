"""Losses (torch docs: torch.nn, Loss Functions)."""

from __future__ import annotations

from typing import Any

from ...shapes.tensor_type import TensorType
from ...shapes.unknown import Undecided, Unknown
from ..inputs import optional
from .table import Attributes, ModuleSpec, Self, applied, classes, functional, module, size_of


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


def _linear_cross_entropy(
    in_features: Any, num_classes: Any, out_features: Any, bias: Any, device: Any, dtype: Any, **kept: Any
) -> Attributes:
    rows = size_of(num_classes)
    for size in out_features:
        rows = rows * size_of(size)
    linear = classes["torch.nn.Linear"].construct((in_features, rows, bias, device, dtype), {})
    kept |= {"num_classes": num_classes, "out_features": out_features}
    return {**_reduction(**kept), "linear": ModuleSpec("torch.nn.Linear", linear)}


def _linear_cross_entropy_forward(self: Self, input: Any, target: Any) -> Any:
    linear = self.linear
    if not isinstance(linear, ModuleSpec) or isinstance(self.out_features, Unknown):
        raise Undecided("the linear layer is unknown")
    rows = (size_of(self.num_classes), *map(size_of, self.out_features))
    weight, bias = (optional(linear.attrs.get(name), name) for name in ("weight", "bias"))
    return functional(
        "linear_cross_entropy",
        input,
        TensorType(weight.dtype if weight else None, (*rows, size_of(linear.attrs.get("in_features")))),
        target,
        linear_bias=TensorType(bias.dtype, rows) if bias else None,
        weight=self.weight,
        reduction=self.reduction,
        ignore_index=self.ignore_index,
    )


module(
    "LinearCrossEntropyLoss",
    "in_features, num_classes, *, out_features=(), bias=False, device=None, dtype=None, reduction='mean', weight=None,"
    "ignore_index=None, label_smoothing=0.0, options=None",
    "input, target",
    _linear_cross_entropy_forward,
    _linear_cross_entropy,
    "linear_cross_entropy",
)
module(
    "PoissonNLLLoss",
    "log_input=True, full=False, size_average=None, eps=1e-08, reduce=None, reduction='mean'",
    "log_input, target",
    lambda self, log_input, target: functional("poisson_nll_loss", log_input, target, reduction=self.reduction),
    _reduction,
    "poisson_nll_loss",
)
