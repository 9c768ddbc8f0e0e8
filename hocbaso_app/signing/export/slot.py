"""The unsigned properties of one signature in a copy (ETSI EN 319 132-1 5.4, 5.5), in their one spelling."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass

from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.signing import xades
from hocbaso_app.signing.validation_data import ValidationData

XADES141 = "http://uri.etsi.org/01903/v1.4.1#"
_NS141 = f' xmlns:xades141="{XADES141}"'


class ExportError(HocBaSoError):
    """A copy can't be made, or what was read is none of ours."""


@dataclass(frozen=True, slots=True)
class Extension:
    """What a copy has beside the signature: its timestamp, and the data for its path and the timestamp's."""

    token: bytes
    added: bool
    """The timestamp was put in with the copy; the original has none."""
    data: ValidationData
    stamp_data: ValidationData
    archive: bytes | None = None
    """Token of the archive timestamp; ``None`` at level LT."""

    def properties(self, slot_id: str) -> str:
        """As in the file."""
        identifier = xades.timestamp_id(slot_id) + ("-copy" if self.added else "")
        stamp_values = _values(self.stamp_data)
        parts = [xades.signature_timestamp(identifier, self.token), _values(self.data)]
        if stamp_values:
            parts.append(
                f'<xades141:TimeStampValidationData{_NS141} URI="#{identifier}">{stamp_values}'
                "</xades141:TimeStampValidationData>"
            )
        if self.archive is not None:
            parts.append(
                f'<xades141:ArchiveTimeStamp{_NS141} Id="{slot_id}-ats">{xades.encapsulated(self.archive)}'
                "</xades141:ArchiveTimeStamp>"
            )
        return "".join(parts)

    def put_in(self, slot_id: str, inner: bytes) -> bytes:
        """A slot's inner octets in the copy."""
        return xades.with_properties(slot_id, xades.without_timestamp(slot_id, inner), self.properties(slot_id))


def _values(data: ValidationData) -> str:
    certificates = _each("xades:EncapsulatedX509Certificate", data.certificates)
    crls = _around("xades:CRLValues", _each("xades:EncapsulatedCRLValue", data.crls))
    ocsps = _around("xades:OCSPValues", _each("xades:EncapsulatedOCSPValue", data.ocsps))
    return _around("xades:CertificateValues", certificates) + _around("xades:RevocationValues", crls + ocsps)


def _each(tag: str, ders: Iterable[bytes]) -> str:
    return "".join(f"<{tag}>{base64.b64encode(der).decode()}</{tag}>" for der in ders)


def _around(tag: str, inner: str) -> str:
    return f"<{tag}>{inner}</{tag}>" if inner else ""


_SHAPE = re.compile(
    r'<xades:SignatureTimeStamp Id="[^"]*?-tst(?P<added>-copy)?">(?P<stamp>.*?)</xades:SignatureTimeStamp>'
    r"(?P<data>(?:<xades:CertificateValues>.*?</xades:CertificateValues>)?"
    r"(?:<xades:RevocationValues>.*?</xades:RevocationValues>)?)"
    r"(?:<xades141:TimeStampValidationData [^>]*>(?P<stamp_data>.*?)</xades141:TimeStampValidationData>)?"
    r"(?:<xades141:ArchiveTimeStamp [^>]*>(?P<archive>.*?)</xades141:ArchiveTimeStamp>)?",
    re.DOTALL,
)


def read_extension(properties: str) -> Extension:
    """Loosely: what else stands there can't survive the comparison with the one spelling. ``ValueError`` for none."""
    found = _SHAPE.fullmatch(properties)
    if found is None:
        raise ValueError("unsigned properties of another shape")
    token, *more = _ders("xades:EncapsulatedTimeStamp", found["stamp"])
    archives = _ders("xades:EncapsulatedTimeStamp", found["archive"] or "")
    if more or len(archives) > 1:
        raise ValueError("two tokens in one timestamp")
    archive = archives[0] if archives else None
    return Extension(token, found["added"] is not None, _data(found["data"]), _data(found["stamp_data"] or ""), archive)


def _data(values: str) -> ValidationData:
    kinds = ("xades:EncapsulatedX509Certificate", "xades:EncapsulatedCRLValue", "xades:EncapsulatedOCSPValue")
    return ValidationData.of(*(_ders(kind, values) for kind in kinds))


def _ders(tag: str, octets: str) -> list[bytes]:
    return [base64.b64decode(text, validate=True) for text in re.findall(f"<{tag}>([^<]*)</{tag}>", octets)]
