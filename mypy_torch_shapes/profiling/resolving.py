"""What could only be known after the run, filled into what was observed during it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mypy_torch_shapes.profiling.loaders import Loaders
from mypy_torch_shapes.profiling.modules import Modules
from mypy_torch_shapes.profiling.observe import PendingIterable, PendingModule
from mypy_torch_shapes.seeds.model import CallRecord, ModuleRecord, ModuleSeed, Seed, Variation
from mypy_torch_shapes.seeds.references import parts, replaced

Named = tuple[tuple[str, Seed], ...]


class Resolver:
    """Replaces pending modules by their records, and pending loaders by what they yielded."""

    def __init__(self, modules: Modules, loaders: Loaders) -> None:
        self._modules = modules
        self._loaders = loaders

    def modules(self) -> list[ModuleRecord]:
        """All module records."""
        return [
            replace(
                record,
                init=None if record.init is None else self._named(record.init, 0),
                attrs=self._named(record.attrs, 0),
            )
            for record in self._modules.finished()
        ]

    def calls(
        self, calls: list[CallRecord], receivers: list[Seed], variations: list[Variation]
    ) -> tuple[list[CallRecord], list[Variation]]:
        """All calls, one for each distinct batch of a loader among the arguments, and the variations of them."""
        resolved: list[CallRecord] = []
        places: dict[int, int] = {}
        for i, (call, receiver) in enumerate(zip(calls, receivers, strict=True)):
            places[i] = len(resolved)
            for variant in range(max([1, *self._variants(call)])):
                resolved.append(self._call(call, receiver, variant))
        return resolved, [replace(variation, call=places[variation.call]) for variation in variations]

    def seeds(self, seed: Seed) -> list[Seed]:
        """A seed, once for each distinct batch of a loader in it."""
        variants = max([1, *self._loaders_in([seed])])
        return [self._seed(seed, variant) for variant in range(variants)]

    def _call(self, call: CallRecord, receiver: Seed, variant: int) -> CallRecord:
        found = self._seed(receiver, variant)
        return replace(
            call,
            arguments=self._named(call.arguments, variant),
            returned=self._seed(call.returned, variant),
            receiver=found.id if isinstance(found, ModuleSeed) else None,
        )

    def _variants(self, call: CallRecord) -> Iterator[int]:
        yield from self._loaders_in([value for _, value in call.arguments])

    def _loaders_in(self, waiting: list[Seed]) -> Iterator[int]:
        while waiting:
            seed = waiting.pop()
            if isinstance(seed, PendingIterable):
                yield self._loaders.variants(seed)
            waiting.extend(parts(seed))

    def _named(self, pairs: Named, variant: int) -> Named:
        return tuple((name, self._seed(value, variant)) for name, value in pairs)

    def _seed(self, seed: Seed, variant: int) -> Seed:
        return replaced(seed, lambda part: self._known(part, variant))

    def _known(self, seed: Seed, variant: int) -> Seed:
        if isinstance(seed, PendingModule):
            return self._modules.resolved(seed)
        if isinstance(seed, PendingIterable):
            return self._seed(self._loaders.resolved(seed, variant), variant)
        return seed
