"""What reading somebody else's octets may raise: damage in a file under test is an answer, never a crash."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

MALFORMED = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""cryptography reads a certificate piece by piece, so any of these may come late; some are no ``ValueError``.
cbor2 makes numbers of any size, for which ``decimal`` raises an ``ArithmeticError``."""
