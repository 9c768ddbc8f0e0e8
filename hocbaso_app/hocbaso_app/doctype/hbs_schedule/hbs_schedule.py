"""Until when each stage of the year-end is to be done, by unit and school year."""

from __future__ import annotations

from frappe.model.document import Document


class HBSSchedule(Document):
    """Dates only: a date that has passed marks work as late, it locks nothing."""

    def validate(self) -> None:
        """See :func:`hocbaso_app.services.schedule.check`."""
        from hocbaso_app.services import schedule

        schedule.check(self)
