"""XMLDSig files of other makers, checked by signxml (extra ``foreign``): a second opinion, never our producer.

A foreign file has no profile of ours, so the answer is only: which signatures
hold cryptographically, over which octets, by whose certificate, and whether
that certificate leads to our trust. It is never "a valid HBS".
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from typing import Any

from lxml import etree

from hocbaso_app.record.errors import HocBaSoError

from .certificate import read_certificate
from .trust import TrustStore

_DS = {"ds": "http://www.w3.org/2000/09/xmldsig#"}


class ForeignError(HocBaSoError):
    """A foreign file can't be judged here."""


@dataclass(frozen=True, slots=True)
class ForeignSignature:
    """One signature of a foreign file. ``covers``: local names of the signed elements, ``sha256`` of their octets."""

    number: int
    holds: bool
    covers: tuple[str, ...]
    sha256: tuple[str, ...]
    signer: str | None
    trusted: bool
    message_vi: str
    message_en: str


def verify_foreign(data: bytes, trust: TrustStore, *, at: datetime | None = None) -> list[ForeignSignature]:
    """Every signature of a foreign XML file, in document order.

    :class:`ForeignError` without signxml, for a DTD, and for a file without signatures.
    """
    if b"<!DOCTYPE" in data:
        raise ForeignError("DTD", "Tệp có DTD nên không được kiểm tra.", "a DTD is not allowed")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        signatures = etree.fromstring(data, parser).xpath("//ds:Signature", namespaces=_DS)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ForeignError("XML_MALFORMED", "Tệp không phải XML đúng cú pháp.", f"not XML: {error}") from error
    if not isinstance(signatures, list) or not signatures:
        raise ForeignError("NO_SIGNATURE", "Tệp không có chữ ký số XML nào.", "no XMLDSig signature in the file")
    moment = at or datetime.now(timezone.utc)
    return [_verify_one(data, number, trust, moment) for number in range(1, len(signatures) + 1)]


def _verify_one(data: bytes, number: int, trust: TrustStore, moment: datetime) -> ForeignSignature:
    try:
        from signxml import SignatureConfiguration, XMLVerifier  # type: ignore[attr-defined]
        from signxml.exceptions import InvalidInput, InvalidSignature
    except ImportError as error:
        raise ForeignError(
            "SIGNXML_MISSING",
            "Chưa cài thành phần kiểm tra tệp của phần mềm khác: pip install 'hocbaso_app[foreign]'.",
            "install the extra: pip install 'hocbaso_app[foreign]'",
        ) from error
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    path = f"(//ds:Signature)[{number}]"
    signature = root.xpath(path, namespaces=_DS)[0]  # type: ignore[index]
    certificate_text = signature.findtext(".//ds:X509Certificate", None, _DS)  # type: ignore[union-attr]
    certificate = read_certificate(_decode(certificate_text))
    if certificate is None:
        return _no(number, None, "Chữ ký không kèm chứng thư số đọc được.", "no readable certificate")

    asked: dict[str, Any] = {"expect_references": True, "require_x509": True}
    if "verification_time" in {field.name for field in fields(SignatureConfiguration)}:
        asked["verification_time"] = certificate.not_before  # whether it was valid is asked of our own paths

    class Selected(XMLVerifier):
        def _get_signature(self, tree: etree._Element) -> etree._Element:
            return tree.xpath(path, namespaces=_DS)[0]  # type: ignore[index,return-value]

    try:
        results = Selected().verify(
            root,
            x509_cert=certificate.x509,
            expect_config=SignatureConfiguration(**asked),
            id_attribute=None,
        )
    except (InvalidSignature, InvalidInput, ValueError, TypeError, KeyError) as error:
        return _no(number, certificate.common_name, "Chữ ký không đúng.", str(error) or type(error).__name__)
    signed = [r for r in (results if isinstance(results, list) else [results]) if r.signed_data]
    names = tuple(etree.QName(r.signed_xml).localname if r.signed_xml is not None else "octets" for r in signed)
    path_result = trust.paths.check(certificate.x509, moment)
    return ForeignSignature(
        number,
        True,
        names,
        tuple(hashlib.sha256(r.signed_data).hexdigest() for r in signed),
        certificate.common_name,
        path_result.ok,
        "Chữ ký đúng." + ("" if path_result.ok else f" {path_result.message_vi}"),
        "The signature holds." + ("" if path_result.ok else f" {path_result.message_en}"),
    )


def _decode(text: str | None) -> bytes:
    try:
        return base64.b64decode(text or "")
    except ValueError:
        return b""


def _no(number: int, signer: str | None, message_vi: str, message_en: str) -> ForeignSignature:
    return ForeignSignature(number, False, (), (), signer, False, message_vi, message_en)
