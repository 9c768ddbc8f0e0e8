"""One line of a recall case: a question, an answer, a piece of evidence, a note."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSRecallNote(FormRow):
    """See HBS Recall Case."""
