"""What programs derive layers from and torch keeps private: base classes and methods, entered in torch's own source."""

from __future__ import annotations

import ast

from . import imports, objects
from .modules import SourceModule
from .run import Run
from .values import Class, Function, Library, Value

_FILES = {
    "batchnorm": "_NormBase _BatchNorm",
    "conv": "_ConvNd _ConvTransposeNd",
    "dropout": "_DropoutNd",
    "instancenorm": "_InstanceNorm",
    "loss": "_Loss _WeightedLoss",
    "padding": "_ConstantPadNd _ReflectionPadNd _ReplicationPadNd",
    "pooling": "_MaxPoolNd _AvgPoolNd _LPPoolNd _AdaptiveMaxPoolNd _AdaptiveAvgPoolNd",
    "rnn": "RNNBase RNNCellBase",
}
_PACKAGE = "torch.nn.modules"
_FILE_OF = {name: file for file, names in _FILES.items() for name in names.split()}


def entered(run: Run, base: Value) -> Value:
    """A base class as its source where it is one of these; any other as it is."""
    if not isinstance(base, Library) or not base.path.startswith("torch.nn.") or base.name not in _FILE_OF:
        return base
    return _class(run, _FILE_OF[base.name], base.name) or base


def method(run: Run, layer: str, name: str) -> Function | None:
    """A private method of one of torch.nn's layers (`TransformerEncoderLayer._sa_block`)."""
    package, _, cls = layer.rpartition(".")
    if package != "torch.nn" or name.startswith("__") or not name.startswith("_"):
        return None
    exporting = _source(run, _PACKAGE)
    exported = [each for each in exporting.tree.body if isinstance(each, ast.ImportFrom)] if exporting else []
    file = next((each.module for each in exported if cls in {alias.name for alias in each.names}), None)
    found = None if file is None else _class(run, file, cls)
    function = None if found is None else objects.lookup(found, name)
    return function if isinstance(function, Function) else None


def _class(run: Run, file: str, name: str) -> Class | None:
    source = _source(run, f"{_PACKAGE}.{file}")
    found = None if source is None else imports.source_member(run, source, name)
    return found if isinstance(found, Class) else None


def is_named(cls: Value, path: str) -> bool:
    """Whether a class is the one that a library's name stands for."""
    if isinstance(cls, Library):
        return cls.path == path
    is_torchs = isinstance(cls, Class) and cls.module.name.startswith(_PACKAGE) and path.startswith("torch.nn.")
    return is_torchs and cls.qualname == path.rpartition(".")[2]


def _source(run: Run, name: str) -> SourceModule | None:
    """A module of torch's, for this alone: what others import from it stays a library's."""
    loader = run.loader
    if name not in loader.torch_bases:
        found = next((file for file in loader.candidates(name) if file.is_file()), None)
        loader.torch_bases[name] = None if found is None else loader.read(name, found)
    return loader.torch_bases[name]
