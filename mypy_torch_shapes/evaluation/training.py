"""What surrounds a model in a script: optimizers, gradient scaling, progress bars."""

from __future__ import annotations

import ast

from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Unknown
from . import iteration
from .library_objects import method
from .run import Frame, Run
from .specials import call_value, special
from .values import Instance, Library, Tensor, Value

_OPTIMIZERS = (
    "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "ASGD", "LBFGS", "NAdam", "Optimizer", "RAdam",
    "RMSprop", "Rprop", "SGD", "SparseAdam",
)  # fmt: skip
_SCALERS = ("torch.cuda.amp.GradScaler", "torch.amp.GradScaler", "torch.cpu.amp.GradScaler")
_BARS = ("tqdm.tqdm", "tqdm.auto.tqdm", "tqdm.notebook.tqdm", "tqdm.std.tqdm", "tqdm.autonotebook.tqdm")


@special(*(f"torch.optim.{name}" for name in _OPTIMIZERS))
def _optimizer(
    run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str
) -> Value:
    return Instance(Library(f"torch.optim.{name}"), complete=False)


@method("torch.optim.", name="step")
def _step(
    run: Run, optimizer: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    """`optimizer.step(closure)` calls the closure, and gives back its loss."""
    closure = args[0] if args else kwargs.get("closure")
    return None if closure is None else call_value(run, closure, [], node, frame)


@method("torch.optim.", name="zero_grad")
@method("torch.optim.", name="add_param_group")
@method("torch.optim.", name="load_state_dict")
@method("torch.optim.swa_utils.AveragedModel", name="update_parameters")
def _kept(
    run: Run, optimizer: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    """What changes an optimizer, of which nothing is kept, or only the values of an average."""
    return None


@special(*_SCALERS)
def _scaler(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return Instance(Library(_SCALERS[0]), complete=False)


@method(_SCALERS[0], name="scale")
def _scale(
    run: Run, scaler: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    return iteration.copy_of(args[0]) if args else Unknown("scaled nothing")


@method(_SCALERS[0], name="step")
def _scaler_step(
    run: Run, scaler: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    return None


@special("torch.nn.utils.clip_grad_norm_", "torch.nn.utils.get_total_norm")
def _norm(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """The total norm: a number in a tensor of the gradients' dtype."""
    known = args[0] if args and isinstance(args[0], Tensor) else iteration.items(run, args[0]) if args else []
    tensors = [known] if isinstance(known, Tensor) else known if isinstance(known, list) else []
    dtypes = {each.type.dtype for each in tensors if isinstance(each, Tensor)}
    return Tensor(TensorType(dtypes.pop() if len(dtypes) == 1 else None, ()))


@special("torch.nn.utils.clip_grad_value_", "torch.nn.utils.clip_grads_with_norm_")
def _nothing(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return None


@special(*_BARS)
def _bar(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return Instance(Library(_BARS[0]), {"<iterable>": args[0] if args else kwargs.get("iterable")}, complete=False)


@special("tqdm.trange", "tqdm.auto.trange")
def _range_bar(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return _bar(run, [iteration.make_range(args)], {}, node, frame)


@method(_BARS[0], name="__iter__")
def _iterate(
    run: Run, bar: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    return bar.attrs["<iterable>"]


@method(_BARS[0], name="__len__")
def _length(run: Run, bar: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return call_value(run, Library("builtins.len"), [bar.attrs["<iterable>"]], node, frame)
