"""A root that comes onto the list of anchors or off it: one person asks, another one agrees, the department seals."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import KeptDocument


class HBSTrustChange(KeptDocument):
    """Asked once; decided and published by ``services.trust_desk``."""

    def validate(self) -> None:
        """See :func:`hocbaso_app.services.trust_desk.check`."""
        from hocbaso_app.services import trust_desk

        trust_desk.check(self)

    def after_insert(self) -> None:
        """The trail."""
        from hocbaso_app.services import trust_desk

        trust_desk.after_insert(self)
