"""What has not been done yet, whose it is, since when and until when; counted from the records' own tables.

A fixed number of queries whatever the number of records, always inside the
user's scope, no file opened.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import frappe
from frappe import _
from frappe.query_builder.functions import Count, Min
from frappe.utils import getdate

from hocbaso_app.permissions.scope import scope_of
from hocbaso_app.services import duty, owners, schedule, states

ENTER, MEND, CONFIRM, INITIALISE = "enter", "mend", "confirm", "initialise"
CHECK, SIGN, RELEASE, SUBMIT = "check", "sign", "release", "submit"
DECIDE, RENEW, RECALL, ANSWER = "decide", "renew", "recall", "answer"
UNBLOCK, REFUSED = "unblock", "refused"
KINDS = (
    *(ENTER, MEND, CONFIRM, INITIALISE, CHECK, SIGN, RELEASE, SUBMIT),
    *(UNBLOCK, REFUSED, DECIDE, RENEW, RECALL, ANSWER),
)
"""In the order in which they come up in a year."""

STAGES = (*schedule.STAGES, states.RECALL_REQUESTED, states.RECALLED)

OF_CLASS = ("unit", "academic_year", "student_group")
SCHOOL_STATES = {
    states.HOMEROOM: SIGN,
    states.MANAGER: SIGN,
    states.RELEASE: RELEASE,
    states.RELEASED: SUBMIT,
    states.REJECTED: DECIDE,
    states.RECALLED: RENEW,
}
"""States in which one person acts for the whole class."""


@dataclass(frozen=True)
class Person:
    """``staff`` and ``user`` are empty for somebody who is not on the staff (any more)."""

    name: str
    staff: str = ""
    user: str = ""


@dataclass(frozen=True)
class Work:
    """One kind of work of one person in one class; ``subject`` for subject teachers only."""

    kind: str
    stage: str
    unit: str
    academic_year: str
    student_group: str
    people: tuple[Person, ...]
    pupils: int
    since: datetime | None
    subject: str = ""
    subject_name: str = ""
    due: date | None = None
    faults: int = 0
    owner: str = ""
    records: tuple[str, ...] = field(default=(), compare=False)

    @property
    def late(self) -> bool:
        """Whether its last day has passed."""
        return self.due is not None and self.due < getdate()

    @property
    def names(self) -> str:
        """Who is to do it."""
        return ", ".join(person.name for person in self.people)


def open_work(user: str | None = None, filters: dict[str, Any] | None = None, *, of_office: bool = False) -> list[Work]:
    """All of it that lies in the user's scope; ``filters``: unit, academic_year, student_group, grade.

    ``of_office``: only what is decided for whole records, without the classes' own work.
    """
    frappe.has_permission("HBS Record", "read", user=user, throw=True)
    scoped = Scoped(user, filters or {})
    team = Team(scoped)
    found = _of_school(scoped, team) + _of_exchange(scoped) + _recalls(scoped, team)
    for of_class in () if of_office else (_to_enter, _to_mend, _to_initialise, _to_check, _to_sign):
        found += of_class(scoped, team)
    dated = [replace(w, due=schedule.due(w.unit, w.academic_year, w.stage)) for w in found]
    return sorted(dated, key=_in_order)


def _in_order(work: Work) -> tuple[Any, ...]:
    return work.student_group, STAGES.index(work.stage), KINDS.index(work.kind), work.names, work.subject


class Scoped:
    """Queries over HBS Record that never leave the user's scope and the report's filters."""

    def __init__(self, user: str | None, filters: dict[str, Any]) -> None:
        self.record = frappe.qb.DocType("HBS Record")
        self.scope = scope_of(user)
        self.filters = {name: filters[name] for name in (*OF_CLASS, "grade") if filters.get(name)}

    def limit(self, query: Any, table: Any = None) -> Any:
        """The same query, inside; ``table`` when it is not over HBS Record but also has a unit and a class."""
        table = table or self.record
        if not self.scope.everything:
            query = query.where(table.unit.isin(sorted(self.scope.units) or [""]))
            if self.scope.classes is not None:
                query = query.where(table.student_group.isin(sorted(self.scope.classes) or [""]))
        for name, value in self.filters.items():
            if table is self.record or name != "grade":
                query = query.where(table[name] == value)
        return query

    def counted(self, query: Any, *columns: Any) -> list[Any]:
        """Pupils and the earliest ``waiting_since`` per class and the columns given."""
        record = self.record
        of_class = [record[name] for name in OF_CLASS]
        query = query.select(*of_class, *columns)
        query = query.select(Count(record.name).distinct().as_("pupils"), Min(record.waiting_since).as_("since"))
        return list(self.limit(query).groupby(*of_class, *columns).run(as_dict=True))


class Team:
    """Who is who at the schools in scope: staff by citizen id, today's assignments, duties."""

    def __init__(self, scoped: Scoped) -> None:
        self._by_id: dict[tuple[str, str], Person] = {}
        self._by_name: dict[str, Person] = {}
        self._assigned: dict[tuple[str, str], list[Person]] = defaultdict(list)
        staff = frappe.qb.DocType("HBS Staff Member")
        query = frappe.qb.from_(staff).select(
            staff.name, staff.full_name, staff.user, staff.unit, staff.citizen_id, staff.from_date, staff.to_date
        )
        if not scoped.scope.everything:
            query = query.where(staff.unit.isin(sorted(scoped.scope.units) or [""]))
        for row in query.orderby(staff.name).run(as_dict=True):
            if duty.in_force(row):
                person = Person(row.full_name, row.name, row.user or "")
                self._by_id[row.unit, row.citizen_id] = self._by_name[row.name] = person
        given = frappe.qb.DocType("HBS Teaching Assignment")
        query = frappe.qb.from_(given).select(
            given.student_group, given.kind, given.subject, given.staff, given.from_date, given.to_date
        )
        for row in scoped.limit(query, given).orderby(given.name).run(as_dict=True):
            if duty.in_force(row) and row.staff in self._by_name:
                subject = row.subject if row.kind == "Subject" else ""
                self._assigned[row.student_group, subject].append(self._by_name[row.staff])

    def teacher(self, student_group: str, subject: str = "", otherwise: str = "") -> tuple[Person, ...]:
        """Who teaches (or, without a subject, leads) the class today."""
        return tuple(self._assigned.get((student_group, subject), [])) or (Person(otherwise or "–"),)

    def signer(self, unit: str, citizen_id: str, name: str) -> tuple[Person, ...]:
        """Whom the file names."""
        return (self._by_id.get((unit, citizen_id)) or Person(name or "–"),)

    def holders(self, mark: str, unit: str) -> tuple[Person, ...]:
        """Clerks or principals of a school."""
        return tuple(Person(row.full_name, row.name, row.user or "") for row in states.staff_with(mark, unit))


