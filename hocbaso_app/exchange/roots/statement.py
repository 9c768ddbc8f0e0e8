"""The daily root as a statement: its claims, sealed where the unit has a key at hand, and the chain of them.

A statement without a seal is the bare claims. It is kept, chained and sent all the same: the authority's receipt
gives it a date, and whoever would rewrite it has to rewrite what the authority holds.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import cbor2
from cryptography import x509

from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.record.times import VIETNAM, read_instant
from hocbaso_app.signing.certificate import SigningCertificate
from hocbaso_app.signing.cose import open_seal, seal
from hocbaso_app.signing.identity import tax_code
from hocbaso_app.signing.keys import KeySource
from hocbaso_app.signing.malformed import MALFORMED
from hocbaso_app.signing.trust import TrustStore

from .leaves import Leaves, RootError, damaged

KIND = "daily-root"
_COSE_TAG = b"\xd2"
_TEXTS = ("unit", "at", "root", "previous", "last_hash")


@dataclass(frozen=True, slots=True)
class Claims:
    """``number`` counts a unit's roots from 1; ``previous`` is the SHA-256 of the statement before, or empty.

    ``files`` and ``entries`` are how many stand in the list, ``total`` how many files there are in all;
    ``last_entry`` and ``last_hash`` are the end of the site's trail at that moment.
    """

    unit: str
    number: int
    at: str
    root: str
    previous: str
    files: int
    entries: int
    total: int
    last_entry: int
    last_hash: str

    @property
    def moment(self) -> datetime:
        """When it was made."""
        return read_instant(self.at)

    @property
    def day(self) -> str:
        """In Vietnam, as ISO date."""
        return self.moment.astimezone(VIETNAM).date().isoformat()


@dataclass(frozen=True)
class KeptRoot:
    """A statement and the list that it is made over, as they are kept and sent."""

    statement: bytes
    leaves: bytes

    @property
    def sha256(self) -> str:
        """What the next one names."""
        return hashlib.sha256(self.statement).hexdigest()

    @property
    def sealed(self) -> bool:
        """Whether a key stands behind it."""
        return self.statement.startswith(_COSE_TAG)

    @cached_property
    def claims(self) -> Claims:
        """:class:`RootError` for a statement that is none or whose seal is wrong."""
        return self._opened[0]

    @cached_property
    def listed(self) -> Leaves:
        """:class:`RootError` when it can't be read; see :meth:`check` for whether it is the statement's."""
        return Leaves.from_bytes(self.leaves)

    @property
    def certificate(self) -> x509.Certificate | None:
        """Of the seal."""
        return self._opened[1]

    @cached_property
    def _opened(self) -> tuple[Claims, x509.Certificate | None]:
        try:
            if not self.sealed:
                claims = cbor2.loads(self.statement)
                if cbor2.dumps(claims, canonical=True) != self.statement:
                    raise ValueError("another spelling")
                return _claims(claims), None
            sealed = open_seal(self.statement, kind=KIND)
            return _claims(sealed.claims), sealed.certificate
        except HocBaSoError as error:
            raise damaged(error.message_en) from error
        except (*MALFORMED, cbor2.CBORError) as error:
            raise damaged(str(error)) from error

    def check(self) -> None:
        """:class:`RootError` unless the list is what the statement says."""
        claims, own = self.claims, self.listed
        if (claims.files, claims.entries) != (len(own.files), len(own.entries)) or own.root() != claims.root:
            raise RootError(
                "ROOT_OF_ANOTHER_LIST",
                "Danh sách không phải là danh sách mà gốc băm trong ngày ghi nhận.",
                f"the list does not lead to root {claims.root}",
            )


def _claims(given: Any) -> Claims:
    claims = Claims(**given)
    numbers = (claims.number, claims.files, claims.entries, claims.total, claims.last_entry)
    if not all(isinstance(getattr(claims, name), str) for name in _TEXTS):
        raise TypeError("texts")
    if not all(type(number) is int and number >= 0 for number in numbers) or claims.number < 1:
        raise ValueError("numbers")
    if claims.moment.tzinfo is None:
        raise ValueError("a time needs its zone")
    for value in (claims.root, claims.previous, claims.last_hash):
        if value and len(bytes.fromhex(value)) != 32:
            raise ValueError("a hash has 32 octets")
    return claims


def make(claims: Claims, leaves: Leaves, key: KeySource | None) -> KeptRoot:
    """Sealed where there is a key."""
    values = asdict(claims)
    statement = seal(values, key, kind=KIND) if key is not None else cbor2.dumps(values, canonical=True)
    return KeptRoot(statement, leaves.to_bytes())


def sealer(kept: KeptRoot, trust: TrustStore) -> x509.Certificate | None:
    """Whose seal it is: the unit's, approved that day, or the department's; None for none; :class:`RootError` else."""
    certificate = kept.certificate
    if certificate is None:
        return None
    path = trust.paths.check(certificate, kept.claims.moment, "if-present")
    if not path.ok or not _approved(kept, certificate, trust, kept.claims.moment):
        raise RootError(
            "ROOT_SEAL_WRONG",
            "Dấu trên gốc băm trong ngày không phải của đơn vị, hoặc chứng thư chưa được phê duyệt.",
            f"the seal is not the unit's: {path.message_en}",
        )
    return certificate


def seal_stands(kept: KeptRoot, certificate: x509.Certificate, trust: TrustStore, at: datetime) -> bool:
    """Whether the seal counts for a statement first seen at ``at``: the time in it is the sealer's word alone."""
    return trust.paths.check(certificate, at).ok and _approved(kept, certificate, trust, at)


def _approved(kept: KeptRoot, certificate: x509.Certificate, trust: TrustStore, at: datetime) -> bool:
    school = trust.registry.school(kept.claims.unit)
    if school is None:
        return tax_code(certificate) == trust.registry.department_tax_code
    return school.approved_at(SigningCertificate.of(certificate).sha256, at)
