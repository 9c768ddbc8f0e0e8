"""One pupil of a ticket."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSUnlockTicketRecord(FormRow):
    """See HBS Unlock Ticket."""