def _base(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in OF_CLASS} | {"pupils": row.pupils, "since": row.since}


def _to_enter(scoped: Scoped, team: Team) -> list[Work]:
    """Subjects of drafts without a level."""
    record, result = scoped.record, frappe.qb.DocType("HBS Record Result")
    query = frappe.qb.from_(record).join(result).on(result.parent == record.name)
    query = query.where((record.state == states.DRAFT) & (record.disability_not_assessed == 0))
    query = query.where(result.level.isnull() | (result.level == ""))
    found = scoped.counted(query, result.subject_code, result.subject_name, result.teacher_name)
    return [
        Work(
            kind=ENTER,
            stage=schedule.ENTRY,
            people=team.teacher(row.student_group, row.subject_code, row.teacher_name),
            subject=row.subject_code,
            subject_name=row.subject_name,
            **_base(row),
        )
        for row in found
    ]


def drafts_with_faults(scoped: Scoped) -> list[Any]:
    """Drafts whose rules speak or that were returned."""
    record = scoped.record
    returned = ("returned_remark", "returned_subject", "returned_mended")
    columns = ("name", "full_name", "waiting_since", "fault_details", *returned, *OF_CLASS)
    query = frappe.qb.from_(record).select(*(record[name] for name in columns))
    sent_back = record.returned_remark.isnotnull() & (record.returned_mended == 0)
    query = query.where((record.state == states.DRAFT) & (record.fault_details.isnotnull() | sent_back))
    return list(scoped.limit(query).orderby(record.student_group).orderby(record.name).run(as_dict=True))


