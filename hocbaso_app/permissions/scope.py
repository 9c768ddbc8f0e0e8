"""One scope per user: the units he serves and, for teachers, the classes he is assigned to.

Both Frappe hooks (list queries and single documents) are read off the same
:class:`Scope`, so a list never shows what a form would refuse. A share or an
assignment can't widen it: no role has the share right on these DocTypes, and
``refuse_foreign_share`` stops what is written past that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import frappe
from frappe import _
from frappe.utils import getdate

from hocbaso_app.exceptions import NotYoursError
from hocbaso_app.permissions import refusals
from hocbaso_app.permissions.scoped import ROWS_OF, SCOPED_DOCTYPES
from hocbaso_app.setup import roles

SETUP_DOCTYPES = frozenset({"HBS Unit", "HBS Staff Member"})
"""What a System Manager needs to open a site to a school; nothing of a pupil is in it."""

CLASS_DOCTYPES = frozenset({"HBS Record", "HBS Record Version", "HBS Submission", "HBS Print"})
"""DocTypes that teachers see only for the classes they are assigned to."""

OWN_DOCTYPES = {"HBS Signing Batch": "signer", "HBS Print Run": "requested_by", "HBS Notice Receipt": "for_user"}
"""DocTypes that teachers see only when they are the person in this field."""

FROM_ABOVE = frozenset({"HBS Lock Window", "HBS Signing Service"})
"""DocTypes that a unit reads of the units above it too; what may be done is the services' to judge."""

INSPECTED = frozenset({"HBS Record", "HBS Record Version", "HBS Submission", "HBS Received Record", "HBS Unit"})
"""DocTypes that an inspector reads of the schools his decision names, as long as it is in force."""

READING = frozenset({None, "read", "select", "report", "print", "export", "email"})

WIDE_ROLES = frozenset(
    {
        roles.PRINCIPAL,
        roles.CLERK,
        roles.SCHOOL_ADMIN,
        roles.OFFICE_OFFICER,
        roles.DEPARTMENT_OFFICER,
        roles.AUDITOR,
    }
)


@dataclass(frozen=True)
class Scope:
    """``units`` a user serves, with those below an office or the department; ``classes`` is None for all of them."""

    user: str
    everything: bool
    setup: bool
    units: frozenset[str]
    classes: frozenset[str] | None
    above: frozenset[str] = frozenset()
    inspected: frozenset[str] = frozenset()

    def sees(self, doctype: str, unit: str | None, student_group: str | None, signer: str | None = None) -> bool:
        """Whether a document with these values lies in the scope."""
        if self.everything or (self.setup and doctype in SETUP_DOCTYPES):
            return True
        if unit not in self._units(doctype):
            return False
        if self.classes is None:
            return True
        if doctype in CLASS_DOCTYPES:
            return student_group in self.classes
        return signer == self.user if doctype in OWN_DOCTYPES else True

    def condition(self, doctype: str) -> str:
        """The same as SQL over the DocType's table; in brackets, ``1=0`` for nothing, empty for everything."""
        if self.everything or (self.setup and doctype in SETUP_DOCTYPES):
            return ""
        column = "name" if doctype == "HBS Unit" else "unit"
        parts = [_among(doctype, column, self._units(doctype))]
        if self.classes is not None and doctype in CLASS_DOCTYPES:
            parts.append(_among(doctype, "student_group", self.classes))
        if self.classes is not None and doctype in OWN_DOCTYPES:
            parts.append(_among(doctype, OWN_DOCTYPES[doctype], frozenset({self.user})))
        return "(" + " and ".join(parts) + ")"

    def _units(self, doctype: str) -> frozenset[str]:
        if doctype in FROM_ABOVE:
            return self.units | self.above
        return self.units | self.inspected if doctype in INSPECTED else self.units


def _among(doctype: str, column: str, values: frozenset[str]) -> str:
    if not values:
        return "1=0"
    return f"`tab{doctype}`.`{column}` in ({', '.join(frappe.db.escape(v) for v in sorted(values))})"


def scope_of(user: str | None = None) -> Scope:
    """The scope as of today; kept for one request."""
    user = user or frappe.session.user
    known = getattr(frappe.local, "hbs_scopes", None)
    if known is None:
        known = frappe.local.hbs_scopes = {}
    if user not in known:
        known[user] = _make_scope(user)
    return known[user]


def forget_scopes(*_args: Any) -> None:
    """After a change of staff, units or assignments (``doc_events``)."""
    from hocbaso_app.services import schedule

    frappe.local.hbs_scopes = {}
    schedule.forget()


def _make_scope(user: str) -> Scope:
    held = set(frappe.get_roles(user))
    if user == "Administrator":
        return Scope(user, True, True, frozenset(), None)
    units = units_of(user)
    classes = None if held & WIDE_ROLES else classes_of(user)
    inspected = frozenset(row.unit for row in inspections_of(user)) if classes is None else frozenset()
    return Scope(user, False, "System Manager" in held, units, classes, _above(units), inspected)


