"""Whose certificate it is: the personal number or tax code in the subject.

Vietnamese authorities write ``CCCD:…`` or ``MST:…`` into UID; the semantic forms
of ETSI EN 319 412-1 in serialNumber (``IDCVN-…``, ``VATVN-…``) are read too.
"""

from __future__ import annotations

import re

from cryptography import x509
from cryptography.x509.oid import NameOID

_PERSON = (re.compile(r"CCCD:\s*([0-9]{12})"), re.compile(r"IDCVN-([0-9]{12})"))
_TAX = (re.compile(r"MST:\s*([0-9]{10}(?:-[0-9]{3})?)"), re.compile(r"VATVN-([0-9]{10}(?:-[0-9]{3})?)"))


def person_id(certificate: x509.Certificate) -> str | None:
    """The 12-digit CCCD number; ``None`` when there is none or more than one."""
    return _only(certificate, _PERSON)


def tax_code(certificate: x509.Certificate) -> str | None:
    """The tax code of an organisation; ``None`` when there is none or more than one."""
    return _only(certificate, _TAX)


def common_name(certificate: x509.Certificate) -> str:
    """CN, or the whole subject without one."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def _only(certificate: x509.Certificate, patterns: tuple[re.Pattern[str], re.Pattern[str]]) -> str | None:
    found = set()
    for oid, pattern in zip((NameOID.USER_ID, NameOID.SERIAL_NUMBER), patterns, strict=True):
        for attribute in certificate.subject.get_attributes_for_oid(oid):
            match = pattern.fullmatch(str(attribute.value))
            if match:
                found.add(match[1])
    return found.pop() if len(found) == 1 else None
