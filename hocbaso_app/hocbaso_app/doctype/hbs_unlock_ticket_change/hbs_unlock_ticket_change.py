"""What was changed while a ticket was open."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSUnlockTicketChange(FormRow):
    """See HBS Unlock Ticket."""
