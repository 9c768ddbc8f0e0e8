"""Between an HBS Record on the desk and the core's ``Record``: same field names, other types.

The desk keeps dates, times, numbers and check boxes as Frappe does; the file
keeps text. Nothing is decided here.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import frappe
from frappe.utils import get_datetime, get_system_timezone, getdate

from hocbaso_app.record import model

GENDERS = {"1": "Male", "2": "Female", "0": "Not known"}
YES_NO = {"1": "Yes", "0": "No"}
FLAT = (model.General, model.Summary, model.Qualities, model.Remarks)
"""Groups whose fields stand in HBS Record itself."""

SUBSTITUTIONS = ("homeroom_substitution", "principal_substitution")
NUMBERS = frozenset({"weight_kg", "height_cm"})
"""Optional numbers: zero on the desk means absent in the file."""

TEXT = frozenset({"Data", "Link", "Small Text", "Text"})

BOUND = ("pupil_code", "school_code", "school_year", "page_kind")
"""Fields of a subject part that repeat the record's own."""


def to_record(doc: Any) -> model.Record:
    """The values of an HBS Record as they would stand in the file; nothing is checked."""
    general = _group(model.General, doc)
    general.update({name: _substitution(doc, f"{name}_") for name in SUBSTITUTIONS})
    general["part_revisions"] = tuple(
        model.PartRevision(subject_code=row.subject_code, revision=str(row.revision)) for row in doc.results
    )
    return model.Record(
        general=model.General(**general),
        history=tuple(_history(row) for row in doc.history),
        summary=model.Summary(**_group(model.Summary, doc)),
        subjects=tuple(_subject(row, general) for row in doc.results),
        qualities=model.Qualities(**_group(model.Qualities, doc)),
        remarks=model.Remarks(**{**_group(model.Remarks, doc), "homeroom_remark": doc.homeroom_remark or ""}),
    )


def person_of(doc: Any) -> model.Record:
    """A record with nothing but its general information: what the completeness of a pupil's data is judged by."""
    general = model.General(**_group(model.General, doc))
    return model.Record(
        general=general,
        history=(),
        summary=model.Summary(),
        subjects=(),
        qualities=model.Qualities(),
        remarks=model.Remarks(homeroom_remark=""),
    )


def fill(doc: Any, record: model.Record) -> None:
    """The inverse: writes a record's values into an HBS Record, without saving it."""
    for kind, value in zip(FLAT, (record.general, record.summary, record.qualities, record.remarks), strict=True):
        for name in _plain(kind):
            doc.set(name, _to_desk(doc, name, getattr(value, name)))
    for name in SUBSTITUTIONS:
        _fill_substitution(doc, f"{name}_", getattr(record.general, name))
    kept = {row.subject_code: (row.seen_by, row.seen_at) for row in doc.results}
    doc.set("results", [])
    for subject in record.subjects:
        row = doc.append("results", {})
        for name in _plain(model.SubjectResult):
            if name not in BOUND:
                row.set(name, _to_desk(row, name, getattr(subject, name)))
        _fill_substitution(row, "substitution_", subject.substitution)
        row.seen_by, row.seen_at = kept.get(subject.subject_code, (None, None))
    doc.set("history", [])
    for entry in record.history:
        row = doc.append("history", {})
        for name in _plain(model.HistoryEntry):
            row.set(name, _to_desk(row, name, getattr(entry, name)))
        if entry.mid_year_page:
            row.mid_year_page_record_code = entry.mid_year_page.record_code
            row.mid_year_page_sha256 = entry.mid_year_page.sha256


@cache
def _plain(kind: Any) -> tuple[str, ...]:
    """Names of the single-element fields of a group that are plain text in the file."""
    return tuple(f.name for f in fields(kind) if f.name not in {*SUBSTITUTIONS, *_NESTED})


_NESTED = ("part_revisions", "mid_year_page", "substitution")


def _group(kind: Any, doc: Any) -> dict[str, Any]:
    return _texts(doc, _plain(kind))


