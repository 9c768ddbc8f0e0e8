"""How fresh the revocation data of each authority are, and when they will stop signing and verifying."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from ..crls import newest, of_issuer
from ..identity import common_name
from ..trust import TrustStore

WARN_BEFORE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class AuthorityState:
    """One authority that issues certificates, and its newest list."""

    name: str
    sha256: str
    made: datetime | None
    until: datetime | None
    """``None`` with :attr:`made`: the list names no end."""
    revoked: int

    @property
    def missing(self) -> bool:
        """No list at all."""
        return self.made is None

    def ran_out(self, now: datetime) -> bool:
        """Whether nothing signed under this authority can be checked by a list any more."""
        return self.missing or (self.until is not None and self.until <= now)

    def runs_out_soon(self, now: datetime, before: timedelta = WARN_BEFORE) -> bool:
        """Whether somebody should look."""
        return not self.ran_out(now) and self.until is not None and self.until <= now + before


def states(trust: TrustStore) -> list[AuthorityState]:
    """Of every root and intermediate, as it lies in the folder."""
    lists = [x509.load_der_x509_crl(der) for der in trust.crls]
    return [_state(authority, lists) for authority in (*trust.roots, *trust.intermediates)]


def _state(authority: x509.Certificate, lists: list[x509.CertificateRevocationList]) -> AuthorityState:
    own = newest(of_issuer(lists, authority))
    return AuthorityState(
        common_name(authority),
        authority.fingerprint(hashes.SHA256()).hex(),
        min((crl.last_update_utc for crl in own), default=None),
        min((crl.next_update_utc for crl in own if crl.next_update_utc), default=None),
        sum(len(crl) for crl in own),
    )
