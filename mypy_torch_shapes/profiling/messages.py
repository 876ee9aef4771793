"""Every sentence the recorder says to its user."""

from __future__ import annotations

import sys

NO_TORCH = "torch is not installed for {python}: run mypy-torch-shapes with the Python that runs the program"
NO_SCRIPT = "cannot open {path}: {why}"
NO_MODULE = "no module named {name}"
NOT_RUNNABLE = "{name} is a package without a __main__ module, so it cannot be run"
OWN_BUG = "recording stopped early because of a bug in mypy-torch-shapes ({error}); the program was not affected"
PROBE_BUG = "not every size could be probed because of a bug in mypy-torch-shapes ({error})"
PROBE_INTERRUPTED = "probing was interrupted; some free sizes may be missing"
PROBING = "trying other sizes: {tried} so far, {worked} worked, {seconds:.0f} s of at most {limit:.0f} (Ctrl-C ends it)"
SO_FAR = "seen and kept after {seconds:.0f} s: {functions} functions in {calls} calls (Ctrl-C loses nothing of it)"
PROBE_CUT = "probing stopped after {seconds:.0f} s; some free sizes may be missing (--no-probe skips it)"
NOTHING = "recorded nothing: no function of a file below {root} ran (--root says where the project is)"
RECORDED = "recorded {functions} in {calls}{probed}, in {path}"
PROBED = " and {count} at other sizes"
FREE = "free sizes of {function}: {sizes}"
FREE_OF_MORE = "free sizes of {count} more functions: see mypy-torch-shapes show"
BELONGS = "{path} is part of a package: run it as one, with {command}"
NOT_RECORDED = "nothing is recorded below {root} yet: run mypy-torch-shapes profile SCRIPT there first"
NO_SUCH_NAME = "nothing recorded is called {name}"


def say(sentence: str, **parts: object) -> None:
    """One sentence to the person at the terminal, if there is still somewhere to say it."""
    try:
        sys.stderr.write(f"mypy-torch-shapes: {sentence.format(**parts)}\n")
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        return  # stderr is closed, or None
