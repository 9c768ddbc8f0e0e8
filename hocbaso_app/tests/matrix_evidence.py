"""Cells of the matrix about what the site does at night: who sees it, who takes proofs away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import frappe

from hocbaso_app.api import long_term, roots
from hocbaso_app.services.night_watch import queue, state, watch
from hocbaso_app.services.roots import book, nightly
from hocbaso_app.tests.world import acting_as


def _a_night(test: Any) -> None:
    with acting_as("Administrator"):
        watch.run(most=queue.total())
        nightly.run(test.play.world.unit)


def _sees_watch(test: Any, actor: str) -> None:
    unit = test.play.world.unit
    for doctype in (queue.DOCTYPE, book.DOCTYPE):
        if not frappe.get_list(doctype, {"unit": unit}, order_by="name"):
            raise frappe.PermissionError
    if unit not in {row["unit"] for row in state.by_unit(frappe.session.user)}:
        raise frappe.PermissionError


def _takes_proof(test: Any, actor: str) -> None:
    assert long_term.of_record(test.record)["evidence"]
    roots.record_proof(test.record)
    assert frappe.response.filecontent


ATTEMPTS: dict[str, Callable[[Any, str], None]] = {"see_night_watch": _sees_watch, "take_proof": _takes_proof}
PREPARED: dict[str, Callable[[Any], None]] = dict.fromkeys(ATTEMPTS, _a_night)
