"""Lets these tests import their neighbours as `tests.evaluation`, whatever directory pytest starts in."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)
