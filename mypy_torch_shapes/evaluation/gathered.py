"""What comes of several evaluations, and how each is run to its end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from ..shapes.unknown import Undecided
from .modules import SourceModule
from .recording import Recording
from .run import Place, Run
from .values import OutOfBudget, Raised

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Gathered:
    """What comes of several evaluations."""

    recording: Recording
    entered: set[SourceModule] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)  # functions, "module:qualname"
    places: set[Place] = field(default_factory=set)
    faults: dict[str, tuple[Exception, set[SourceModule]]] = field(default_factory=dict)  # ours, and what they concern

    def guarded(self, evaluate: Callable[[], None], run: Run, builder: Run) -> None:
        """Run an evaluation to its end, or to where it cannot go on; what was learned until then stays.

        Modules that it is handed are built in another run.
        """
        try:
            evaluate()
        except (Raised, Undecided, OutOfBudget) as stopped:
            log.debug("an evaluation ended early: %r", stopped)
        except Exception as fault:  # noqa: BLE001  (kept, and reported with the file)
            run.faults.append(fault)
        finally:
            for each in (run, builder):
                for kept in each.faults:
                    self.faults.setdefault(f"{type(kept).__name__}: {kept}", (kept, set()))[1].update(each.entered)
                self.entered |= each.entered
                self.reached |= each.reached
                self.places |= each.places

    def apart(self, evaluate: Callable[[], None], run: Run, builder: Run) -> None:
        """Run an evaluation that leaves nothing behind but what is recorded."""
        run.journal.open()
        try:
            self.guarded(evaluate, run, builder)
        finally:
            run.journal.close(keep=False)
