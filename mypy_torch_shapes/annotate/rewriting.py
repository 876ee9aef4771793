"""Writing annotations into source: nothing but parameters, results and imports changes."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
import libcst.helpers
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor

from .signatures import Signature, Written, WrittenTuple

_SCRIPTED = frozenset({"script", "script_method", "overload", "no_type_check", "jit"})


def rewrite(source: str, signatures: dict[str, Signature]) -> str:
    """The source with these signatures, by qualified name, where it does not say more itself."""
    module = cst.parse_module(source)
    context = CodemodContext()
    spelling = _Spelling(module, context)
    changed = module.visit(_Annotator(signatures, spelling))
    return source if changed.deep_equals(module) else AddImportsVisitor(context).transform_module(changed).code


class _Spelling:
    """How names are written in one module, and the imports that this takes."""

    def __init__(self, module: cst.Module, context: CodemodContext) -> None:
        self.context = context
        bound = _Bound()
        module.visit(bound)
        self.bound = bound.names

    def tensor(self) -> cst.BaseExpression:
        if self.bound.get("Tensor") == "torch.Tensor":
            return cst.Name("Tensor")
        if self.bound.get("torch") == "torch":
            return cst.Attribute(cst.Name("torch"), cst.Name("Tensor"))
        return self._imported("torch", "Tensor")

    def array(self, written: Written) -> cst.BaseExpression:
        """`Float[Tensor, "N 3"]`."""
        shape = f" {written.shape}" if written.shape.isidentifier() else written.shape  # a lone name looks like a class
        kind = self._imported("jaxtyping", written.kind)
        elements = [cst.SubscriptElement(cst.Index(each)) for each in (self.tensor(), cst.SimpleString(f'"{shape}"'))]
        return cst.Subscript(kind, elements)

    def optional(self, annotation: cst.BaseExpression) -> cst.BaseExpression:
        return cst.Subscript(self._imported("typing", "Optional"), [cst.SubscriptElement(cst.Index(annotation))])

    def _imported(self, module: str, name: str) -> cst.BaseExpression:
        full = f"{module}.{name}"
        if self.bound.setdefault(name, full) == full:
            AddImportsVisitor.add_needed_import(self.context, module, name)
            return cst.Name(name)
        AddImportsVisitor.add_needed_import(self.context, module)
        return cst.Attribute(cst.Name(module), cst.Name(name))


class _Bound(cst.CSTVisitor):
    """What names mean at a module's top level: "torch.Tensor" where it is imported, else ""."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        source = "" if node.module is None or node.relative else cst.helpers.get_full_name_for_node(node.module)
        for alias in node.names if not isinstance(node.names, cst.ImportStar) else ():
            name = alias.evaluated_name
            self.names[alias.evaluated_alias or name] = f"{source}.{name}" if source else ""
        return False

    def visit_Import(self, node: cst.Import) -> bool:
        for alias in node.names:
            name = alias.evaluated_name
            self.names[alias.evaluated_alias or name.partition(".")[0]] = (
                name if alias.evaluated_alias else name.partition(".")[0]
            )
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        self.names[node.name.value] = ""
        return False

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        self.names[node.name.value] = ""
        return False

    def visit_AssignTarget(self, node: cst.AssignTarget) -> bool:
        if isinstance(node.target, cst.Name):
            self.names[node.target.value] = ""
        return False