def faults_of(row: Any) -> list[dict[str, Any]]:
    """What the rules say, and what was returned and not mended yet."""
    faults = owners.unpacked(row.fault_details)
    if row.returned_remark and not row.returned_mended:
        kind = owners.SUBJECT if row.returned_subject else owners.HOMEROOM
        text = _("Returned: {0}").format(row.returned_remark)
        faults.insert(0, {"owner": kind, "subject": row.returned_subject, "code": "RETURNED", "text": text})
    return faults


def owner(fault: dict[str, Any], row: Any, team: Team) -> tuple[Person, ...]:
    """Who mends a fault today."""
    kind = fault["owner"]
    if kind == owners.SUBJECT:
        return team.teacher(row.student_group, fault["subject"])
    if kind == owners.HOMEROOM:
        return team.teacher(row.student_group)
    return team.holders("is_principal" if kind == owners.PRINCIPAL else "is_clerk", row.unit)


def _to_mend(scoped: Scoped, team: Team) -> list[Work]:
    """Faults of drafts, at the person whose field it is; a level not entered yet is no fault of his."""
    found: dict[tuple[Any, ...], list[tuple[Any, dict[str, Any]]]] = defaultdict(list)
    for row in drafts_with_faults(scoped):
        for fault in faults_of(row):
            if fault.get("code") != "LEVEL_MISSING":
                subject = fault.get("subject") if fault["owner"] == owners.SUBJECT else ""
                key = (*(row[n] for n in OF_CLASS), owner(fault, row, team), subject or "", fault["owner"])
                found[key].append((row, fault))
    names = subject_names()
    work = []
    for (unit, year, group, people, subject, kind), faults in found.items():
        records = tuple(dict.fromkeys(row.name for row, _fault in faults))
        since = min((row.waiting_since for row, _fault in faults if row.waiting_since), default=None)
        work.append(
            Work(
                kind=MEND,
                stage=schedule.ENTRY,
                unit=unit,
                academic_year=year,
                student_group=group,
                people=people,
                pupils=len(records),
                since=since,
                subject=subject,
                subject_name=names.get(subject, subject),
                faults=len(faults),
                owner=kind,
                records=records,
            )
        )
    return work


def subject_names() -> dict[str, str]:
    """Code → name of every subject."""
    rows = frappe.get_all("HBS Subject", fields=["name", "subject_name"], order_by="name")
    return {row.name: row.subject_name for row in rows}


def _to_initialise(scoped: Scoped, team: Team) -> list[Work]:
    """Drafts without a fault: the principal confirms the summary, then the clerk makes the files."""
    record, confirmation = scoped.record, frappe.qb.DocType("HBS Summary Confirmation")
    query = frappe.qb.from_(record).where((record.state == states.DRAFT) & (record.fault_count == 0))
    query = query.where(record.returned_remark.isnull() | (record.returned_mended == 1))
    rows = scoped.counted(query)
    if not rows:
        return []
    given = scoped.limit(frappe.qb.from_(confirmation).select(confirmation.student_group), confirmation)
    confirmed = {row[0] for row in given.distinct().run()}
    work = []
    for row in rows:
        ready = row.student_group in confirmed
        kind, mark = (INITIALISE, "is_clerk") if ready else (CONFIRM, "is_principal")
        work.append(Work(kind=kind, stage=schedule.ENTRY, people=team.holders(mark, row.unit), **_base(row)))
    return work


def _to_check(scoped: Scoped, team: Team) -> list[Work]:
    """Parts nobody has looked at yet."""
    record, result = scoped.record, frappe.qb.DocType("HBS Record Result")
    query = frappe.qb.from_(record).join(result).on(result.parent == record.name)
    query = query.where((record.state == states.INITIALISED) & (result.seen_by.isnull() | (result.seen_by == "")))
    work = [
        Work(
            kind=CHECK,
            stage=schedule.CHECK,
            people=team.teacher(row.student_group, row.subject_code, row.teacher_name),
            subject=row.subject_code,
            subject_name=row.subject_name,
            **_base(row),
        )
        for row in scoped.counted(query, result.subject_code, result.subject_name, result.teacher_name)
    ]
    query = frappe.qb.from_(record)
    query = query.where((record.state == states.INITIALISED) & (record.seen_by.isnull() | (record.seen_by == "")))
    for row in scoped.counted(query, record.homeroom_name):
        people = team.teacher(row.student_group, otherwise=row.homeroom_name)
        work.append(Work(kind=CHECK, stage=schedule.CHECK, people=people, **_base(row)))
    return work


