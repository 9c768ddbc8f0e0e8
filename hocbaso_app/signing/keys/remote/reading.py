"""Reading what a service answered: anything but the expected is a :class:`KeySourceError`, never a crash."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from cryptography import x509

from ...certificate import read_certificate
from .failures import ANSWER

MAX_NUMBER = 10**12


def mapping(value: Any, what: str) -> dict[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise ANSWER.error(f"{what} is no object")
    return value


def part(body: dict[str, Any], name: str) -> dict[str, Any]:
    """An object that may be left out."""
    return mapping(body.get(name) or {}, name)


def listing(value: Any, what: str) -> list[Any]:
    """A JSON array."""
    if not isinstance(value, list):
        raise ANSWER.error(f"{what} is no list")
    return value


def text(body: dict[str, Any], name: str) -> str:
    """A text that must be there."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise ANSWER.error(f"no {name}")
    return value


def words(body: dict[str, Any], name: str) -> str:
    """A text or number that may be left out, as text."""
    value = body.get(name)
    return str(value) if isinstance(value, str | int) else ""


def texts(body: dict[str, Any], name: str) -> list[str]:
    """A list of texts."""
    found = listing(body.get(name), name)
    if not all(isinstance(item, str) for item in found):
        raise ANSWER.error(f"{name} holds something that is no text")
    return found


def number(body: dict[str, Any], name: str, default: int) -> int:
    """A whole number, also one written as text; ``default`` when left out."""
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_NUMBER:
        raise ANSWER.error(f"{name} is no number")
    return value


def octets(value: str, what: str) -> bytes:
    """Base64, also broken into lines."""
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (ValueError, binascii.Error) as error:
        raise ANSWER.error(f"{what} is no base64") from error


def certificates(values: Sequence[Any]) -> tuple[x509.Certificate, ...]:
    """Base64 of DER, the signer's first; at least one."""
    found = []
    for value in values:
        read = read_certificate(octets(value, "certificate")) if isinstance(value, str) else None
        if read is None:
            raise ANSWER.error("a certificate can't be read")
        found.append(read.x509)
    if not found:
        raise ANSWER.error("no certificate")
    return tuple(found)
