"""HBS Schedule Stage."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSScheduleStage(FormRow):
    """HBS Schedule Stage; Frappe's own behaviour is enough."""
