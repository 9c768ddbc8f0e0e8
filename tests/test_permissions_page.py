"""docs/permissions.md says what the table says."""

from __future__ import annotations

from pathlib import Path

from hocbaso_app.permissions import matrix

ROOT = Path(__file__).resolve().parents[1]


def test_page_is_made_from_the_table() -> None:
    assert (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8") == matrix.page()


def test_rows_are_told_apart_and_name_known_people() -> None:
    keys = [action.key for action in matrix.MATRIX]
    assert len(set(keys)) == len(keys) >= 20
    assert all(action.allowed <= set(matrix.ACTORS) for action in matrix.MATRIX)
