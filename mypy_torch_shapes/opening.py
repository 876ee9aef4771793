"""Opens a session: reads the profile, warns of what is unusual about it or about torch."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

from mypy_torch_shapes import messages
from mypy_torch_shapes.config import Config
from mypy_torch_shapes.evaluation.facts import FileReport
from mypy_torch_shapes.evaluation.session import Options, Session
from mypy_torch_shapes.rules import oracle
from mypy_torch_shapes.seeds import store
from mypy_torch_shapes.seeds.model import Profile

TORCH_TESTED = "2.13"


class RememberingSession(Session):
    """Keeps what torch was asked at once: mypy ends its process without running exit handlers."""

    def report(self, file: Path) -> FileReport:
        try:
            return super().report(file)
        finally:
            oracle.flush()


def session_for(config: Config, explain: bool = False, signatures: bool = False) -> Session:
    """A session over the profile below the root; without a profile that can be read, over an empty one."""
    warn_of_torch()
    try:
        profile = store.load(config.root)
    except store.StoreError as fault:
        messages.say(str(fault))
        profile = Profile()
    return RememberingSession(config.root, profile, Options(explain, signatures, config.suspicious))


def warn_of_torch() -> None:
    try:
        version = importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return  # rules need no torch; what only torch could answer stays unknown
    if not version.startswith(f"{TORCH_TESTED}."):
        messages.say(messages.torch_out_of_range(version, TORCH_TESTED))
