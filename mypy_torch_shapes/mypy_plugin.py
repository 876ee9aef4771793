"""The table of what mypy calls: hook name -> feature, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mypy.nodes import MypyFile
from mypy.options import Options
from mypy.plugin import AnalyzeTypeContext, MethodSigContext, Plugin, ReportConfigContext
from mypy.types import FunctionLike, Type

from mypy_torch_shapes import messages
from mypy_torch_shapes.checking import module_calls, written_tensors
from mypy_torch_shapes.checking.build import Build

MYPY_TESTED = "2.4"


def plugin_for(version: str) -> type[Plugin]:
    """The plugin, or one that does nothing for a mypy whose insides were never looked at."""
    if version.split(".")[:2] == MYPY_TESTED.split("."):
        return TorchShapesPlugin
    messages.say(messages.mypy_out_of_range(version, MYPY_TESTED))
    return Plugin


class TorchShapesPlugin(Plugin):
    """Errors and notes about tensors.

    There are no hooks that change types, unless an option asks for them: a type handed to mypy from one shows up in
    messages, or in `reveal_type`, or makes an assignment incompatible, and promise 1 is that none of this happens
    (docs/limits.md).
    """

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._build = Build(options)

    def set_modules(self, modules: dict[str, MypyFile]) -> None:
        super().set_modules(modules)
        self._build.modules = modules

    def get_type_analyze_hook(self, fullname: str) -> Callable[[AnalyzeTypeContext], Type] | None:
        return written_tensors.analyze if fullname == written_tensors.TENSOR else None

    def get_method_signature_hook(self, fullname: str) -> Callable[[MethodSigContext], FunctionLike] | None:
        wanted = self._build.module_calls and fullname.endswith(module_calls.CALL)
        return module_calls.signature if wanted else None

    def report_config_data(self, ctx: ReportConfigContext) -> Any:
        return self._build.cache_data(ctx.path)

    def get_additional_deps(self, file: MypyFile) -> list[tuple[int, str, int]]:
        self._build.parsed(file)
        return []

    def get_additional_indirect_deps(self, file: MypyFile) -> set[str]:
        self._build.checked(file)
        return set()
