"""One pupil's year: the unit that is signed, released, recalled. Moves go through ``services`` only."""

from __future__ import annotations

from frappe.model.document import Document


class HBSRecord(Document):
    """The desk's view of a record; what counts is the file in its current version."""

    def validate(self) -> None:
        """Duties, fixed content, derived values; the same for form, REST, import and console."""
        from hocbaso_app.services import drafts

        drafts.before_save(self)

    def on_trash(self) -> None:
        """See :func:`hocbaso_app.services.drafts.refuse_deletion`."""
        from hocbaso_app.services import drafts

        drafts.refuse_deletion(self)
