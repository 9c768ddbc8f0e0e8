"""Twelve years of one record: two generations of authorities, four time-stampers, and a clock that can be moved.

==========  ================================================================================
2026        signed, sealed, evidence by the first time-stamper (its certificate ends in 2029)
2028        everybody's signing certificate ends; renewed by the second one (ends in 2032)
2031        renewed by the third one, of a new root that knows no SHA-256
2032        the old root ends; its key is dead, it publishes nothing any more
2034        hash trees renewed with SHA-512
2035        SHA-256 is barred by the list of algorithms; renewed by the fourth one
2038        verified
==========  ================================================================================
"""

from __future__ import annotations

import json
import tempfile
from datetime import datetime, timedelta, timezone
from functools import cache
from importlib import resources
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from sample_records import PRINCIPAL, TEACHERS
from signing_world import DEPARTMENT_TAX_CODE, NOW, TAX_CODE, World

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.signers.tsa import TimestampAuthority
from hocbaso_app.record.document import Document
from hocbaso_app.signing.evidence.bundle import Bundle, group_of
from hocbaso_app.signing.evidence.gathering import Gatherer
from hocbaso_app.signing.evidence.making import Stamper, by_length, make, renew_timestamps, renew_tree
from hocbaso_app.signing.trust import TrustStore, write_registry

YEAR = timedelta(days=365)
SHA256_ENDS, REGISTRY = "2035-06-01", datetime(2034, 6, 15, tzinfo=timezone.utc)


def stamper(authority: TimestampAuthority, at: datetime) -> Stamper:
    """The authority with its clock at ``at``."""
    return by_length(lambda digest, algorithm: authority.stamp_digest(digest, at, algorithm))


def day(year: int, month: int = 6) -> datetime:
    return datetime(year, month, 15, tzinfo=timezone.utc)


class LongWorld(World):
    """The signing world of 2026 and what comes after it."""

    def __init__(self) -> None:
        self.ca = DemoCA.create(day(2012), "First")  # its authorities end in 2032
        self.ca.now = NOW
        ends = day(2028)
        self.teachers = {name: self.ca.person(*who, algorithm="ec", not_after=ends) for name, who in TEACHERS.items()}
        self.principal = self.ca.person(*PRINCIPAL, algorithm="ec", not_after=ends)
        self.school = self.ca.organisation("Trường", TAX_CODE, algorithm="ec", not_after=ends)
        self.department = self.ca.organisation("Sở", DEPARTMENT_TAX_CODE, algorithm="ec", not_after=day(2031, 7))
        self.next = DemoCA.create(day(2030), "Second", strong=True)
        self.next.now = day(2031)
        self.next_department = self.next.organisation(
            "Sở", DEPARTMENT_TAX_CODE, algorithm="ec", not_before=day(2031), not_after=day(2045)
        )
        self.stampers = [
            self._stamper(self.ca, 2025, 2029, "ec"),
            self._stamper(self.ca, 2028, 2032, "ec"),
            self._stamper(self.next, 2031, 2036, "strong"),
            self._stamper(self.next, 2035, 2040, "strong"),
        ]
        self.folder = Path(tempfile.mkdtemp(prefix="hocbaso-long-"))
        self._stores: dict[tuple[datetime, int], TrustStore] = {}
        self.trust = self.trust_of(NOW)

    @staticmethod
    def _stamper(ca: DemoCA, first: int, last: int, algorithm: str) -> TimestampAuthority:
        key = ca.timestamper(algorithm=algorithm, not_before=day(first), not_after=day(last, 5))
        return TimestampAuthority(key)

    def trust_of(self, at: datetime) -> TrustStore:
        """The trust folder as it is on a day: fresh lists of whoever lives, roots of all, the list of algorithms."""
        key = (at, len(self.ca.persons.revoked) + len(self.ca.organisations.revoked))
        if key not in self._stores:
            self._stores[key] = self._trust_of(at)
        return self._stores[key]

    def _trust_of(self, at: datetime) -> TrustStore:
        folder = self.folder / f"{at:%Y-%m}"
        for name in ("roots", "intermediates", "crls"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for ca, begins, ends in ((self.ca, day(2000), day(2032)), (self.next, day(2030), day(2050))):
            for authority in ca.authorities:
                kind = "roots" if authority is ca.root else "intermediates"
                name = f"{begins.year}-{authority.name}"
                if begins <= at:
                    pem = authority.certificate.public_bytes(Encoding.PEM)
                    if kind == "roots" or at < ends:
                        (folder / kind / f"{name}.pem").write_bytes(pem)
                    if at < ends:
                        (folder / "crls" / f"{name}.crl").write_bytes(authority.crl(at, days=30))
        if at.year >= 2034:
            claims = json.loads(resources.files("hocbaso_app.signing").joinpath("data/algorithms.json").read_bytes())
            claims["issued"] = "2034-01-01"
            claims["digests"]["sha256"]["until"] = SHA256_ENDS
            (folder / "algorithms.json").write_text(json.dumps(claims), encoding="utf-8")
        department = self.department if at < day(2031) else self.next_department
        write_registry(folder, self.registry(), department)
        return TrustStore.load(folder, at=min(at, REGISTRY))  # its seal is with SHA-256, too

    def sealed(self, document: Document, at: datetime, trust: TrustStore | None = None) -> Bundle:
        """First evidence for a released file."""
        gatherer = Gatherer(trust or self.trust_of(at), at)
        data = gatherer.of(document)
        (record,) = make([group_of(document.data, data)], stamper(self.stampers[0], at), vouch=gatherer.vouch)
        return Bundle(data, record)

    def renewed(self, bundle: Bundle, by: int, at: datetime) -> Bundle:
        """The newest timestamp under a new one."""
        vouch = Gatherer(self.trust_of(at), at).vouch
        (record,) = renew_timestamps([bundle.record], stamper(self.stampers[by], at), vouch=vouch)
        return bundle.with_record(record)

    def renewed_tree(self, bundle: Bundle, document: Document, by: int, at: datetime) -> Bundle:
        """Everything under SHA-512."""
        vouch = Gatherer(self.trust_of(at), at).vouch
        groups = [bundle.group(document.data)]
        (record,) = renew_tree([bundle.record], groups, stamper(self.stampers[by], at), vouch=vouch)
        return bundle.with_record(record)


@cache
def long_world() -> LongWorld:
    """Made once."""
    return LongWorld()
