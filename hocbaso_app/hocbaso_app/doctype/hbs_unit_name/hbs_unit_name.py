"""HBS Unit Name."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSUnitName(FormRow):
    """A unit's name, from a date on."""
