"""Writes docs/permissions.md from hocbaso_app/permissions/matrix.py; with --check it only says whether it is so."""

from __future__ import annotations

import sys
from pathlib import Path

from hocbaso_app.permissions import matrix

PAGE = Path(__file__).resolve().parents[1] / "docs" / "permissions.md"


def main() -> int:
    """Exit 1 when the page is not what the table says."""
    if "--check" in sys.argv:
        return int(PAGE.read_text(encoding="utf-8") != matrix.page())
    PAGE.write_text(matrix.page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
