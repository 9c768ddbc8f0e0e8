"""A signing service: a provider's remote signing, or an HSM that this server reaches; whose schools may use it."""

from __future__ import annotations

from frappe.model.document import Document


class HBSSigningService(Document):
    """Kept by the unit that has the contract; client secrets lie encrypted in Frappe's own store."""

    def validate(self) -> None:
        """See :func:`hocbaso_app.services.key_sources.providers.check`."""
        from hocbaso_app.services.key_sources import providers

        providers.check(self)

    def on_trash(self) -> None:
        """Not while a certificate signs there."""
        from hocbaso_app.services.key_sources import providers

        providers.check_unused(self)