def inspections_of(user: str) -> list[Any]:
    """Decisions in force today that name the user: (decision, school)."""
    decision, person = frappe.qb.DocType("HBS Inspection"), frappe.qb.DocType("HBS Inspection Person")
    school, today = frappe.qb.DocType("HBS Inspection Unit"), getdate()
    query = frappe.qb.from_(decision).join(person).on(person.parent == decision.name)
    query = query.join(school).on(school.parent == decision.name).where(person.user == user)
    query = query.where((decision.from_date <= today) & (decision.to_date >= today) & decision.ended_at.isnull())
    return list(query.select(decision.name, school.unit).orderby(decision.name).run(as_dict=True))


def units_of(user: str) -> frozenset[str]:
    """Units of the user's staff entries in force today, all units below a department or office, and predecessors.

    A unit that has ended gives nobody anything any more; its successor sees what stood under it.
    """
    from hocbaso_app.services.units import history

    own = _in_force(
        frappe.get_all("HBS Staff Member", {"user": user}, ["unit", "from_date", "to_date"], order_by="name")
    )
    units: set[str] = set()
    for row in own:
        units |= history.area_of(row.unit)
    return frozenset(history.with_predecessors(units)) if units else frozenset()


def _above(units: frozenset[str]) -> frozenset[str]:
    """Every unit above one of these."""
    below, over = frappe.qb.DocType("HBS Unit"), frappe.qb.DocType("HBS Unit").as_("over")
    query = frappe.qb.from_(below).join(over).on((over.lft < below.lft) & (over.rgt > below.rgt))
    query = query.where(below.name.isin(sorted(units) or [""])).select(over.name).distinct()
    return frozenset(name for (name,) in query.run())


def classes_of(user: str) -> frozenset[str]:
    """Student groups the user teaches or leads today."""
    staff = frappe.get_all("HBS Staff Member", {"user": user}, pluck="name")
    if not staff:
        return frozenset()
    rows = frappe.get_all(
        "HBS Teaching Assignment", {"staff": ("in", staff)}, ["student_group", "from_date", "to_date"], order_by="name"
    )
    return frozenset(row.student_group for row in _in_force(rows))


def _in_force(rows: list[Any]) -> list[Any]:
    today = getdate()
    return [r for r in rows if getdate(r.from_date) <= today and (not r.to_date or today <= getdate(r.to_date))]


def query_conditions(user: str | None = None, doctype: str = "") -> str:
    """Hook ``permission_query_conditions``."""
    return scope_of(user).condition(doctype)


def row_conditions(user: str | None = None, doctype: str = "") -> str:
    """Hook ``permission_query_conditions`` for rows: those of forms in the scope."""
    form = ROWS_OF[doctype]
    condition = scope_of(user).condition(form)
    return f"(`tab{doctype}`.`parent` in (select `name` from `tab{form}` where {condition}))" if condition else ""


def has_permission(doc: Any, ptype: str | None = None, user: str | None = None) -> bool:
    """Hook ``has_permission``: always True or False; a new document without a unit is judged when it has one.

    A document that is to be changed comes with the values the client sent, so what is stored is judged too.
    """
    if doc.is_new() and not doc.get("unit"):
        return True
    scope = scope_of(user)
    if ptype not in READING:
        scope = replace(scope, inspected=frozenset())
    allowed = _sees(scope, doc) and (ptype in READING or doc.is_new() or _sees(scope, _stored(doc)))
    if not allowed:
        refusals.remember(doc, user)
    return allowed


def _sees(scope: Scope, doc: Any) -> bool:
    unit = doc.get("name") if doc.doctype == "HBS Unit" else doc.get("unit")
    return scope.sees(doc.doctype, unit, doc.get("student_group"), doc.get(OWN_DOCTYPES.get(doc.doctype, "signer")))


def _stored(doc: Any) -> Any:
    wanted = ("name", "unit", "student_group", *OWN_DOCTYPES.values())
    columns = [c for c in wanted if c == "name" or doc.meta.has_field(c)]
    row = frappe.db.get_value(doc.doctype, doc.name, columns, as_dict=True) or frappe._dict()
    return frappe._dict(row, doctype=doc.doctype)


def refuse_foreign_share(doc: Any, method: str | None = None) -> None:
    """No sharing of HBS documents: a share would pierce every other check of Frappe."""
    if doc.share_doctype in SCOPED_DOCTYPES:
        frappe.throw(
            _("Digital records can't be shared. Give the person a duty or an assignment instead."), NotYoursError
        )


def refuse_foreign_follow(doc: Any, method: str | None = None) -> None:
    """A follower is mailed every change: only documents that he may read."""
    if doc.ref_doctype in SCOPED_DOCTYPES and not frappe.has_permission(
        doc.ref_doctype, "read", doc.ref_docname, user=doc.user
    ):
        frappe.throw(_("Only documents that the person may read can be followed."), NotYoursError)
