"""Where a remote signing service is and as whom it is asked: the settings of a source, nothing secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..source import SourceDescription
from .failures import ANSWER

WAIT_SECONDS = 300
POLL_SECONDS = 3.0


@dataclass(frozen=True)
class Settings:
    """The keys of ``SourceDescription.settings`` for csc, smartca and mysign; all but ``address`` may be left out."""

    address: str
    version: str = ""
    """csc: ``1`` or ``2``; read from an address that ends in ``/csc/v1`` or ``/csc/v2``."""
    client_id: str = ""
    """The school's application at the provider (``sp_id`` of SmartCA); its secret is ``Secrets.client_secret``."""
    account: str = ""
    """The signer at the provider: CCCD number or user name."""
    credential: str = ""
    """The credential to look at first (SmartCA: serial number); the certificate decides."""
    redirect_uri: str = ""
    """csc with ``oauth2code``: the page that the provider leads back to, as registered there."""
    profile: str = ""
    """MySign: ``profile_id``."""
    batch_limit: int = 0
    """At most so many hashes in one order, beside the service's own limit; 0: no limit of ours."""
    wait_seconds: int = WAIT_SECONDS
    """How long the signer has to confirm."""
    poll_seconds: float = POLL_SECONDS

    @classmethod
    def read(cls, description: SourceDescription) -> Settings:
        """Settings that we don't know are somebody else's."""
        known = {name: description.settings[name] for name in cls.__dataclass_fields__ if name in description.settings}
        try:
            return cls(**{name: _like(getattr(cls, name, ""), value) for name, value in known.items()})
        except (TypeError, ValueError) as error:
            raise ANSWER.error(f"settings of {description.kind}: {error}") from error


def _like(default: Any, value: Any) -> Any:
    return default if value is None else type(default)(value)
