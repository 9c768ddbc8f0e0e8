"""HBS Unit Placement."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSUnitPlacement(FormRow):
    """The unit above, from a date on; none for the unit at the top."""
