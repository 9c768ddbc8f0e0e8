"""Where a record is. The state follows from its file's signatures and the receipts, never the other way round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from frappe import _

if TYPE_CHECKING:
    from hocbaso_app.record.document import Document

DRAFT, INITIALISED, CHECKED = "Draft", "Initialised", "Checked"
SUBJECT, HOMEROOM, MANAGER, RELEASE = "Subject Signing", "Homeroom Signing", "Manager Signing", "Release"
RELEASED, SUBMITTED, ACCEPTED, REJECTED = "Released", "Submitted", "Accepted", "Rejected"
RECALL_REQUESTED, RECALLED = "Recall Requested", "Recalled"
ALL = (
    DRAFT,
    INITIALISED,
    CHECKED,
    SUBJECT,
    HOMEROOM,
    MANAGER,
    RELEASE,
    RELEASED,
    SUBMITTED,
    ACCEPTED,
    REJECTED,
    RECALL_REQUESTED,
    RECALLED,
)
AFTER_RELEASE = frozenset({RELEASED, SUBMITTED, ACCEPTED, REJECTED, RECALL_REQUESTED, RECALLED})
"""States told apart by receipts; the file is the same in all of them."""


def from_file(document: Document | None, everybody_checked: bool) -> str:
    """The state up to release that a file's signatures say; ``Draft`` without a file."""
    if document is None:
        return DRAFT
    subjects = [bool(inner) for slot, inner in document.slots.items() if slot.startswith("ky-mon-")]
    if document.slot("ky-phat-hanh"):
        return RELEASED
    if document.slot("ky-cbql"):
        return RELEASE
    if document.slot("ky-gvcn"):
        return MANAGER
    if not everybody_checked:
        return INITIALISED
    if all(subjects):
        return HOMEROOM
    return SUBJECT if any(subjects) else CHECKED


def sentence(doc: Any, document: Document | None) -> str:
    """One sentence: where the record is and who must act."""
    waiting = waiting_signers(document) if document else []
    unseen = [row.subject_name for row in doc.results if not row.seen_by]
    if not doc.seen_by:
        unseen.append(_("homeroom teacher"))
    texts = {
        DRAFT: _("Teachers enter results; then the class is initialised."),
        INITIALISED: _("Waiting for the check by: {0}.").format(", ".join(unseen)),
        CHECKED: _("Waiting for signatures of: {0}.").format(", ".join(waiting)),
        SUBJECT: _("Waiting for signatures of: {0}.").format(", ".join(waiting)),
        HOMEROOM: _("Waiting for the homeroom teacher {0} to sign.").format(doc.homeroom_name),
        MANAGER: _("Waiting for {0} to sign.").format(doc.principal_name),
        RELEASE: _("Waiting for the clerk to release it with the school's seal."),
        RELEASED: _("Released; waiting to be submitted."),
        SUBMITTED: _("Submitted; waiting for the answer."),
        ACCEPTED: _("Accepted by the city database."),
        REJECTED: _("Rejected: the principal decides on the correction."),
        RECALL_REQUESTED: _("Recall requested; waiting for the decision."),
        RECALLED: _("Recalled; a new version may start."),
    }
    text = texts[doc.state]
    return text if len(text) <= 250 else text[:249] + "…"


def waiting_signers(document: Document) -> list[str]:
    """Names of subject teachers who have not signed yet, each once, in order of the form."""
    names = [s.teacher_name for s in document.record.subjects if not document.slots.get(f"ky-mon-{s.subject_code}")]
    return list(dict.fromkeys(names))
