"""Where the keys of a site's people and schools are, from the row of a certificate to an open source.

``kinds``: what the desk calls each kind. ``providers``: services and HSMs, and who may use them. ``describe``:
certificate → :class:`~hocbaso_app.signing.keys.SourceDescription`. Nothing here asks who the user is; callers do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from hocbaso_app.services.key_sources.describe import description_of

if TYPE_CHECKING:
    from hocbaso_app.signing.keys import DeferredKeySource, KeySource, Secrets

__all__ = ["description_of", "is_deferred", "open"]


def open(certificate: str, secrets: Secrets) -> KeySource | DeferredKeySource:  # noqa: A001
    """The source of an HBS Certificate; ``KeySourceError`` with the next step when it can't be opened.

    A browser's plug-in is no source of the server's: its values come through the signer's page.
    """
    from dataclasses import replace

    from hocbaso_app.services.key_sources import describe
    from hocbaso_app.signing.keys import open_source

    row = describe.row_of(certificate)
    description = describe.describe(row)
    secret = describe.client_secret(row)
    return open_source(description, replace(secrets, client_secret=secret) if secret else secrets, describe.x509(row))


def is_deferred(source: KeySource | DeferredKeySource) -> TypeGuard[DeferredKeySource]:
    """Whether the signer answers later; told by the class, since a question to the object may go to the service."""
    return hasattr(type(source), "ask")