class _Annotator(cst.CSTTransformer):
    """Puts annotations where there are none, or where there is a plain `Tensor`."""

    def __init__(self, signatures: dict[str, Signature], spelling: _Spelling) -> None:
        self.signatures = signatures
        self.spelling = spelling
        self.path: list[str] = []

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self.path.append(node.name.value)

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        self.path.pop()
        return updated_node

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.path += [node.name.value, "<locals>"]

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        del self.path[-1]
        found = self.signatures.get(".".join(self.path))
        del self.path[-1]
        if found is None or any(_is_scripted(each) for each in original_node.decorators):
            return updated_node
        spec = updated_node.params
        parameters = spec.with_changes(
            posonly_params=self._parameters(spec.posonly_params, found),
            params=self._parameters(spec.params, found),
            kwonly_params=self._parameters(spec.kwonly_params, found),
        )
        return updated_node.with_changes(params=parameters, returns=self._returns(updated_node.returns, found))

    def _parameters(self, parameters: Sequence[cst.Param], found: Signature) -> list[cst.Param]:
        return [self._parameter(each, found.parameters.get(each.name.value)) for each in parameters]

    def _parameter(self, parameter: cst.Param, written: Written | None) -> cst.Param:
        default = parameter.default
        is_none = isinstance(default, cst.Name) and default.value == "None"
        if written is None or (default is not None and not is_none):
            return parameter
        optional = written.optional or is_none
        annotation = self._annotation(parameter.annotation, written, optional)
        if annotation is parameter.annotation:
            return parameter
        changed = parameter.with_changes(annotation=annotation)
        if parameter.annotation is None and default is not None:
            spaced = cst.AssignEqual(cst.SimpleWhitespace(" "), cst.SimpleWhitespace(" "))
            changed = changed.with_changes(equal=spaced)
        return changed

    def _annotation(self, before: cst.Annotation | None, written: Written, optional: bool) -> cst.Annotation | None:
        """The new annotation, or the one before where it says something else."""
        if before is None:
            return cst.Annotation(self._spelled(written, optional))
        inner = before.annotation
        if self._is_tensor(inner):
            return before.with_changes(annotation=self._spelled(written, optional))
        within = self._within_optional(inner)
        if within is not None:
            return before.with_changes(annotation=inner.deep_replace(within, self.spelling.array(written)))
        return before

    def _spelled(self, written: Written, optional: bool) -> cst.BaseExpression:
        array = self.spelling.array(written)
        return self.spelling.optional(array) if optional else array

    def _is_tensor(self, node: cst.BaseExpression) -> bool:
        name = cst.helpers.get_full_name_for_node(node) if isinstance(node, cst.Name | cst.Attribute) else None
        head, dot, rest = (name or "").partition(".")
        return self.spelling.bound.get(head, "") + dot + rest == "torch.Tensor"

    def _within_optional(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """The tensor in `Optional[Tensor]` or `Tensor | None`."""
        if isinstance(node, cst.Subscript) and cst.helpers.get_full_name_for_node(node.value) in _OPTIONAL:
            element = node.slice[0].slice
            inner = element.value if isinstance(element, cst.Index) and len(node.slice) == 1 else None
            return inner if inner is not None and self._is_tensor(inner) else None
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
            sides = (node.left, node.right)
            if any(isinstance(side, cst.Name) and side.value == "None" for side in sides):
                return next((side for side in sides if self._is_tensor(side)), None)
        return None

    def _returns(self, before: cst.Annotation | None, found: Signature) -> cst.Annotation | None:
        result = found.result
        if isinstance(result, Written):
            return self._annotation(before, result, result.optional)
        if not isinstance(result, WrittenTuple):
            return before
        if before is None:
            items = [cst.SubscriptElement(cst.Index(self._spelled(item, item.optional))) for item in result.items]
            return cst.Annotation(cst.Subscript(self.spelling._imported("typing", "Tuple"), items))
        return self._items(before, result)

    def _items(self, before: cst.Annotation, result: WrittenTuple) -> cst.Annotation:
        """The tensors in `tuple[Tensor, Tensor]`."""
        node = before.annotation
        if not isinstance(node, cst.Subscript) or len(node.slice) != len(result.items):
            return before
        if cst.helpers.get_full_name_for_node(node.value) not in _TUPLES:
            return before
        elements = []
        for element, written in zip(node.slice, result.items, strict=True):
            if not isinstance(element.slice, cst.Index):
                return before
            inner = self._annotation(cst.Annotation(element.slice.value), written, written.optional)
            assert inner is not None
            elements.append(element.with_changes(slice=element.slice.with_changes(value=inner.annotation)))
        return before.with_changes(annotation=node.with_changes(slice=elements))


_OPTIONAL = frozenset({"Optional", "typing.Optional"})
_TUPLES = frozenset({"tuple", "Tuple", "typing.Tuple"})


def _is_scripted(decorator: cst.Decorator) -> bool:
    """Whether a decorator compiles the annotations, or says that they are none."""
    node = decorator.decorator
    called = node.func if isinstance(node, cst.Call) else node
    name = cst.helpers.get_full_name_for_node(called) or ""
    return not _SCRIPTED.isdisjoint(name.split("."))
