"""One pupil's year: the unit that is signed, released, recalled. Moves go through ``services`` only."""

from __future__ import annotations

import frappe

from hocbaso_app.hocbaso_app.documents import KeptDocument


class HBSRecord(KeptDocument):
    """The desk's view of a record; what counts is the file in its current version."""

    def onload(self) -> None:
        """What the form may offer this person; the server asks again at each step."""
        from hocbaso_app.services import duty, timestamps
        from hocbaso_app.services.locks import gate

        self.set_onload("board_rights", sorted(duty.rights_of(frappe.session.user, self.unit)))
        self.set_onload("lock", gate.line_of_record(self))
        self.set_onload("timestamps", timestamps.note_of(self.current_version))

    def validate(self) -> None:
        """Duties, fixed content, derived values; the same for form, REST, import and console."""
        from hocbaso_app.services import drafts

        drafts.before_save(self)

    def on_trash(self) -> None:
        """See :func:`hocbaso_app.services.drafts.refuse_deletion`."""
        from hocbaso_app.services import drafts

        drafts.refuse_deletion(self)

    def after_delete(self) -> None:
        """The same for callers that skip ``on_trash``."""
        self.on_trash()

    def apply_fieldlevel_read_permissions(self) -> None:
        """Asked by the form and by REST before a record is given out: the reading is noted."""
        from hocbaso_app.services import access

        super().apply_fieldlevel_read_permissions()
        access.note_reading(self)


def on_doctype_update() -> None:
    """What the overview counts by: read off the index, never the whole rows."""
    counted = ["academic_year", "unit", "student_group", "grade", "state", "released_at"]
    frappe.db.add_index("HBS Record", counted, "hbs_figures")
