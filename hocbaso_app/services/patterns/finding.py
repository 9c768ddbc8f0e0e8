"""Every night: patterns of the last days are kept once, told to the principal; to the office at once if about him."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import frappe
from frappe import _
from frappe.utils import add_days, add_to_date, cint, escape_html, now_datetime

from hocbaso_app.services import audit, officers, states
from hocbaso_app.services.patterns import looking

DOCTYPE, BATCH = "HBS Signing Pattern", "HBS Signing Batch"
LOOKS_BACK = 3
"""Days; a pattern that is known already is not kept twice."""
ANSWER_DAYS = 7

COLUMNS = ["name", "signer", "staff", "status", "stage", "classes", "total", "consent_at", "device_id", "session_hash"]
COLUMNS += ["ip_address", "certificate", "fault_code"]


def find_all() -> int:
    """All schools; how many new ones. What became open to the office since yesterday is told there."""
    since = add_days(now_datetime(), -LOOKS_BACK)
    units = frappe.get_all(BATCH, {"consent_at": (">", since)}, pluck="unit", distinct=True, order_by="unit")
    _tell_opened()
    return sum(len(find(unit, since)) for unit in units)


def batches(unit: str, since: datetime) -> list[Any]:
    """What was confirmed at a school, the earliest first."""
    where = {"unit": unit, "consent_at": (">", since)}
    return list(frappe.get_all(BATCH, where, COLUMNS, order_by="consent_at, name"))


def find(unit: str, since: datetime) -> list[str]:
    """Keep what is new at one school and tell it; the names."""
    with states.in_vietnamese():
        found = list(looking.look(batches(unit, since)))
    leading = set(officers.principals(unit))
    made = [keep(unit, one, bool(leading & set(one.users))) for one in found if not _known(unit, one)]
    if made:
        _tell(unit, made)
    return [str(doc.name) for doc in made]


def _fingerprint(unit: str, one: looking.Pattern) -> str:
    """The same pattern looked at tomorrow, with more behind it, has the same one."""
    return hashlib.sha256("\n".join((unit, one.kind, one.batches[0])).encode()).hexdigest()


def _known(unit: str, one: looking.Pattern) -> bool:
    return bool(frappe.db.exists(DOCTYPE, {"fingerprint": _fingerprint(unit, one)}))


def keep(unit: str, one: looking.Pattern, of_principal: bool) -> Any:
    """One HBS Signing Pattern; the others see it when the principal's time is over, at once when it is his own."""
    now = now_datetime().replace(microsecond=0)
    days = cint(frappe.get_cached_doc("HBS Settings").get("answer_days")) or ANSWER_DAYS
    doc = frappe.get_doc(
        {
            "doctype": DOCTYPE,
            "unit": unit,
            "kind": one.kind,
            "weight": one.weight,
            "sentence": one.sentence,
            "people": looking.names(one.users),
            "found_at": now,
            "first_at": one.first_at,
            "last_at": one.last_at,
            "concerns_principal": int(of_principal),
            "answer_until": add_days(now.date(), days),
            "open_from": now if of_principal else add_to_date(now, days=days),
            "batches": ", ".join(one.batches),
            "device_id": one.device_id,
            "ip_address": one.ip_address,
            "fingerprint": _fingerprint(unit, one),
        }
    )
    doc.flags.hbs_service = True
    doc.insert(ignore_permissions=True)
    facts = {"kind": one.kind, "weight": one.weight, "batches": list(one.batches)}
    audit.write("signing pattern", DOCTYPE, doc.name, unit, facts)
    return doc


def _tell(unit: str, made: list[Any]) -> None:
    """One message with all of the night's; to the principal, and to those above when he is one of the people."""
    made = sorted(made, key=lambda doc: -doc.weight)
    of_principal = [doc for doc in made if doc.concerns_principal]
    with states.in_vietnamese():
        subject = _("{0} things in the signing to look into; please answer by {1}").format(
            len(made), frappe.utils.formatdate(made[0].answer_until, "d/M/yyyy")
        )
        officers.tell(officers.principals(unit), subject, DOCTYPE, made[0].name, _list(made), LINK)
        if of_principal:
            name = frappe.db.get_value("HBS Unit", unit, "unit_name")
            text = _("{0}: {1} things in the signing concern the principal himself").format(name, len(of_principal))
            officers.tell(officers.above(unit), text, DOCTYPE, of_principal[0].name, _list(of_principal), LINK)


LINK = "/app/query-report/HBS Signing Patterns"


def _tell_opened() -> None:
    """The principal's time was over since yesterday without an answer."""
    now = now_datetime()
    where = {
        "open_from": ("between", (add_days(now, -1), now)),
        "commented_at": ("is", "not set"),
        "concerns_principal": 0,
    }
    units = frappe.get_all(DOCTYPE, where, pluck="unit", order_by="unit")
    for unit in dict.fromkeys(units):
        first = frappe.get_all(DOCTYPE, {**where, "unit": unit}, pluck="name", order_by="weight desc, name", limit=1)[0]
        with states.in_vietnamese():
            name = frappe.db.get_value("HBS Unit", unit, "unit_name")
            text = _("{0}: patterns in the signing were not answered in time").format(name)
        officers.tell(officers.above(unit), text, DOCTYPE, first, "", LINK)


def _list(rows: list[Any]) -> str:
    return "<ul>" + "".join(f"<li>{escape_html(row.sentence)}</li>" for row in rows[:20]) + "</ul>"
