"""Copies of released records for other people's validators: XAdES-LT and -LTA, with everything needed inside.

The released file stays the original; a copy can always be taken back to its exact octets.
"""

from __future__ import annotations

from .making import make_copy
from .reading import Copy, read_copy
from .slot import ExportError

__all__ = ["Copy", "ExportError", "make_copy", "read_copy"]
