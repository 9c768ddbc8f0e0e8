"""Up to the unit above: on the same site at once, to another site with the next report of the channel."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import frappe
from frappe import _
from frappe.utils import get_datetime, now_datetime

from hocbaso_app.exceptions import HbsError
from hocbaso_app.exchange.upward import Frozen
from hocbaso_app.record.times import read_instant
from hocbaso_app.services import audit, connector, convert, rows, states, trust
from hocbaso_app.services.channel import authority
from hocbaso_app.services.frozen import making
from hocbaso_app.services.notices import recipients, telling

DOCTYPE = making.DOCTYPE
AT_ONCE = 5
"""Reports in one telling of the channel: each may be large."""


def send(name: str) -> None:
    """To the unit above; once."""
    doc = _locked(name)
    making._require_maker(doc.unit)
    send_as(doc)


def send_as(doc: Any) -> None:
    """The same without a person: a window closed."""
    above = frappe.db.get_value("HBS Unit", doc.unit, "parent_hbs_unit")
    if not above:
        frappe.throw(_("There is no unit above to send it to."), HbsError)
    if doc.sent_at:
        frappe.throw(_("This report was sent already."), HbsError)
    doc.sent_to, doc.sent_at = above, now_datetime().replace(microsecond=0)
    if not goes_by_channel(doc.unit):
        doc.received_at = doc.sent_at
        _tell(doc, above)
    rows.write([doc])
    audit.write("send report", DOCTYPE, doc.name, doc.unit, {"to": above, "sha256": doc.sha256})


def goes_by_channel(unit: str) -> bool:
    """Whether the unit's authority has a site of its own."""
    return connector.is_on() and bool(frappe.db.exists(connector.ACCOUNT, unit)) and not authority.is_above(unit)


def make_and_send_due() -> int:
    """Every few minutes: reports of windows that closed."""
    made = making.make_due()
    for doc in rows.load(DOCTYPE, made):
        if frappe.db.get_value("HBS Unit", doc.unit, "parent_hbs_unit"):
            send_as(doc)
    return len(made)


def _tell(doc: Any, unit: str) -> None:
    """The bell of the unit above."""
    with states.in_vietnamese():
        subject = _("A report arrived: {0}").format(frappe.utils.escape_html(doc.title))
    logs = [telling.bell(user, subject, DOCTYPE, doc.name) for user in recipients.users_of([unit])[unit]]
    rows.insert("Notification Log", logs)


def to_send(unit: str) -> Iterator[Frozen]:
    """Reports that wait for the channel."""
    where = {"unit": unit, "source": making.HERE, "sent_at": ("is", "set"), "received_at": ("is", "not set")}
    for doc in frappe.get_all(DOCTYPE, where, ["*"], order_by="sent_at", limit=AT_ONCE):
        yield Frozen(
            uid=doc.uid,
            kind=doc.kind,
            title=doc.title or "",
            as_of=convert.instant(get_datetime(doc.as_of)),
            figures=doc.figures,
            sha256=doc.sha256,
            made_by=doc.made_by or "",
            made_at=convert.instant(get_datetime(doc.made_at)),
            window=doc.window or "",
            seal=doc.seal or "",
        )


def note_received(uids: Sequence[str], moment: datetime) -> None:
    """The authority has taken them."""
    names = frappe.get_all(DOCTYPE, {"uid": ("in", list(uids) or [""])}, pluck="name", order_by="name")
    rows.update(DOCTYPE, names, {"received_at": moment})


def take(unit: str, told: Frozen) -> str | None:
    """At the authority: a school's report, kept once; a number that is known is the same report."""
    if frappe.db.exists(DOCTYPE, {"uid": told.uid}):
        return None
    figures = frappe.parse_json(told.figures)
    if not isinstance(figures, dict) or (figures.get("unit"), figures.get("kind")) != (unit, told.kind):
        return None
    doc = frappe.new_doc(DOCTYPE)
    doc.update({name: getattr(told, name) for name in ("uid", "kind", "figures", "sha256")})
    doc.update({"unit": unit, "title": told.title[:200], "made_by": told.made_by[:150], "window": told.window[:140]})
    doc.academic_year, doc.source, doc.report_key = str(figures.get("academic_year"))[:9], making.REPORTED, told.uid
    doc.as_of, doc.made_at = (convert.desk_time(read_instant(at)) for at in (told.as_of, told.made_at))
    doc.sent_to = authority.unit()
    doc.sent_at = doc.received_at = now_datetime().replace(microsecond=0)
    doc.seal, doc.sealed_by = told.seal or None, sealer(doc, told.seal)
    doc.flags.hbs_service = True
    doc.insert(ignore_permissions=True, ignore_links=True)
    if doc.sent_to:
        _tell(doc, doc.sent_to)
    return str(doc.name)


def sealer(doc: Any, seal: str | None) -> str | None:
    """Whose seal it is: the unit's own, approved when the report was made; None for none, or one that is not right."""
    from hocbaso_app.record.errors import HocBaSoError
    from hocbaso_app.signing.certificate import SigningCertificate
    from hocbaso_app.signing.cose import open_seal
    from hocbaso_app.signing.identity import common_name, tax_code

    if not seal:
        return None
    try:
        opened, store = open_seal(base64.b64decode(seal), kind=making.SEAL_KIND), trust.store()
        moment = read_instant(convert.instant(get_datetime(doc.made_at)))
        path = store.paths.check(opened.certificate, moment, "if-present")
    except (HocBaSoError, ValueError):
        return None
    school, registry = store.registry.school(doc.unit), store.registry
    if school is not None:
        known = school.approved_at(SigningCertificate.of(opened.certificate).sha256, moment)
    else:
        known = doc.unit == authority.unit() and tax_code(opened.certificate) == registry.department_tax_code
    right = opened.claims == making.claims_of(doc) and path.ok and known
    return common_name(opened.certificate)[:200] if right else None


def opened(name: str) -> bool:
    """Somebody of the unit above reads it for the first time."""
    doc = _locked(name)
    own = set(recipients.own_units(frappe.session.user))
    if doc.read_at or not doc.received_at or not own & set(_above(doc.unit)):
        return False
    doc.read_by, doc.read_at = recipients.name_of(frappe.session.user), now_datetime().replace(microsecond=0)
    rows.write([doc])
    return True


def _above(unit: str) -> list[str]:
    place = frappe.db.get_value("HBS Unit", unit, ["lft", "rgt"], as_dict=True)
    where = {"lft": ("<", place.lft), "rgt": (">", place.rgt)}
    return list(frappe.get_all("HBS Unit", where, pluck="name", order_by="lft"))


def _locked(name: str) -> Any:
    found = rows.load(DOCTYPE, [name])
    if not found:
        frappe.throw(_("There is no report {0}.").format(name), frappe.DoesNotExistError)
    found[0].check_permission("read")
    return found[0]


def is_whole(doc: Any) -> bool:
    """Whether the kept figures are still those of the hash."""
    return hashlib.sha256((doc.figures or "").encode()).hexdigest() == doc.sha256
