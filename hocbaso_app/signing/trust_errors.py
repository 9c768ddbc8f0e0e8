"""The one error of the trust folder."""

from __future__ import annotations

from hocbaso_app.record.errors import HocBaSoError


class TrustError(HocBaSoError):
    """The trust folder can't be relied on."""
