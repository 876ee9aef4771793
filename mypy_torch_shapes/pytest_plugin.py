"""`pytest --torch-shapes`: the test suite is the run that is recorded."""

# pytest imports this in every run, also without the option: nothing else is imported before it is asked for.
from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

    from mypy_torch_shapes.profiling.session import Session

NAME = "mypy_torch_shapes recording"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mypy_torch_shapes")
    group.addoption(
        "--torch-shapes",
        action="store_true",
        help="record what the tensors of this run look like, for mypy with the plugin mypy_torch_shapes",
    )


def pytest_configure(config: pytest.Config) -> None:
    distributes = getattr(config.option, "dist", "no") != "no" and not hasattr(config, "workerinput")
    if config.getoption("torch_shapes") and not distributes:
        from mypy_torch_shapes.profiling.session import Session

        words = getattr(config, "workerinput", {}).get("mainargv", ("pytest", *config.invocation_params.args))
        session = Session(config.rootpath, command=("pytest", *words[1:]))
        if session.start():
            config.pluginmanager.register(Recording(session, hasattr(config, "workerinput")), NAME)


class Recording:
    """Lives while a suite is recorded."""

    def __init__(self, session: Session, worker: bool) -> None:
        self._session = session
        self._worker = worker

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> None:
        """A test that fails is a run that fails; one that is expected to, or to raise, says nothing of the code."""
        error = None if call.excinfo is None else call.excinfo.value
        if isinstance(error, Exception) and item.get_closest_marker("xfail") is None:
            self._session.recorder.raised(error)
        else:
            self._session.recorder.raising.clear()

    def pytest_sessionfinish(self) -> None:
        """A worker of pytest-xdist is ended as soon as it has said that it has finished."""
        if self._worker:
            self._session.finish(say=False)

    def pytest_unconfigure(self) -> None:
        """Everything has run and pytest has said all it has to say."""
        self._session.finish()