def _to_sign(scoped: Scoped, team: Team) -> list[Work]:
    """Subject parts without a signature, at the signer whom the file names."""
    record, slot = scoped.record, frappe.qb.DocType("HBS Record Slot")
    query = frappe.qb.from_(record).join(slot).on(slot.parent == record.name)
    query = query.where(record.state.isin([states.CHECKED, states.SUBJECT]))
    query = query.where((slot.stage == "gvbm") & slot.signed_at.isnull())
    names = subject_names()
    work = []
    for row in scoped.counted(query, slot.slot_id, slot.signer_citizen_id, slot.signer_name):
        subject = row.slot_id.removeprefix("ky-mon-")
        work.append(
            Work(
                kind=SIGN,
                stage=schedule.SUBJECT_SIGNING,
                people=team.signer(row.unit, row.signer_citizen_id, row.signer_name),
                subject=subject,
                subject_name=names.get(subject, subject),
                **_base(row),
            )
        )
    return work


def _of_school(scoped: Scoped, team: Team) -> list[Work]:
    """What homeroom teacher, principal, clerk and office do for whole records."""
    record = scoped.record
    query = frappe.qb.from_(record).where(record.state.isin(list(SCHOOL_STATES)))
    signers = (record.homeroom_citizen_id, record.homeroom_name, record.principal_citizen_id, record.principal_name)
    work = []
    for row in scoped.counted(query, record.state, *signers):
        if row.state == states.HOMEROOM:
            people = team.signer(row.unit, row.homeroom_citizen_id, row.homeroom_name)
        elif row.state == states.MANAGER:
            people = team.signer(row.unit, row.principal_citizen_id, row.principal_name)
        else:
            clerk = row.state in (states.RELEASE, states.RELEASED)
            people = team.holders("is_clerk" if clerk else "is_principal", row.unit)
        stage = states.STAGE_OF.get(row.state, row.state)
        work.append(Work(kind=SCHOOL_STATES[row.state], stage=stage, people=people, **_base(row)))
    return work


def _recalls(scoped: Scoped, team: Team) -> list[Work]:
    """Records asked back: the officer's turn, or the principal's when more was asked."""
    record, item = scoped.record, frappe.qb.DocType("HBS Recall Item")
    undecided = (item.record == record.name) & item.status.isin(["Waiting", "More Asked"])
    query = frappe.qb.from_(record).left_join(item).on(undecided)
    work = []
    for row in scoped.counted(query.where(record.state == states.RECALL_REQUESTED), item.status):
        asked = row.status == "More Asked"
        people = team.holders("is_principal", row.unit) if asked else _officers(row.unit)
        kind = ANSWER if asked else RECALL
        work.append(Work(kind=kind, stage=states.RECALL_REQUESTED, people=people, **_base(row)))
    return work


def _of_exchange(scoped: Scoped) -> list[Work]:
    """Records that stopped on their way, and refused ones at the owner of the field; each has its person."""
    record, row = scoped.record, frappe.qb.DocType("HBS Submission")
    person = frappe.qb.DocType("User")
    query = frappe.qb.from_(record).join(row).on((row.record == record.name) & (row.version == record.current_version))
    query = query.join(person).on(person.name == row.responsible)
    found = scoped.counted(query, row.state, row.responsible, person.full_name)
    kinds = {"Needs Attention": UNBLOCK, "Rejected": REFUSED}
    return [
        Work(
            kind=kinds[each.state],
            stage=schedule.SUBMISSION,
            people=(Person(each.full_name, user=each.responsible),),
            **_base(each),
        )
        for each in found
        if each.state in kinds
    ]


def _officers(unit: str) -> tuple[Person, ...]:
    """Staff of the office above, or the office itself where it has nobody on this site."""
    above = frappe.db.get_value("HBS Unit", unit, "parent_hbs_unit")
    columns = ["name", "full_name", "user", "from_date", "to_date"]
    rows = frappe.get_all("HBS Staff Member", {"unit": above}, columns, order_by="name") if above else []
    people = tuple(Person(row.full_name, row.name, row.user or "") for row in rows if duty.in_force(row))
    return people or (Person(states.office_of(unit)),)
