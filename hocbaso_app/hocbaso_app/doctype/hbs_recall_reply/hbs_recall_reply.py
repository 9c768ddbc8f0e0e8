"""What the school sent to the authority beside its recall list: details with evidence, an answer, a withdrawal."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSRecallReply(FormRow):
    """See HBS Recall Request; written by ``services.recall_replies`` only."""
