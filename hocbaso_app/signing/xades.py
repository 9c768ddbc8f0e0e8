"""The one XAdES B-B or B-T signature this format has (XMLDSig, ETSI EN 319 132-1), as canonical octets.

:class:`Signature` holds every free value of a signature; :func:`render` is the
only spelling of it. Making one and checking one use the same template: a
verifier reads the free values, renders, and compares octets, so an unexpected
element, transform, algorithm, order or reference cannot exist. The one unsigned
property that may be there is one SignatureTimeStamp with one RFC 3161 token.

Octets under a reference differ from octets in the file only in where the
inherited XMLDSig namespace is declared (Exclusive C14N); ``ns`` says which.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from xml.sax.saxutils import unescape

from hocbaso_app.record.canonical import text
from hocbaso_app.record.times import read_instant

from .slots import Slot, signature_value_id

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
TIME = "urn:hocbaso:signature-properties:1"
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
ALGORITHMS = {
    "rsa": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "ec": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
}
_ALGORITHM_NAMES = {uri: name for name, uri in ALGORITHMS.items()}
_NS = f' xmlns="{DS}"'
_METHOD = f'<DigestMethod Algorithm="{SHA256}"></DigestMethod>'
_TAIL = "</xades:QualifyingProperties></Object></Signature>"
_TRANSFORM = f'<Transforms><Transform Algorithm="{EXC_C14N}"></Transform></Transforms>'


@dataclass(frozen=True, slots=True)
class Signature:
    """The free values of one signature. ``digests``: SHA-256 of each covered Id, in the slot's order."""

    slot_id: str
    algorithm: str
    signing_time: str
    claimed_role: str
    certificate: bytes
    """DER."""
    subject_name: str
    """RFC 4514."""
    covers: tuple[str, ...]
    digests: tuple[bytes, ...]


def signature_id(slot_id: str) -> str:
    """Id of the Signature element in a slot."""
    return f"{slot_id}-sig"


def _b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _reference(identifier: str, uri: str, digest: bytes, kind: str = "") -> str:
    type_ = f' Type="{kind}"' if kind else ""
    return (
        f'<Reference Id="{identifier}"{type_} URI="#{uri}">{_TRANSFORM}{_METHOD}'
        f"<DigestValue>{_b64(digest)}</DigestValue></Reference>"
    )


def _time_property(s: Signature, ns: str = "") -> str:
    return (
        f'<SignatureProperty{ns} Id="{s.slot_id}-time" Target="#{signature_id(s.slot_id)}">'
        f'<SigningTime xmlns="{TIME}">{s.signing_time}</SigningTime></SignatureProperty>'
    )


def _signed_properties(s: Signature, ns: str = "", outer: str = "") -> str:
    formats = "".join(
        f'<xades:DataObjectFormat ObjectReference="#{s.slot_id}-r{n}">'
        "<xades:MimeType>text/xml</xades:MimeType></xades:DataObjectFormat>"
        for n in range(len(s.covers) + 1)
    )
    digest = (
        f'<DigestMethod{ns} Algorithm="{SHA256}"></DigestMethod>'
        f"<DigestValue{ns}>{_b64(hashlib.sha256(s.certificate).digest())}</DigestValue>"
    )
    return (
        f'<xades:SignedProperties{outer} Id="{s.slot_id}-sp"><xades:SignedSignatureProperties>'
        f"<xades:SigningTime>{s.signing_time}</xades:SigningTime>"
        f"<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>{digest}</xades:CertDigest></xades:Cert>"
        "</xades:SigningCertificateV2><xades:SignerRoleV2><xades:ClaimedRoles><xades:ClaimedRole>"
        f"{text(s.claimed_role)}</xades:ClaimedRole></xades:ClaimedRoles></xades:SignerRoleV2>"
        "</xades:SignedSignatureProperties><xades:SignedDataObjectProperties>"
        f"{formats}</xades:SignedDataObjectProperties></xades:SignedProperties>"
    )


