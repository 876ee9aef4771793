"""torch.utils.data: what a data set's items are, and the batches a DataLoader makes of them."""

from __future__ import annotations

import ast
from typing import Any

from ..rules.mismatch import Mismatch
from ..shapes.dims import Dim, Size, Symbol
from ..shapes.dtypes import bool_, float64, int64
from ..shapes.relations import Truth, equal
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Undecided, Unknown
from . import calls, iteration, objects
from .joins import join
from .library_objects import find, method
from .run import Frame, Run
from .specials import special
from .standard_library import deep_copy
from .values import Bound, Instance, Library, ListValue, Many, Named, Raised, Real, Tensor, Value, is_size

_DATA = "torch.utils.data."
LOADER = f"{_DATA}DataLoader"
ELEMENT = "<element>"  # what a loader yields
BATCH = "<batch>"  # the size of a batch, that every tensor in it begins with; None: nobody has said so
_ORDER = (
    "dataset", "batch_size", "shuffle", "sampler", "batch_sampler", "num_workers", "collate_fn", "pin_memory",
    "drop_last",
)  # fmt: skip


@special(LOADER)
def _loader(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    given = {**dict(zip(_ORDER, args, strict=False)), **kwargs}
    dataset = given.get("dataset")
    size = given.get("batch_size", 1)
    attrs = {"dataset": dataset, "batch_size": size, "drop_last": given.get("drop_last", False)}
    made = Instance(Library(LOADER), attrs, complete=False)
    item = item_of(run, dataset, node, frame)
    batch = _batch_size(size, length_of(run, dataset, node, frame), attrs["drop_last"])
    if given.get("batch_sampler") is not None:
        batch = _free(None)
    collate = given.get("collate_fn")
    made.attrs[BATCH] = batch if isinstance(batch, int) or (collate is None and size is not None) else None
    if size is None and given.get("batch_sampler") is None:
        element = item if collate is None else _called(run, collate, [item], node, frame)
    elif collate is None:
        element = collated(item, batch)
    else:
        element = _called(run, collate, [ListValue([item], batch)], node, frame)
    made.attrs[ELEMENT] = element
    return made


def _called(run: Run, function: Value, args: list[Value], node: ast.AST, frame: Frame) -> Value:
    """A call that happens later, in the loader: what it raises does not end what constructs the loader."""
    try:
        return calls.call(run, function, args, {}, node, frame)
    except Raised:
        return Unknown("what a data set gives")


def _free(seen: tuple[int, ...] | None) -> Size:
    return Dim.of(Symbol("", seen))


def _batch_size(size: Value, count: Size | None, drop_last: Value) -> Size:
    """How large a batch is. The last one may be shorter, unless it is dropped or the data come out even."""
    if not is_size(size):
        return _free(None)
    if drop_last is True:
        return size  # type: ignore[no-any-return]
    if isinstance(size, int) and isinstance(count, int) and size > 0 and count > 0:
        full, rest = min(size, count), count % size
        return full if rest in (0, full) else _free((full, rest))
    return _free((size,) if isinstance(size, int) else size.values)


def collated(item: Value, batch: Size) -> Value:
    """What torch's default collate function makes of a batch of items that are all like this one."""
    if isinstance(item, Tensor):
        dims = item.type.dims
        return Tensor(TensorType(item.type.dtype, None if dims is None else (batch, *dims)))
    if isinstance(item, bool):
        return Tensor(TensorType(bool_, (batch,)))
    if isinstance(item, int | Dim):
        return Tensor(TensorType(int64, (batch,)))
    if isinstance(item, float | Real):
        return Tensor(TensorType(float64, (batch,)))
    if isinstance(item, str | bytes):
        return ListValue([Unknown("a text of the data set")], batch)
    if isinstance(item, dict):
        return {key: collated(value, batch) for key, value in item.items()}
    if isinstance(item, Named):
        return item.rebuild([collated(value, batch) for value in item])
    if isinstance(item, ListValue | tuple) and getattr(item, "length", None) is None:
        return ListValue(collated(value, batch) for value in item)
    return Unknown("a batch of something unknown")


def item_of(run: Run, dataset: Value, node: ast.AST, frame: Frame) -> Value:
    """One item of a data set, at no place in particular."""
    if isinstance(dataset, ListValue | tuple | range):
        found = iteration.items(run, dataset)
        return _alike(found) if isinstance(found, list) else found.element if isinstance(found, Many) else found
    if isinstance(dataset, Tensor):
        return _row(dataset)
    if not isinstance(dataset, Instance):
        return Unknown("an item of something unknown")
    known = find(dataset, "__getitem__")
    own = objects.find_method(run, dataset, "__getitem__")
    if isinstance(own, Bound):
        return _called(run, own, [fresh()], node, frame)
    if known is not None:
        return known(run, dataset, [fresh()], {}, node, frame)
    iterated = objects.find_method(run, dataset, "__iter__")
    if isinstance(iterated, Bound):
        found = iteration.items(run, _called(run, iterated, [], node, frame))
        return _alike(found) if isinstance(found, list) else found.element if isinstance(found, Many) else found
    return Unknown("an item of a data set that is not followed")


def length_of(run: Run, dataset: Value, node: ast.AST, frame: Frame) -> Size | None:
    """How many items a data set has, where that is known."""
    if not isinstance(dataset, Instance):
        return iteration.length(dataset)
    own = objects.find_method(run, dataset, "__len__")
    known = find(dataset, "__len__")
    if isinstance(own, Bound):
        count = _called(run, own, [], node, frame)
    else:
        count = known(run, dataset, [], {}, node, frame) if known is not None else None
    return count if is_size(count) else None


def _alike(items: list[Value]) -> Value:
    if not items:
        return Unknown("an item of an empty data set")
    result = items[0]
    for item in items[1:64]:
        result = join(result, item)
    return result if len(items) <= 64 else Unknown("one of very many")


def _row(tensor: Tensor) -> Value:
    dims = tensor.type.dims
    if dims is None:
        return Tensor(TensorType(tensor.type.dtype, None))
    return Tensor(TensorType(tensor.type.dtype, dims[1:])) if dims else Unknown("an item of a scalar tensor")


def _made(name: str, **attrs: Value) -> Instance:
    return Instance(Library(_DATA + name), attrs, complete=False)


@special(f"{_DATA}TensorDataset")
def _tensor_dataset(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    first, *others = [arg.type.dims[0] for arg in args if isinstance(arg, Tensor) and arg.type.dims] or [0]
    for other in others:
        if equal(first, other) is Truth.NO:
            problem = Mismatch("the tensors differ in the size of their first axis")
            problem.operation = "TensorDataset"
            return run.mismatch(node, problem, args)
    return _made("TensorDataset", tensors=tuple(args))


@special(f"{_DATA}Subset")
def _subset(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    given = {**dict(zip(("dataset", "indices"), args, strict=False)), **kwargs}
    return _made("Subset", dataset=given.get("dataset"), indices=given.get("indices"))


@special(f"{_DATA}random_split")
def _random_split(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    given = {**dict(zip(("dataset", "lengths"), args, strict=False)), **kwargs}
    lengths = iteration.items(run, given.get("lengths"))
    if not isinstance(lengths, list):
        return Unknown("a split into unknown parts")
    vague = Unknown("chosen at random")
    counts = [ListValue([vague], count) if is_size(count) else vague for count in lengths]
    return ListValue(_made("Subset", dataset=given.get("dataset"), indices=count) for count in counts)


@special(f"{_DATA}ConcatDataset")
def _concatenated(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    parts = iteration.items(run, args[0]) if args else []
    return _made("ConcatDataset", datasets=ListValue(parts)) if isinstance(parts, list) else Unknown("data sets")


@method(f"{_DATA}TensorDataset", name="__getitem__")
def _tensor_item(
    run: Run, dataset: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    """Every tensor, indexed in the same way."""
    from . import subscripts

    tensors = dataset.attrs["tensors"]
    if len(args) == 1 and isinstance(args[0], Dim):
        return tuple(_row(each) if isinstance(each, Tensor) else Unknown("a row") for each in tensors)
    return tuple(subscripts.subscript(run, each, args[0], node, frame) for each in tensors)


@method(f"{_DATA}TensorDataset", name="__len__")
def _tensor_length(
    run: Run, dataset: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    tensors = dataset.attrs["tensors"]
    found = iteration.length(tensors[0]) if tensors else None
    return Unknown("the length of a data set") if found is None else found


@method(f"{_DATA}Subset", name="__getitem__")
def _subset_item(
    run: Run, dataset: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    return item_of(run, dataset.attrs["dataset"], node, frame)


@method(f"{_DATA}Subset", name="__len__")
def _subset_length(
    run: Run, dataset: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    found = iteration.length(dataset.attrs["indices"])
    return Unknown("the length of a data set") if found is None else found


@method(f"{_DATA}ConcatDataset", name="__getitem__")
def _concatenated_item(
    run: Run, dataset: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    return _alike([item_of(run, each, node, frame) for each in dataset.attrs["datasets"]])


@method(LOADER, name="__iter__")
def _batches(
    run: Run, loader: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    return Many(deep_copy(loader.attrs[ELEMENT], {}), None, True, made=True)


@method(LOADER, name="__len__")
def _number_of_batches(
    run: Run, loader: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    size, count = loader.attrs["batch_size"], length_of(run, loader.attrs["dataset"], node, frame)
    if not is_size(size) or count is None:
        return Unknown("the length of a loader")
    try:
        total: Any = count // size if loader.attrs["drop_last"] is True else (count + size - 1) // size
    except (Undecided, ArithmeticError):
        return Unknown("the length of a loader")
    return total
