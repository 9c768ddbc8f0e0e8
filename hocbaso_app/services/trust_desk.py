"""Changes of the list of anchors: asked for with a reason, agreed to by a second person, sealed by the authority."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import get_datetime, get_fullname, now_datetime

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.record.times import read_instant, write_instant
from hocbaso_app.services import audit, convert, guarded, own_hands, trust

if TYPE_CHECKING:
    from datetime import datetime

    from hocbaso_app.signing.trust_list import ListedAnchor, TrustList

DOCTYPE = "HBS Trust Change"
ASKED, PUBLISHED, REFUSED = "Proposed", "Published", "Refused"
ADD = "Add"
KINDS = {
    "NEAC root": "neac-root",
    "Government root": "government-root",
    "Accredited CA": "accredited-ca",
    "Test root": "test-root",
}
PURPOSES = {"for_persons": "person", "for_organisations": "organisation", "for_timestamps": "timestamp"}
SERVER_FIELDS = ("decided_by", "decided_at", "decision_note", "list_number")


def check(doc: Any) -> None:
    """What the controller asks at every save: asked at the authority's own site, and fit for the list."""
    if doc.flags.hbs_service:
        return
    if not doc.is_new():
        frappe.throw(_("A change that was asked for is not changed. Ask again."), EvidenceError)
    doc.unit = _authority().unit
    doc.update({"status": ASKED, "asked_by": frappe.session.user, "asked_at": now_datetime()})
    for name in SERVER_FIELDS:
        doc.set(name, None)
    doc.sha256 = "".join(str(doc.sha256 or "").split()).replace(":", "").lower()
    if doc.what == ADD:
        _check_certificate(doc)
    else:
        _take_from_list(doc)
    _next_list(doc, "?")  # whatever the list refuses is said now, not to the second person


def after_insert(doc: Any) -> None:
    """The trail."""
    audit.write("ask trust change", DOCTYPE, doc.name, doc.unit, {"what": doc.what, "sha256": doc.sha256})


def agree(name: str) -> int:
    """The second person: the list is sealed and counts at once; its number."""
    from hocbaso_app.services import keys
    from hocbaso_app.signing.trust_list.publishing import publish_list

    doc = _waiting(name)
    if doc.asked_by == frappe.session.user:
        frappe.throw(_("A second person decides: whoever asked can't agree to it."), NotYoursError)
    made = _next_list(doc, get_fullname(frappe.session.user))
    _decide(doc, PUBLISHED, None, made.number)
    try:
        publish_list(trust.folder(), made, keys.open_of(_authority()), at=convert.now())
    except HocBaSoError as error:
        frappe.throw(error.message_vi, HbsError)
    frappe.local.hbs_trust = None
    return made.number


def refuse(name: str, note: str) -> None:
    """Not wanted, with the reason."""
    if not (note or "").strip():
        frappe.throw(_("Say why it is refused."), HbsError)
    _decide(_waiting(name), REFUSED, note.strip()[:500], None)


def _decide(doc: Any, status: str, note: str | None, number: int | None) -> None:
    doc.update({"status": status, "decided_by": frappe.session.user, "decided_at": now_datetime()})
    doc.update({"decision_note": note, "list_number": number})
    guarded.save(doc, f"trust change {status.lower()}", {"what": doc.what, "sha256": doc.sha256, "list": number})


def _waiting(name: str) -> Any:
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    doc.check_permission("write")
    own_hands.require_own_session()
    if doc.status != ASKED:
        frappe.throw(_("This change is {0} already.").format(_(doc.status)), HbsError)
    return doc


def _authority() -> Any:
    from hocbaso_app.services.receiving import settings

    if not settings.is_on():
        frappe.throw(_("Anchors are decided at the authority's site; this one takes its list from there."), HbsError)
    return settings.get()


def _check_certificate(doc: Any) -> None:
    from cryptography.hazmat.primitives import hashes

    from hocbaso_app.services.enrolment import checks

    certificate = checks.load(doc.pem)
    found = certificate.fingerprint(hashes.SHA256()).hex()
    if doc.sha256 != found:
        frappe.throw(
            _("The fingerprint is not that of the certificate, which is {0}. Compare it with the paper again.").format(
                found
            ),
            HbsError,
        )
    if not any(doc.get(field) for field in PURPOSES):
        frappe.throw(_("Say what the anchor is for: persons, organisations or timestamps."), HbsError)


def _take_from_list(doc: Any) -> None:
    known = _known_list().anchor(doc.sha256)
    if known is None:
        frappe.throw(_("No anchor with this fingerprint is on the list."), HbsError)
        return
    doc.anchor_name = known.name
    doc.kind = next(label for label, kind in KINDS.items() if kind == known.kind)


def _next_list(doc: Any, second: str) -> TrustList:
    from hocbaso_app.signing.trust_list import add, withdraw

    now = convert.now()
    decision = {"reason": doc.reason or "", "by": get_fullname(doc.asked_by), "approved_by": second, "now": now}
    if decision["by"] == second:  # two people of one name are two people all the same
        decision |= {"by": f"{second} ({doc.asked_by})", "approved_by": f"{second} ({frappe.session.user})"}
    try:
        if doc.what == ADD:
            return add(_known_list(), _anchor(doc), **decision)
        until = _moment(doc.counts_until) if doc.counts_until else now
        return withdraw(_known_list(), doc.sha256, until=until, **decision)
    except HocBaSoError as error:
        frappe.throw(error.message_vi, HbsError)
        raise AssertionError from error


def _known_list() -> TrustList:
    """The list at hand; an empty one where there is none yet."""
    from hocbaso_app.signing.trust_list import first

    store = trust.store()
    if store.trust_list is not None:
        return store.trust_list
    registry = store.registry
    return first(registry.environment, registry.department, registry.department_tax_code)


def _anchor(doc: Any) -> ListedAnchor:
    from hocbaso_app.services.enrolment import checks
    from hocbaso_app.signing.trust_list import ListedAnchor

    certificate = checks.load(doc.pem)
    since = _moment(doc.counts_from) if doc.counts_from else certificate.not_valid_before_utc
    return ListedAnchor.of(
        certificate,
        name=doc.anchor_name or "",
        kind=KINDS[doc.kind],
        purposes=tuple(purpose for field, purpose in PURPOSES.items() if doc.get(field)),
        source=doc.source or "",
        since=write_instant(since),
    )


def anchors() -> list[dict[str, Any]]:
    """The anchors of this site as people read them, with the last decision about each."""
    store = trust.store()
    if store.trust_list is None:
        return []
    last = {change.sha256: change for change in store.trust_list.changes}
    return [
        {
            "anchor_name": anchor.name,
            "kind": _(next(label for label, kind in KINDS.items() if kind == anchor.kind)),
            "purposes": ", ".join(_purposes()[purpose] for purpose in anchor.purposes),
            "counts_from": convert.desk_time(read_instant(anchor.valid_from)),
            "counts_until": anchor.valid_until and convert.desk_time(read_instant(anchor.valid_until)),
            "reason": last[anchor.sha256].reason,
            "people": f"{last[anchor.sha256].by}, {last[anchor.sha256].approved_by}",
            "source": anchor.source,
            "sha256": anchor.sha256,
        }
        for anchor in store.trust_list.anchors
    ]


def _purposes() -> dict[str, str]:
    return {"person": _("persons"), "organisation": _("organisations"), "timestamp": _("timestamps")}


def _moment(value: Any) -> datetime:
    return read_instant(convert.instant(get_datetime(value)))