def _signed_info(s: Signature) -> str:
    time_digest = hashlib.sha256(_time_property(s, _NS).encode()).digest()
    properties = _signed_properties(s, _NS, f' xmlns:xades="{XADES}"')
    covered = zip(s.covers, s.digests, strict=True)
    references = [_reference(f"{s.slot_id}-r{n}", uri, digest) for n, (uri, digest) in enumerate(covered)]
    references.append(
        _reference(f"{s.slot_id}-r{len(s.covers)}", f"{s.slot_id}-time", time_digest, f"{DS}SignatureProperties")
    )
    references.append(
        _reference(
            f"{s.slot_id}-rsp",
            f"{s.slot_id}-sp",
            hashlib.sha256(properties.encode()).digest(),
            "http://uri.etsi.org/01903#SignedProperties",
        )
    )
    return (
        f'<SignedInfo><CanonicalizationMethod Algorithm="{EXC_C14N}"></CanonicalizationMethod>'
        f'<SignatureMethod Algorithm="{ALGORITHMS[s.algorithm]}"></SignatureMethod>{"".join(references)}</SignedInfo>'
    )


@lru_cache(maxsize=1024)
def _assemble(s: Signature) -> tuple[str, str]:
    """SignedInfo, and what stands between SignatureValue and the unsigned properties, as in the file."""
    certificate = _b64(s.certificate)
    return _signed_info(s), (
        f"<KeyInfo><X509Data><X509SubjectName>{text(s.subject_name)}</X509SubjectName>"
        f"<X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo>"
        f"<Object><SignatureProperties>{_time_property(s)}</SignatureProperties></Object>"
        f'<Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#{signature_id(s.slot_id)}">'
        f"{_signed_properties(s)}"
    )


def unsigned_properties(properties: str) -> str:
    """The element around unsigned signature properties; nothing around none."""
    if not properties:
        return ""
    inner = f"<xades:UnsignedSignatureProperties>{properties}</xades:UnsignedSignatureProperties>"
    return f"<xades:UnsignedProperties>{inner}</xades:UnsignedProperties>"


def signature_timestamp(identifier: str, token: bytes) -> str:
    """The one unsigned property that the format has."""
    return f'<xades:SignatureTimeStamp Id="{identifier}">{encapsulated(token)}</xades:SignatureTimeStamp>'


def encapsulated(token: bytes) -> str:
    """Content of every XAdES timestamp of ours: how its input was canonicalised, and the token."""
    return (
        f'<CanonicalizationMethod Algorithm="{EXC_C14N}"></CanonicalizationMethod>'
        f"<xades:EncapsulatedTimeStamp>{_b64(token)}</xades:EncapsulatedTimeStamp>"
    )


def timestamp_id(slot_id: str) -> str:
    """Id of the timestamp in a slot."""
    return f"{slot_id}-tst"


def _unsigned(slot_id: str, timestamp: bytes | None) -> str:
    return unsigned_properties(signature_timestamp(timestamp_id(slot_id), timestamp) if timestamp is not None else "")


def to_be_signed(s: Signature) -> bytes:
    """Canonical SignedInfo: the octets that the key signs."""
    return f"<SignedInfo{_NS}>{_assemble(s)[0].removeprefix('<SignedInfo>')}".encode()


def signature_value_digest(slot_id: str, inner: bytes) -> bytes | None:
    """SHA-256 of the canonical SignatureValue element in a slot's inner octets; ``None`` when there is none.

    Later signatures refer to it, and it is the imprint of the signature's timestamp.
    """
    identifier = f' Id="{signature_value_id(slot_id)}">'
    opening = f"<SignatureValue{identifier}".encode()
    start = inner.find(opening)
    if start < 0:
        return None
    closing = b"</SignatureValue>"
    end = inner.index(closing, start) + len(closing)
    canonical = f"<SignatureValue{_NS}{identifier}".encode() + inner[start + len(opening) : end]
    return hashlib.sha256(canonical).digest()


def value_digest(slot_id: str, value: bytes) -> bytes:
    """The same for a value that is not in the file yet."""
    element = f'<SignatureValue{_NS} Id="{signature_value_id(slot_id)}">{_b64(value)}</SignatureValue>'
    return hashlib.sha256(element.encode()).digest()


def render(s: Signature, value: bytes, timestamp: bytes | None = None) -> bytes:
    """The Signature element as it stands in the file, with its timestamp token if it has one."""
    signed_info, rest = _assemble(s)
    return (
        f'<Signature{_NS} Id="{signature_id(s.slot_id)}">{signed_info}'
        f'<SignatureValue Id="{signature_value_id(s.slot_id)}">{_b64(value)}</SignatureValue>{rest}'
        f"{_unsigned(s.slot_id, timestamp)}{_TAIL}"
    ).encode()


_INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+07:00"
_SLOT = re.compile(
    (
        rf"<NGAY_KY>(?P<date>{_INSTANT})</NGAY_KY>(?:<SO_CCCD>(?P<citizen>[0-9]{{12}})</SO_CCCD>)?"
        r"(?P<signature><Signature .*</Signature>)"
    ).encode(),
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class FilledSlot:
    """What a slot says about itself, before anything in it is believed."""

    signing_date: str
    citizen_id: str | None
    octets: bytes
    """The Signature element."""
    algorithm: str | None
    """``rsa``, ``ec`` or ``None`` for an algorithm that is not allowed."""
    signing_time: str
    claimed_role: str
    subject_name: str
    certificate: bytes
    value: bytes
    timestamp: bytes | None = None
    """DER of the SignatureTimeStamp's token; ``None`` for level B."""

    def expected(self, slot: Slot, digests: tuple[bytes, ...]) -> Signature:
        """The signature that these free values must have in ``slot``."""
        return Signature(
            slot.id,
            self.algorithm or "",
            self.signing_time,
            self.claimed_role,
            self.certificate,
            self.subject_name,
            slot.covers,
            digests,
        )


def read_slot(inner: bytes) -> FilledSlot | None:
    """The free values of a slot's inner octets; ``None`` when its shape is not ours.

    Reading is loose on purpose: whatever else stands there cannot survive the
    comparison with :func:`render`.
    """
    outer = _SLOT.fullmatch(inner)
    if outer is None:
        return None
    octets = outer["signature"].decode()
    try:
        certificate = base64.b64decode(_between(octets, "<X509Certificate>", "</X509Certificate>"), validate=True)
        signing_time = _between(octets, "<xades:SigningTime>", "</xades:SigningTime>")
        if not re.fullmatch(_INSTANT, signing_time):
            return None
        read_instant(signing_time)
        value = _between(octets, "<SignatureValue ", "</SignatureValue>").partition(">")[2]
        return FilledSlot(
            outer["date"].decode(),
            outer["citizen"].decode() if outer["citizen"] else None,
            outer["signature"],
            _ALGORITHM_NAMES.get(_between(octets, '<SignatureMethod Algorithm="', '"')),
            signing_time,
            _unescape(_between(octets, "<xades:ClaimedRole>", "</xades:ClaimedRole>")),
            _unescape(_between(octets, "<X509SubjectName>", "</X509SubjectName>")),
            certificate,
            base64.b64decode(value, validate=True),
            _timestamp_in(octets),
        )
    except ValueError:
        return None


def _timestamp_in(octets: str) -> bytes | None:
    if "<xades:UnsignedProperties>" not in octets:
        return None
    token = _between(octets, "<xades:EncapsulatedTimeStamp>", "</xades:EncapsulatedTimeStamp>")
    return base64.b64decode(token, validate=True)


def _between(octets: str, start: str, end: str) -> str:
    begin = octets.index(start) + len(start)
    return octets[begin : octets.index(end, begin)]


def _unescape(value: str) -> str:
    return unescape(value, {"&#xD;": "\r"})


def fill(s: Signature, value: bytes, citizen_id: str | None, timestamp: bytes | None = None) -> bytes:
    """Inner octets of a signed slot (CV 2088: NGAY_KY, SO_CCCD, Signature)."""
    citizen = f"<SO_CCCD>{citizen_id}</SO_CCCD>" if citizen_id else ""
    return f"<NGAY_KY>{s.signing_time}</NGAY_KY>{citizen}".encode() + render(s, value, timestamp)


def with_timestamp(slot_id: str, inner: bytes, token: bytes) -> bytes:
    """Inner octets of a slot signed at level B, with a token over its SignatureValue; no other octet changes."""
    return with_properties(slot_id, inner, signature_timestamp(timestamp_id(slot_id), token))


def with_properties(slot_id: str, inner: bytes, properties: str) -> bytes:
    """Inner octets of a slot signed at level B, with unsigned signature properties."""
    tail = _TAIL.encode()
    if not inner.endswith(b"</xades:SignedProperties>" + tail):
        raise ValueError(f"{slot_id} holds no signature at level B")
    return inner.removesuffix(tail) + unsigned_properties(properties).encode() + tail


def without_timestamp(slot_id: str, inner: bytes) -> bytes:
    """The inverse of :func:`with_timestamp`; a slot without a token comes back as it is."""
    filled = read_slot(inner)
    if filled is None or filled.timestamp is None:
        return inner
    return inner.replace(_unsigned(slot_id, filled.timestamp).encode(), b"", 1)
