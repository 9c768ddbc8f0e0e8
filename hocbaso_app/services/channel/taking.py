"""The school's side of ``ban-tin``: fetch, judge the seal, keep, and let it count. The same bulletin twice is once."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import get_datetime, now_datetime

from hocbaso_app.exceptions import HbsError
from hocbaso_app.exchange import bulletin
from hocbaso_app.exchange.bulletin import Bulletin
from hocbaso_app.services import audit, convert, outages, schedule, trust
from hocbaso_app.services.channel import book, bulletins
from hocbaso_app.services.locks import windows
from hocbaso_app.services.notices import arriving

if TYPE_CHECKING:
    from hocbaso_app.exchange.client import PortalClient


def fetch(unit: str, client: PortalClient) -> bool:
    """Ask for the school's bulletin and take it; whether it said something new. Commits before it asks."""
    nonce = secrets.token_hex(16)
    question = {"nonce": nonce, "have": _have(unit)}
    book.note(unit, last_asked_at=now_datetime())
    frappe.db.commit()  # nosemgrep: nothing is open while the network is waited for
    answer = client.extension(bulletin.EXTENSION, question)
    new = take(unit, base64.b64decode(str(answer.get("bulletin"))), nonce)
    frappe.db.commit()  # nosemgrep: what was taken counts, whatever becomes of the files
    for uid in arriving.without_file(unit):
        frappe.db.commit()  # nosemgrep: as above
        file = client.extension(bulletin.EXTENSION, {"attachment": uid})
        arriving.keep_file(unit, uid, base64.b64decode(str(file.get("content"))))
        frappe.db.commit()  # nosemgrep: one file after another
    return new


def _have(unit: str) -> dict[str, str]:
    """Notices of the last bulletin, which this site now holds."""
    last = book.newest(unit)
    return {row["uid"]: bulletins.mark_of(row) for row in last.notices} if last else {}


def take(unit: str, token: bytes, nonce: str) -> bool:
    """Judge a bulletin and let it count, in one transaction; whether it said something new."""
    known = book.of(unit, lock=True)
    last = get_datetime(known.bulletin_at).replace(tzinfo=convert.now().tzinfo) if known.bulletin_at else None
    found = bulletin.accept(token, trust.store(), school_code=unit, nonce=nonce, last=last)
    book.note(unit, bulletin_at=convert.desk_time(found.moment), problem=None)
    says = found.says()
    if known.last_bulletin and frappe.db.get_value(book.BULLETIN, known.last_bulletin, "says") == says:
        return False
    before = book.newest(unit)
    summary = _apply(unit, found, before)
    name = _keep(unit, token, found, summary)
    book.note(unit, last_bulletin=name)
    audit.write("bulletin taken", book.BULLETIN, name, unit, {"says": says, "summary": summary})
    return True


def _keep(unit: str, token: bytes, found: Bulletin, summary: str) -> str:
    doc = frappe.get_doc(
        {
            "doctype": book.BULLETIN,
            "unit": unit,
            "issuer": found.issuer["name"],
            "issued_at": convert.desk_time(found.moment),
            "taken_at": now_datetime(),
            "sha256": hashlib.sha256(token).hexdigest(),
            "says": found.says(),
            "content": base64.b64encode(token).decode(),
            "summary": summary,
        }
    )
    doc.flags.hbs_service = True
    return str(doc.insert(ignore_permissions=True).name)


def _apply(unit: str, found: Bulletin, before: Bulletin | None) -> str:
    """Everything it says, for the units above this school that this site knows; gives a sentence."""
    from hocbaso_app.services.states import in_vietnamese

    above = _above(unit)
    said = []
    for source, own in _by_source(found.windows, above):
        windows.receive(own, source)
    if found.issuer["code"] in above:
        outages.receive(found.outages, found.issuer["code"])
    changed = _take_schedules(found, before, above)
    arrived = arriving.take(unit, found.notices)
    with in_vietnamese():
        said.append(_("{0} lock windows, {1} outages").format(len(found.windows), len(found.outages)))
        if changed:
            said.append(_("{0} schedules changed").format(changed))
        if arrived:
            said.append(_("{0} notices new or changed").format(arrived))
        if found.issuer["code"] not in above:
            missing = _("{0} ({1}) does not stand above this school in the units of this site. Enter it there.")
            said.append(missing.format(found.issuer["name"], found.issuer["code"]))
            book.note(unit, problem=said[-1])
        return ". ".join(said)


def _above(unit: str) -> list[str]:
    place = frappe.db.get_value("HBS Unit", unit, ["lft", "rgt"], as_dict=True)
    where = {"lft": ("<", place.lft), "rgt": (">", place.rgt)}
    return list(frappe.get_all("HBS Unit", where, pluck="name", order_by="lft"))


def _by_source(given: list[dict[str, Any]], above: list[str]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Rows by the unit that set them; those of a unit that this site does not know above the school are left out."""
    for source in above:
        own = [row for row in given if row.get("unit") == source]
        if own:
            yield source, own


def _take_schedules(found: Bulletin, before: Bulletin | None, above: list[str]) -> int:
    """Dates of units above, written as they are told; one that is told no more is taken away."""
    told = {(row["unit"], row["academic_year"]): row for row in found.schedules if row["unit"] in above}
    earlier = {(row["unit"], row["academic_year"]) for row in before.schedules} if before else set()
    changed = 0
    for (unit, year), row in told.items():
        if frappe.db.exists("Academic Year", year):
            changed += _write_schedule(f"{unit}-{year}", row)
    for unit, year in earlier - told.keys():
        if unit in above and frappe.db.exists("HBS Schedule", f"{unit}-{year}"):
            frappe.delete_doc("HBS Schedule", f"{unit}-{year}", ignore_permissions=True)
            changed += 1
    if changed:
        schedule.forget()
    return changed


def _write_schedule(name: str, row: dict[str, Any]) -> bool:
    known = frappe.db.exists("HBS Schedule", name)
    doc = frappe.get_doc("HBS Schedule", name) if known else frappe.new_doc("HBS Schedule")
    stages = [(stage["stage"], str(stage["due_date"])) for stage in row["stages"]]
    same = [(stage.stage, str(stage.due_date)) for stage in doc.stages] == stages
    if known and same and doc.decision_number == row["decision_number"]:
        return False
    doc.update({key: row[key] for key in ("unit", "academic_year", "decision_number")})
    doc.set("stages", [{"stage": stage, "due_date": day} for stage, day in stages])
    doc.save(ignore_permissions=True)
    return True


def check_again(name: str) -> dict[str, Any]:
    """Whether a kept bulletin still bears the authority's seal, valid when it was made; for whoever may read it."""
    from hocbaso_app.record.errors import HocBaSoError

    doc = frappe.get_doc(book.BULLETIN, name)
    doc.check_permission("read")
    content = base64.b64decode(str(frappe.db.get_value(book.BULLETIN, name, "content")))
    try:
        found = bulletin.read(content, trust.store())
    except HocBaSoError as error:
        frappe.throw(error.message_vi, HbsError)
    shown = ("issuer", "issued_at", "windows", "outages", "schedules", "notices", "settings")
    return {key: getattr(found, key) for key in shown}
