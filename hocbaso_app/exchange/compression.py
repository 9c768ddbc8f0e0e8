"""``CompressString`` of CV 2088, Phụ lục 1.2, and its inverse.

Text → "escape quote" → UTF-8 → gzip → 4-byte little-endian length of the UTF-8
octets in front → base64. The annex that would say how quotes are escaped is
missing; a backslash before each is assumed and can be switched off.
"""

from __future__ import annotations

import base64
import gzip
import struct
import zlib
from enum import Enum

from .errors import PackageError

MAX_TRANSACTION = 10_000_000
"""CV 2088 II.2.8: octets of a whole transaction as sent, its JSON body."""
MAX_CONTENT = MAX_TRANSACTION - 16_384
"""Octets of ``content``, which leave room for the parameters beside it."""
MAX_UNPACKED = 256 * 1024 * 1024
_PREFIX = struct.Struct("<I")


class QuoteEscape(str, Enum):
    """The profile step "escape quote" (assumed)."""

    BACKSLASH = "backslash"
    NONE = "none"


def compress(data: bytes, quotes: QuoteEscape = QuoteEscape.BACKSLASH) -> str:
    """``content`` of a transaction, the same for the same data; :class:`PackageError` above 10 MB."""
    escaped = data.replace(b'"', b'\\"') if quotes is QuoteEscape.BACKSLASH else data
    packed = base64.b64encode(_PREFIX.pack(len(escaped)) + gzip.compress(escaped, mtime=0)).decode()
    if len(packed) > MAX_CONTENT:
        raise PackageError(
            "PACKAGE_TOO_LARGE",
            "Gói dữ liệu vượt quá 10 MB; hãy chia thành nhiều gói.",
            f"content has {len(packed)} characters, at most {MAX_CONTENT} are allowed",
        )
    return packed


def decompress(content: str, quotes: QuoteEscape = QuoteEscape.BACKSLASH) -> bytes:
    """The data again; :class:`PackageError` for anything truncated, damaged, too large or with a wrong length."""
    if len(content) > MAX_TRANSACTION:
        raise PackageError("PACKAGE_TOO_LARGE", "Gói dữ liệu vượt quá 10 MB.", "content is longer than a transaction")
    try:
        raw = base64.b64decode(content, validate=True)
        (length,) = _PREFIX.unpack_from(raw)
        if length > MAX_UNPACKED:
            raise ValueError("claims to unpack to too much")
        inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        escaped = inflater.decompress(raw[_PREFIX.size :], length + 1)
        if len(escaped) != length or not inflater.eof or inflater.unused_data:
            raise ValueError("length in front is not that of the data")
    except (ValueError, struct.error, zlib.error) as error:
        raise PackageError(
            "PACKAGE_DAMAGED", "Gói dữ liệu hỏng hoặc bị cắt cụt; hãy gửi lại.", f"not a package: {error}"
        ) from error
    return escaped.replace(b'\\"', b'"') if quotes is QuoteEscape.BACKSLASH else escaped
