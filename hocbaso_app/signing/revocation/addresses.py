"""Where a certificate says that its state can be asked for."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID


def crl_addresses(certificate: x509.Certificate) -> list[str]:
    """Of CRLs that its own issuer signs; lists signed by others (``cRLIssuer``) are not followed."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return []
    return [name for point in points if not point.crl_issuer for name in _uris(point.full_name or ())]


def ocsp_addresses(certificate: x509.Certificate) -> list[str]:
    """Of responders."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return []
    wanted = (one.access_location for one in access if one.access_method == AuthorityInformationAccessOID.OCSP)
    return list(_uris(wanted))


def _uris(names: object) -> Iterator[str]:
    for name in names:  # type: ignore[attr-defined]
        if isinstance(name, x509.UniformResourceIdentifier) and name.value.lower().startswith(("http:", "https:")):
            yield name.value
