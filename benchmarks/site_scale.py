"""A large site: records of many schools as rows, and how long what everybody opens takes there.

Copies of the benchmark's own records fill ``count`` rows over schools of a thousand; their files are not copied, so the
nightly check is measured on the real ones and given per file.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import frappe
from site_world import SiteWorld

from hocbaso_app.services import audit, desk, files, progress, states, waiting
from hocbaso_app.setup.demo.entry import acting_as

ROUNDS = 5
SPREAD = (
    states.CHECKED,
    states.SUBJECT,
    states.HOMEROOM,
    states.MANAGER,
    states.RELEASE,
    states.RELEASED,
    states.ACCEPTED,
    states.ACCEPTED,
)
"""States of the copies in turn, class by class."""


def fill(world: SiteWorld, count: int) -> int:
    """Copies until there are ``count`` records: the first thousand belongs to the real school, the rest to others."""
    names = [name for bench_class in world.classes for name in bench_class.names]
    made = frappe.db.count("HBS Record")
    number = 0
    while made < count:
        number += 1
        unit = world.world.unit if made < 1000 else f"made-up-{made // 1000}"
        for chunk in (names[start : start + 200] for start in range(0, min(len(names), count - made), 200)):
            chunk = chunk[: count - made]
            others = {"signer_citizen_id": ("concat(%s, right(signer_citizen_id, 9))", [f"{number:03d}"])}
            _copy("HBS Record Slot", chunk, number, {} if unit == world.world.unit else others)
            _copy("HBS Record Result", chunk, number, {})
            state = f"elt(1 + mod(crc32(student_group) + {number}, {len(SPREAD)}), {', '.join(['%s'] * len(SPREAD))})"
            _copy("HBS Record", chunk, number, {"unit": ("%s", [unit]), "state": (state, list(SPREAD))})
            made += len(chunk)
        frappe.db.commit()
    slot, record = frappe.qb.DocType("HBS Record Slot"), frappe.qb.DocType("HBS Record")
    waits = record.state.isin(SPREAD[:5])
    frappe.qb.update(slot).join(record).on(slot.parent == record.name).set(slot.signed_at, None).where(waits).run()
    frappe.db.commit()
    for doctype in ("HBS Record", "HBS Record Slot", "HBS Record Result"):
        frappe.db.sql(f"analyze table `tab{doctype}`")
    return made


def _copy(doctype: str, names: list[str], number: int, other: dict[str, tuple[str, list[str]]]) -> None:
    row = doctype != "HBS Record"
    tag = f"-{number}"
    changed = {"name": ("concat(name, %s)", [tag]), **other}
    changed |= {"parent": ("concat(parent, %s)", [tag])} if row else {"record_key": ("concat(record_key, %s)", [tag])}
    if not row:
        changed["record_code"] = ("null", [])
    columns = frappe.db.get_table_columns(doctype)
    shown = [changed.get(column, (f"`{column}`", []))[0] for column in columns]
    values = [value for column in columns for value in changed.get(column, ("", []))[1]]
    listed = ", ".join(f"`{column}`" for column in columns)
    source = f"from `tab{doctype}` where {'parent' if row else 'name'} in ({', '.join(['%s'] * len(names))})"
    frappe.db.sql(f"insert into `tab{doctype}` ({listed}) select {', '.join(shown)} {source}", [*values, *names])


def measure(world: SiteWorld) -> list[dict[str, Any]]:
    """Median wall milliseconds and statements of what people open."""
    principal = world.user(world.school.principal)
    clerk = world.user(world.school.clerk)
    teacher = world.user(world.school.classes[0].homeroom)
    shown = ["name", "full_name", "student_group", "state", "state_sentence", "fault_count", "modified"]

    def page(filters: dict[str, Any]) -> Callable[[], Any]:
        return lambda: frappe.get_list("HBS Record", filters, shown, order_by="modified desc", limit_page_length=20)

    views: list[tuple[str, str, Callable[[], Any]]] = [
        ("list, principal", principal, page({})),
        ("list by state, principal", principal, page({"state": states.MANAGER})),
        ("list, teacher", teacher, page({})),
        ("list, Administrator", "Administrator", page({})),
        ("list by state, Administrator", "Administrator", page({"state": states.MANAGER})),
        ("count by state, principal", principal, lambda: desk.records_by_state(principal)),
        ("count by state, Administrator", "Administrator", lambda: desk.records_by_state("Administrator")),
        ("my work, principal", principal, lambda: desk.my_work(principal)),
        ("my work, teacher", teacher, lambda: desk.my_work(teacher)),
        ("progress by class, principal", principal, lambda: progress.by_class(principal)),
        ("waiting for the principal", principal, lambda: waiting.for_user(principal)),
        ("waiting for the clerk", clerk, lambda: waiting.for_user(clerk)),
        ("waiting for a teacher", teacher, lambda: waiting.for_user(teacher)),
    ]
    rows = [_timed(name, user, view) for name, user, view in views]
    rows.append(_per_unit("nightly check, per file", files.changed_files, frappe.db.count(files.DOCTYPE)))
    rows.append(_per_unit("nightly check, per audit entry", audit.broken_entries, frappe.db.count(audit.DOCTYPE)))
    return rows


def _timed(name: str, user: str, view: Callable[[], Any]) -> dict[str, Any]:
    times = []
    with acting_as(user):
        for _ in range(ROUNDS):
            frappe.local.hbs_scopes = {}
            start = time.perf_counter()
            view()
            times.append((time.perf_counter() - start) * 1000)
    return {"view": name, "ms": statistics.median(times)}


def _per_unit(name: str, check: Callable[[], list[str]], count: int) -> dict[str, Any]:
    start = time.perf_counter()
    found = check()
    if found:
        raise SystemExit(f"{name}: {found[:3]}")
    return {"view": name, "ms": (time.perf_counter() - start) * 1000 / max(count, 1)}
