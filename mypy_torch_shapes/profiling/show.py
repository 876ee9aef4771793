"""`mypy-torch-shapes show`: what was recorded, for people to read."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from mypy_torch_shapes.profiling import messages
from mypy_torch_shapes.seeds.describe import axes_text, describe, describe_named
from mypy_torch_shapes.seeds.model import CallRecord, FunctionRecord, ModuleRecord, Profile
from mypy_torch_shapes.seeds.store import StoreError, load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `show`."""
    parser.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="only this function, class, module or file, such as Net.forward or net.py",
    )
    parser.add_argument("--root", default=".", type=Path, metavar="DIR", help="the project (default: here)")


def run(args: argparse.Namespace) -> int:
    """Print what is stored; 1 if there is nothing to print."""
    root: Path = args.root.resolve()
    try:
        profile = load(root)
    except StoreError as error:
        messages.say("{error}", error=error)
        return 1
    if not profile.calls:
        messages.say(messages.NOT_RECORDED, root=root)
        return 1
    lines = list(listing(profile, args.name))
    if not lines:
        messages.say(messages.NO_SUCH_NAME, name=args.name)
        return 1
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def listing(profile: Profile, name: str | None = None) -> Iterator[str]:
    """Functions with their calls, then modules with how they were constructed."""
    for key, function in profile.functions.items():
        places = [i for i, call in enumerate(profile.calls) if call.function == key]
        if places and _is_meant(name, key, function.file):
            yield from _function_lines(profile, function, places)
    for record in profile.modules.values():
        if _is_shown(profile, record) and _is_meant(name, record.cls, _file_of(profile, record)):
            yield from _module_lines(profile, record, "" if name is None else name)


def _is_meant(name: str | None, key: str, file: str) -> bool:
    """Whether `name` is the end of a dotted name, one of the names it starts with, or the file."""
    if name is None or name == file:
        return True
    module, _, qualname = key.partition(":")
    wanted = name.replace(":", ".")
    whole = f".{module}.{qualname}."
    return (
        whole.endswith(f".{wanted}.")
        or f"{module}.{qualname}.".startswith(f"{wanted}.")
        or (f"{qualname}.".startswith(f"{wanted}."))
    )


def _file_of(profile: Profile, record: ModuleRecord) -> str:
    module = record.cls.partition(":")[0]
    return next((f.file for f in profile.functions.values() if f.module == module), "")


def _is_shown(profile: Profile, record: ModuleRecord) -> bool:
    """The program's own modules, and the roots; layers of torch are read off their constructors."""
    return record.root == record.id or not record.cls.startswith("torch.")


def _function_lines(profile: Profile, function: FunctionRecord, places: list[int]) -> Iterator[str]:
    yield f"{function.module}.{function.qualname}  {function.file}:{function.line}"
    real = [i for i in places if profile.calls[i].probe is None]
    for i in real:
        yield f"    {_call_line(profile, profile.calls[i])}"
        yield from (f"        {line}" for line in _free_lines(profile, i))
    probed = len(places) - len(real)
    if probed:
        yield f"    and {probed} {'call' if probed == 1 else 'calls'} at other sizes"
    yield ""


def _call_line(profile: Profile, call: CallRecord) -> str:
    arguments = call.arguments
    instance = ""
    if call.receiver is not None and arguments and arguments[0][0] == "self":
        record = profile.modules[call.receiver]
        instance = record.path or record.cls.partition(":")[2]
        mode = "" if record.training else ", eval"
        instance = f"  [{instance}{mode}]"
        arguments = arguments[1:]
    result = f"raised {call.raised}" if call.raised is not None else f"-> {describe(call.returned, profile)}"
    return f"({describe_named(arguments, profile)}) {result}{instance}"


def _free_lines(profile: Profile, call: int) -> Iterator[str]:
    """The sizes of a root call that were seen to vary, by axis."""
    sizes: dict[tuple[tuple[str, int], ...], list[str]] = {}
    for variation in profile.variations:
        if variation.call == call and variation.ok:
            each = variation.sizes or (variation.size,)
            sizes.setdefault(variation.axes, []).append(" and ".join(map(str, each)))
    for axes, worked in sizes.items():
        together = " together" if len(axes) > 1 else ""
        yield f"free{together}: {axes_text(axes)} (also ran at {', '.join(worked)})"


def _module_lines(profile: Profile, record: ModuleRecord, name: str) -> Iterator[str]:
    place = (
        "" if record.root == record.id else f"  {record.path} of {profile.modules[record.root].cls.partition(':')[2]}"
    )
    init = "?" if record.init is None else describe_named(record.init, profile)
    mode = "" if record.training else ", eval"
    yield f"{record.cls.replace(':', '.')}({init}){place}{mode}"
    if name:
        yield from (f"    {attr} = {describe(value, profile)}" for attr, value in record.attrs)
