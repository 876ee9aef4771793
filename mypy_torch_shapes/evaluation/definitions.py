"""Defining functions and classes, and what decorators make of them."""

from __future__ import annotations

import ast

from ..shapes.unknown import Unknown
from . import calls, casting, containers, expressions, objects, torch_bases
from .run import Frame, Run
from .values import Bound, Class, Descriptor, Env, Function, Instance, Library, Partial, Raised, Value

# Decorators of libraries that leave what they decorate callable as it was.
_DESCRIPTORS = {
    "builtins.staticmethod": "staticmethod",
    "builtins.classmethod": "classmethod",
    "builtins.property": "property",
    "functools.cached_property": "cached_property",
    "abc.abstractproperty": "property",
    "torch.jit.unused": "function",
}

# Decorators after which a function does something else.
_REPLACING = frozenset({"functools.singledispatch", "functools.singledispatchmethod", "torch.vmap", "torch.func.vmap"})


_CACHES = ("functools.lru_cache", "functools.cache")


def define_function(run: Run, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> None:
    """`def`."""
    value: Value = expressions.make_function(run, node, node.name, frame)
    for decorator in reversed(node.decorator_list):
        value = _decorated(run, value, decorator, frame)
    run.set_variable(frame.env, node.name, value)


def _decorated(run: Run, value: Value, node: ast.expr, frame: Frame) -> Value:
    if isinstance(node, ast.Attribute) and node.attr in ("setter", "getter", "deleter"):
        before = frame.env.variables.get(node.value.id) if isinstance(node.value, ast.Name) else None
        if isinstance(before, Descriptor):
            return Descriptor("property", before.function, value if node.attr == "setter" else before.setter)
    decorator = expressions.evaluate(run, node, frame)
    if isinstance(decorator, Library):
        if decorator.path in _REPLACING:
            return Unknown(f"a function behind {decorator.path}")
        if decorator.path.startswith("contextlib."):
            return calls.call(run, decorator, [value], {}, node, frame)
        kind = _DESCRIPTORS.get(decorator.path)
        if decorator.path in _CACHES and isinstance(value, Function):
            value.answers = {}
        return Descriptor(kind, value) if kind and kind != "function" else value
    if isinstance(decorator, Partial):
        return calls.call(run, decorator, [value], {}, node, frame)
    casting.decorate(decorator, value)
    if isinstance(decorator, Unknown) or not isinstance(decorator, Function):
        return value  # a decorator of a library, called with options: taken to leave the function as it is
    made = _made(run, decorator, value, node, frame)
    return value if isinstance(made, Unknown) else made


_PATIENCE = 3000  # steps a decorator may take


def _made(run: Run, decorator: Function, value: Value, node: ast.AST, frame: Frame) -> Value:
    """What a decorator makes of a function or class. What takes long (it reads docstrings, say) is tried once."""
    if decorator.node in run.loader.lengthy:
        return Unknown("a decorator that takes long")
    steps = run.steps
    try:
        return run.within(_PATIENCE, lambda: calls.call(run, decorator, [value], {}, node, frame))
    except Raised:
        return Unknown("a decorator that raises")
    finally:
        if run.steps - steps >= _PATIENCE:
            run.loader.lengthy.add(decorator.node)


def define_class(run: Run, node: ast.ClassDef, frame: Frame) -> None:
    """`class`."""
    named = [expressions.evaluate(run, base, frame) for base in node.bases if not isinstance(base, ast.Starred)]
    bases = [torch_bases.entered(run, base) for base in named]
    keywords = {each.arg: expressions.evaluate(run, each.value, frame) for each in node.keywords if each.arg}
    cls = Class(node.name, expressions.qualify(frame, node.name), frame.module, bases, {}, node=node)
    cls.mro = [cls, *objects.linearize(bases)]
    env = Env(cls.namespace, frame.env, frame.module, is_class=True)
    env.variables["__qualname__"] = cls.qualname
    inner = Frame(env, frame.function, cls, context=frame.context)
    run.frames.append(inner)
    try:
        from .statements import run_block

        run_block(run, node.body, inner)
    finally:
        run.frames.pop()
    if containers.is_enum(cls):
        containers.make_enum(cls)
    _announce(run, cls, keywords, node, frame)
    cls.decorators = [_class_decorator(run, decorator, frame) for decorator in node.decorator_list]
    run.set_variable(frame.env, node.name, _replaced(run, cls, frame))


def _announce(run: Run, cls: Class, keywords: dict[str, Value], node: ast.ClassDef, frame: Frame) -> None:
    """Tell descriptors their names, and the bases that there is a subclass."""
    for name, value in list(cls.namespace.items()):
        if isinstance(value, Instance):
            named = objects.find_method(run, value, "__set_name__")
            if named is not None:
                calls.call(run, named, [cls, name], {}, node, frame)
    hook = objects.lookup(cls, "__init_subclass__", after=cls)
    hook = hook.function if isinstance(hook, Descriptor) else hook
    if isinstance(hook, Function):
        given = {name: value for name, value in keywords.items() if name != "metaclass"}
        calls.call(run, Bound(hook, cls), [], given, node, frame)


def _class_decorator(run: Run, node: ast.expr, frame: Frame) -> Value:
    """The decorator itself; for a call such as `dataclass(frozen=True)`, what is called."""
    callee = node.func if isinstance(node, ast.Call) else node
    value = expressions.evaluate(run, callee, frame)
    if isinstance(node, ast.Call) and not isinstance(value, Library):
        return expressions.evaluate(run, node, frame)
    return value


def _replaced(run: Run, cls: Class, frame: Frame) -> Value:
    """The class after its decorators of the program's own (a registry returns the class)."""
    value: Value = cls
    for decorator in reversed(cls.decorators):
        if isinstance(decorator, Function):
            made = _made(run, decorator, value, decorator.node, frame)
            value = made if isinstance(made, Class) else value
    return value
