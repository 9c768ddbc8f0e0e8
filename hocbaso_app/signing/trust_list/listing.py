"""The list as data: every anchor that ever counted, and every decision about one with its reason."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from hocbaso_app.record.times import read_instant

from ..paths import Anchor
from ..usage import PURPOSES

ENVIRONMENTS = ("practice", "production")
TEST_ROOT = "test-root"
KINDS_VI = {
    "neac-root": "Gốc quốc gia (NEAC)",
    "government-root": "Gốc chuyên dùng công vụ (Ban Cơ yếu Chính phủ)",
    "accredited-ca": "Tổ chức cung cấp dịch vụ được cấp phép",
    TEST_ROOT: "Gốc thử nghiệm",
}
KINDS = tuple(KINDS_VI)


@dataclass(frozen=True)
class ListedAnchor:
    """One certificate that is trusted by itself; times as in a record file, ends are the first moment after."""

    name: str
    kind: str
    purposes: tuple[str, ...]
    sha256: str
    certificate: str
    """DER, Base64."""
    source: str
    """Where it was taken from and how its fingerprint was compared."""
    valid_from: str
    valid_until: str | None = None

    @classmethod
    def of(
        cls, certificate: x509.Certificate, *, name: str, kind: str, purposes: tuple[str, ...], source: str, since: str
    ) -> ListedAnchor:
        """A new one."""
        der = certificate.public_bytes(Encoding.DER)
        return cls(
            name,
            kind,
            tuple(one for one in PURPOSES if one in purposes),
            certificate.fingerprint(hashes.SHA256()).hex(),
            base64.b64encode(der).decode(),
            source,
            since,
        )

    @classmethod
    def from_claims(cls, claims: dict[str, Any]) -> ListedAnchor:
        """``TypeError``, ``KeyError`` or ``ValueError`` for other claims."""
        anchor = cls(**{**claims, "purposes": tuple(claims["purposes"])})
        texts = (anchor.name, anchor.source, anchor.certificate)
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("name, source and certificate are texts")
        if anchor.kind not in KINDS or not anchor.purposes or not set(anchor.purposes) <= set(PURPOSES):
            raise ValueError("unknown kind or purpose")
        if anchor.x509.fingerprint(hashes.SHA256()).hex() != anchor.sha256:
            raise ValueError("the certificate is not the one of the fingerprint")
        for time in (anchor.valid_from, anchor.valid_until):
            if time is not None and read_instant(time).tzinfo is None:
                raise ValueError("a time needs its zone")
        return anchor

    @property
    def der(self) -> bytes:
        """The certificate."""
        return base64.b64decode(self.certificate, validate=True)

    @cached_property
    def x509(self) -> x509.Certificate:
        """The certificate."""
        return x509.load_der_x509_certificate(self.der)

    def counts_at(self, moment: datetime) -> bool:
        """Whether a signature of this moment may rest on it."""
        ended = self.valid_until is not None and read_instant(self.valid_until) <= moment
        return read_instant(self.valid_from) <= moment and not ended

    def to_anchor(self) -> Anchor:
        """For the path checker."""
        until = None if self.valid_until is None else read_instant(self.valid_until)
        return Anchor(self.der, frozenset(self.purposes), read_instant(self.valid_from), until)


@dataclass(frozen=True, slots=True)
class Change:
    """One decision: who asked for it, who agreed, and why."""

    at: str
    what: str
    """``add`` or ``withdraw``."""
    sha256: str
    reason: str
    by: str
    approved_by: str


@dataclass(frozen=True)
class TrustList:
    """``number`` grows with every list; a list with a smaller one is older."""

    environment: str
    department: str
    department_tax_code: str
    number: int
    issued_at: str
    anchors: tuple[ListedAnchor, ...]
    changes: tuple[Change, ...]

    def anchor(self, sha256: str) -> ListedAnchor | None:
        """By its fingerprint."""
        return next((anchor for anchor in self.anchors if anchor.sha256 == sha256), None)

    def to_claims(self) -> dict[str, Any]:
        """JSON- and CBOR-ready."""
        return json.loads(json.dumps(asdict(self)))  # type: ignore[no-any-return]

    @classmethod
    def from_claims(cls, claims: dict[str, Any]) -> TrustList:
        """The inverse of :meth:`to_claims`; ``TypeError``, ``KeyError`` or ``ValueError`` for other claims."""
        if claims["environment"] not in ENVIRONMENTS or type(claims["number"]) is not int or claims["number"] < 1:
            raise ValueError("unknown environment or number")
        if read_instant(claims["issued_at"]).tzinfo is None:
            raise ValueError("a time needs its zone")
        anchors = tuple(ListedAnchor.from_claims(anchor) for anchor in claims["anchors"])
        changes = tuple(Change(**change) for change in claims["changes"])
        return cls(**{**claims, "anchors": anchors, "changes": changes})
