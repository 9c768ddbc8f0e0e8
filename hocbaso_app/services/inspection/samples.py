"""HBS Inspection Sample: some records of each school, drawn by seed and looked at one by one."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import get_datetime, now_datetime

from hocbaso_app.exceptions import EvidenceError, HbsError
from hocbaso_app.exchange import sampling
from hocbaso_app.exchange.sampling import Sample
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import audit, rows
from hocbaso_app.services.inspection import decisions
from hocbaso_app.services.notices import recipients

DOCTYPE, ITEM = "HBS Inspection Sample", "HBS Inspection Item"
DRAFT, DRAWN, FINISHED = "Draft", "Drawn", "Finished"
RECEIVED, RELEASED = "Received records", "Released records"
NOT_SEEN, IN_ORDER, FINDING = "Not seen", "In order", "Finding"
MOST_EACH, MOST = 200, 5000


def check(doc: Any) -> None:
    """Asked at every save by hand."""
    if doc.flags.hbs_service:
        return
    before = doc.get_doc_before_save()
    if doc.status != DRAFT or (before and before.status != DRAFT):
        frappe.throw(_("This sample was drawn; it is not changed any more."), EvidenceError)
    decisions.require_own(doc.unit)
    if not 1 <= doc.per_school <= MOST_EACH:
        frappe.throw(_("From 1 to {0} records of each school.").format(MOST_EACH), HbsError)
    if doc.as_of and get_datetime(doc.as_of) > now_datetime():
        frappe.throw(_("Records can only be drawn as of a moment that has passed."), HbsError)
    if doc.inspection and frappe.db.get_value(decisions.DOCTYPE, doc.inspection, "unit") != doc.unit:
        frappe.throw(_("This decision is another unit's."), HbsError)
    doc.items, doc.drawn_at, doc.drawn_by, doc.algorithm = [], None, None, None


def draw(name: str) -> int:
    """Once: from what was there at the moment; gives how many were drawn."""
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    doc.check_permission("write")
    decisions.require_own(doc.unit)
    if doc.status != DRAFT:
        frappe.throw(_("This sample was drawn; it is not changed any more."), EvidenceError)
    doc.as_of = get_datetime(doc.as_of or now_datetime()).replace(microsecond=0)
    doc.seed = (doc.seed or "").strip() or sampling.new_seed()
    samples = {unit: _draw(doc, unit) for unit in _schools(doc)}
    if sum(len(sample.codes) for sample in samples.values()) > MOST:
        frappe.throw(_("More than {0} records would be drawn. Choose fewer of each school.").format(MOST), HbsError)
    doc.set("schools", [_school_row(unit, sample) for unit, sample in samples.items()])
    doc.set("items", [row for unit, sample in samples.items() for row in _items(doc, unit, sample)])
    if not doc.items:
        frappe.throw(_("There is no record to draw from."), HbsError)
    doc.status, doc.algorithm, doc.drawn_at = DRAWN, sampling.ALGORITHM, now_datetime().replace(microsecond=0)
    doc.drawn_by = recipients.name_of(frappe.session.user)
    doc.flags.hbs_service = True
    doc.save()
    drawn = {unit: [s.population, s.population_sha256, list(s.codes)] for unit, s in samples.items()}
    facts = {"seed": doc.seed, "as_of": str(doc.as_of), "algorithm": doc.algorithm, "drawn": drawn}
    audit.write("draw sample", DOCTYPE, doc.name, doc.unit, facts)
    return len(doc.items)


def _schools(doc: Any) -> list[str]:
    place = frappe.db.get_value("HBS Unit", doc.unit, ["lft", "rgt"], as_dict=True)
    where: dict[str, Any] = {"lft": (">", place.lft), "rgt": ("<", place.rgt), "kind": "School"}
    below = frappe.get_all("HBS Unit", where, pluck="name", order_by="name")
    chosen = [row.unit for row in doc.schools]
    strangers = set(chosen) - set(below)
    if strangers:
        frappe.throw(_("{0} is not a school below your unit.").format(min(strangers)), HbsError)
    return sorted(set(chosen)) if chosen else list(below)


def _draw(doc: Any, unit: str) -> Sample:
    try:
        return sampling.draw(_population(doc, unit), doc.per_school, doc.seed)
    except HocBaSoError as error:
        frappe.throw(error.message_vi, HbsError)
        raise AssertionError from error


def _population(doc: Any, unit: str) -> dict[str, Any]:
    """Record code → its document, as of the moment: what is found today by dates that never change again."""
    moment = doc.as_of
    if doc.population == RECEIVED:
        columns = ["name", "full_name", "class_name as label", "sha256", "recalled_at"]
        where = {"unit": unit, "school_year": doc.academic_year, "received_at": ("<=", moment)}
        found = frappe.get_all("HBS Received Record", where, columns, order_by="name")
        return {row.name: row for row in found if not row.recalled_at or row.recalled_at > moment}
    version, record = frappe.qb.DocType("HBS Record Version"), frappe.qb.DocType("HBS Record")
    query = frappe.qb.from_(version).join(record).on(record.name == version.record)
    query = query.where((version.unit == unit) & (version.released_on <= moment))
    query = query.where(record.school_year == doc.academic_year)
    query = query.select(record.name, record.full_name, version.student_group.as_("label"), version.sha256)
    found = query.select(version.record_code).orderby(version.name).run(as_dict=True)
    return {row.record_code: row for row in found}


def _school_row(unit: str, sample: Sample) -> dict[str, Any]:
    facts = {"population": sample.population, "population_sha256": sample.population_sha256}
    return {"unit": unit, **facts, "drawn": len(sample.codes)}


def _items(doc: Any, unit: str, sample: Sample) -> list[dict[str, Any]]:
    population = _population(doc, unit)
    doctype = "HBS Received Record" if doc.population == RECEIVED else "HBS Record"
    return [
        {
            "unit": unit,
            "record_code": code,
            "record_doctype": doctype,
            "record": population[code].name,
            "full_name": population[code].full_name,
            "class_name": population[code].label,
            "sha256": population[code].sha256,
            "result": NOT_SEEN,
        }
        for code in sample.codes
    ]


def draw_again(name: str) -> list[str]:
    """Draw with the same seed from what the dates say today; schools that come out otherwise (empty: all the same)."""
    doc = frappe.get_doc(DOCTYPE, name)
    doc.check_permission("read")
    if doc.status == DRAFT:
        frappe.throw(_("Nothing was drawn yet."), HbsError)
    different = []
    for school in doc.schools:
        sample = _draw(doc, school.unit)
        kept = tuple(row.record_code for row in doc.items if row.unit == school.unit)
        if (sample.codes, sample.population_sha256) != (kept, school.population_sha256):
            different.append(school.unit)
    return different


def look(name: str, result: str, finding: str = "") -> None:
    """What the inspector found in one record of the sample."""
    item = frappe.db.get_value(
        ITEM, {"name": name, "parenttype": DOCTYPE}, ["name", "parent", "unit", "record_code"], as_dict=True
    )
    if item is None:
        frappe.throw(_("There is no such record in a sample."), frappe.DoesNotExistError)
    doc = frappe.get_doc(DOCTYPE, item.parent, for_update=True)
    _require_inspector(doc, item.unit)
    if doc.status != DRAWN:
        frappe.throw(_("This sample is finished."), EvidenceError)
    if result not in (IN_ORDER, FINDING) or (result == FINDING and not finding.strip()):
        frappe.throw(_("Say “In order”, or “Finding” with what was found."), HbsError)
    values = {
        "result": result,
        "finding": finding.strip()[:1000] or None,
        "seen_at": now_datetime().replace(microsecond=0),
    }
    values["seen_by"] = recipients.name_of(frappe.session.user)
    rows.update(ITEM, [item.name], values)
    frappe.clear_document_cache(DOCTYPE, doc.name)
    facts = {"record_code": item.record_code, "result": result, "finding": values["finding"]}
    audit.write("inspect record", DOCTYPE, doc.name, item.unit, facts)


def _require_inspector(doc: Any, unit: str) -> None:
    """Somebody of the unit that inspects, or named by the decision for this school."""
    doc.check_permission("read")
    found = decisions.in_force(frappe.session.user, unit)
    if doc.inspection and found and found.name == doc.inspection:
        return
    decisions.require_own(doc.unit)


def finish(name: str) -> None:
    """Everything was looked at; nothing is entered any more."""
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    doc.check_permission("write")
    decisions.require_own(doc.unit)
    if doc.status != DRAWN:
        frappe.throw(_("This sample is finished."), EvidenceError)
    left = sum(row.result == NOT_SEEN for row in doc.items)
    if left:
        frappe.throw(_("{0} records have not been looked at yet.").format(left), HbsError)
    doc.status = FINISHED
    doc.flags.hbs_service = True
    doc.save()
    findings = sum(row.result == FINDING for row in doc.items)
    audit.write("finish sample", DOCTYPE, name, doc.unit, {"records": len(doc.items), "findings": findings})
