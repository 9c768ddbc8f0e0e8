"""An evidence record (RFC 6283) as values, and the one spelling this app writes.

What is digested (a TimeStamp, the chains so far) is rendered in exclusive
canonical form by the same template that writes the file, so no tree is needed.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, replace

from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.signing.validation_data import ValidationData
from hocbaso_app.signing.xades import EXC_C14N

from .lately import Lately
from .merkle import Path

ERS = "urn:ietf:params:xml:ns:ers"
DIGEST_METHODS = {
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
    "sha384": "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
}
_NS = f' xmlns="{ERS}"'
NO_DATA = ValidationData()


class EvidenceError(HocBaSoError):
    """Evidence can't be read or made; the message says what to do."""


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """An RFC 3161 token with what later checks its signer: certificates, CRLs, OCSP answers."""

    token: bytes
    """DER."""
    data: ValidationData = NO_DATA

    def octets(self, ns: str = _NS) -> bytes:
        """The TimeStamp element; as default the canonical octets that a renewal covers."""
        return RENDERED.get((self, ns), lambda: _time_stamp(self, ns), lambda octets: len(octets) + self.size())

    def size(self) -> int:
        """Octets that it holds."""
        return len(self.token) + sum(map(len, (*self.data.certificates, *self.data.crls, *self.data.ocsps)))


RENDERED: Lately[bytes] = Lately(64 << 20)
"""Thousands of records share one."""


def _time_stamp(stamp: TimeStamp, ns: str) -> bytes:
    kinds = (("CERT", stamp.data.certificates), ("CRL", stamp.data.crls), ("OCSP", stamp.data.ocsps))
    items = [(kind, der) for kind, ders in kinds for der in ders]
    information = b"".join(
        b'<CryptographicInformation Order="%d" Type="%s">%s</CryptographicInformation>' % (n, kind.encode(), _b64(der))
        for n, (kind, der) in enumerate(items, 1)
    )
    listed = b"<CryptographicInformationList>%s</CryptographicInformationList>" % information if items else b""
    token = b'<TimeStampToken Type="RFC3161">%s</TimeStampToken>' % _b64(stamp.token)
    return b"<TimeStamp%s>%s%s</TimeStamp>" % (ns.encode(), token, listed)


@dataclass(frozen=True, slots=True)
class ArchiveTimeStamp:
    """One timestamp over many records, and the way from this record's digests to what was timestamped."""

    path: Path
    stamp: TimeStamp


@dataclass(frozen=True, slots=True)
class Chain:
    """Archive timestamps with one digest algorithm, in order of time; each later one covers the one before."""

    algorithm: str
    timestamps: tuple[ArchiveTimeStamp, ...]


@dataclass(frozen=True)
class EvidenceRecord:
    """Chains in order of time; the first timestamp of each covers the data, of a later one also all chains before."""

    chains: tuple[Chain, ...]

    @property
    def newest(self) -> TimeStamp:
        """The timestamp that must still be good; the next renewal covers it."""
        return self.chains[-1].timestamps[-1].stamp

    def with_newest(self, stamp: TimeStamp) -> EvidenceRecord:
        """The newest timestamp with other validation data: nothing covers it yet, so it may still get some."""
        last = self.chains[-1]
        newest = replace(last.timestamps[-1], stamp=stamp)
        return EvidenceRecord((*self.chains[:-1], replace(last, timestamps=(*last.timestamps[:-1], newest))))

    def renewed(self, timestamp: ArchiveTimeStamp) -> EvidenceRecord:
        """One more timestamp in the last chain."""
        last = self.chains[-1]
        return EvidenceRecord((*self.chains[:-1], replace(last, timestamps=(*last.timestamps, timestamp))))

    def with_chain(self, chain: Chain) -> EvidenceRecord:
        """One more chain."""
        return EvidenceRecord((*self.chains, chain))

    def timestamp_octets(self, chain: int, number: int) -> bytes:
        """Canonical octets of a TimeStamp element."""
        return self.chains[chain].timestamps[number].stamp.octets()

    def sequence_octets(self, count: int) -> bytes:
        """Canonical octets of ArchiveTimeStampSequence with the first ``count`` chains."""
        return _sequence(self.chains[:count], _NS)


def render(chains: Iterable[Chain], supporting: Iterable[tuple[str, bytes]] = ()) -> bytes:
    """The one spelling of an evidence file."""
    items = b"".join(
        b'<SupportingInformation Type="%s">%s</SupportingInformation>' % (kind.encode(), _b64(octets))
        for kind, octets in supporting
    )
    listed = b"<SupportingInformationList>%s</SupportingInformationList>" % items if items else b""
    return b'<EvidenceRecord%s Version="1.0">%s%s</EvidenceRecord>' % (_NS.encode(), listed, _sequence(chains, ""))


def _sequence(chains: Iterable[Chain], ns: str) -> bytes:
    body = b"".join(_chain(chain, n) for n, chain in enumerate(chains, 1))
    return b"<ArchiveTimeStampSequence%s>%s</ArchiveTimeStampSequence>" % (ns.encode(), body)


def _chain(chain: Chain, order: int) -> bytes:
    return (
        b'<ArchiveTimeStampChain Order="%d"><DigestMethod Algorithm="%s"></DigestMethod>'
        b'<CanonicalizationMethod Algorithm="%s"></CanonicalizationMethod>%s</ArchiveTimeStampChain>'
    ) % (
        order,
        DIGEST_METHODS[chain.algorithm].encode(),
        EXC_C14N.encode(),
        b"".join(_archive_time_stamp(t, n) for n, t in enumerate(chain.timestamps, 1)),
    )


def _archive_time_stamp(timestamp: ArchiveTimeStamp, order: int) -> bytes:
    lists = b"".join(
        b'<Sequence Order="%d">%s</Sequence>'
        % (n, b"".join(b"<DigestValue>%s</DigestValue>" % _b64(digest) for digest in digests))
        for n, digests in enumerate(timestamp.path, 1)
    )
    tree = b"<HashTree>%s</HashTree>" % lists if lists else b""
    return b'<ArchiveTimeStamp Order="%d">%s%s</ArchiveTimeStamp>' % (order, tree, timestamp.stamp.octets(""))


def _b64(octets: bytes) -> bytes:
    return base64.b64encode(octets)