def _subject(row: Any, general: dict[str, Any]) -> model.SubjectResult:
    own = _texts(row, _own_of_subject())
    bound = {name: general[name] for name in BOUND}
    return model.SubjectResult(**own, **bound, substitution=_substitution(row, "substitution_"))


def _history(row: Any) -> model.HistoryEntry:
    cited = row.mid_year_page_record_code
    page = model.MidYearCitation(record_code=cited, sha256=row.mid_year_page_sha256) if cited else None
    values = _texts(row, _plain(model.HistoryEntry))
    return model.HistoryEntry(**values, mid_year_page=page)


def _substitution(doc: Any, prefix: str) -> model.Substitution | None:
    if not doc.get(f"{prefix}absent_name"):
        return None
    values: dict[str, Any] = {
        f.name: _to_file(doc.get(prefix + f.name), prefix + f.name, doc.doctype) for f in fields(model.Substitution)
    }
    return model.Substitution(**values)


def _fill_substitution(doc: Any, prefix: str, value: model.Substitution | None) -> None:
    for f in fields(model.Substitution):
        doc.set(prefix + f.name, getattr(value, f.name) if value else None)


def _kinds(doctype: str) -> dict[str, str]:
    """Field → its type; a record has some 400 of them, so the meta is not asked for each."""
    known = getattr(frappe.local, "hbs_kinds", None)
    if known is None:
        known = frappe.local.hbs_kinds = {}
    if doctype not in known:
        known[doctype] = {field.fieldname: field.fieldtype for field in frappe.get_meta(doctype).fields}
    return known[doctype]


@cache
def _own_of_subject() -> tuple[str, ...]:
    return tuple(name for name in _plain(model.SubjectResult) if name not in BOUND)


def _texts(doc: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Several values as they stand in the file; most are text already."""
    own, kinds, doctype = doc.__dict__, _kinds(doc.doctype), doc.doctype
    return {
        name: value
        if kinds[name] in TEXT and isinstance(value := own.get(name), str) and value
        else _to_file(own.get(name), name, doctype)
        for name in names
    }


def _to_file(value: Any, name: str, doctype: str) -> str | None:
    kind = _kinds(doctype)[name]
    if kind == "Check":
        return "1" if value else "0"
    if kind == "Float":
        return None if name in NUMBERS and not value else f"{float(value or 0):.4f}".rstrip("0").rstrip(".")
    if value in (None, ""):
        return None
    if kind == "Date":
        return getdate(value).isoformat()
    if kind == "Datetime":
        return instant(get_datetime(value))
    if name == "gender":
        return next(code for code, label in GENDERS.items() if label == value)
    if kind == "Select" and value in YES_NO.values():
        return next(code for code, label in YES_NO.items() if label == value)
    return str(value)


def _to_desk(doc: Any, name: str, value: str | None) -> Any:
    field = doc.meta.get_field(name)
    kind = field.fieldtype
    if kind == "Check":
        return int(value == "1")
    if kind == "Float":
        return float(value or 0)
    if not value:
        return None
    if kind == "Date":
        return date.fromisoformat(value)
    if kind == "Datetime":
        return desk_time(datetime.fromisoformat(value))
    if kind == "Int":
        return int(value)
    if name == "gender":
        return GENDERS[value]
    if kind == "Select" and "Yes" in (field.options or ""):
        return YES_NO[value]
    return value


def instant(moment: datetime) -> str:
    """A desk time (naive, the site's zone) as it stands in the file."""
    from hocbaso_app.record.times import write_instant

    return write_instant(moment.replace(tzinfo=ZoneInfo(get_system_timezone())))


def desk_time(moment: datetime) -> datetime:
    """A moment as Frappe stores times: naive, in the site's zone, whole seconds."""
    return moment.astimezone(ZoneInfo(get_system_timezone())).replace(tzinfo=None, microsecond=0)


def now() -> datetime:
    """This moment, aware; the one clock of the services."""
    return frappe.utils.now_datetime().replace(tzinfo=ZoneInfo(get_system_timezone()))
