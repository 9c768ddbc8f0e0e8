"""The list XML of a transaction (CV 2088 II.2.2 and II.2.6): records in it are octets, put in and cut out verbatim."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from hocbaso_app.record.canonical import text
from hocbaso_app.signing.certificate import SigningCertificate
from hocbaso_app.signing.keys import KeySource

from .compression import MAX_CONTENT, QuoteEscape, compress, decompress
from .errors import PackageError
from .list_signature import LIST_ID, check_list, sign_list

_OPEN = f'<DANH_SACH_HOC_BA id="{LIST_ID}">'.encode()
_CLOSE = b"</DANH_SACH_HOC_BA>"
_ITEM, _ITEM_END = b"<HOC_BA>", b"</HOC_BA>"
MAX_ITEMS = 1000


@dataclass(frozen=True, slots=True)
class Package:
    """An opened package: its items octet for octet, and who signed the list, when."""

    items: tuple[bytes, ...]
    signer: SigningCertificate
    signed_at: datetime


def pack(
    items: Sequence[bytes],
    key: KeySource,
    signing_time: datetime,
    quotes: QuoteEscape = QuoteEscape.BACKSLASH,
) -> str:
    """``content`` of a transaction over ``HOC_BA`` items (records, or entries of a recall list)."""
    body = b"".join(items)
    signature = sign_list(_OPEN + body + _CLOSE, key, signing_time)
    return compress(_OPEN + body + signature + _CLOSE, quotes)


def unpack(content: str, quotes: QuoteEscape = QuoteEscape.BACKSLASH) -> Package:
    """Open a package and check its list signature; :class:`PackageError`. The items are *not* checked here."""
    data = decompress(content, quotes)
    if not data.startswith(_OPEN) or not data.endswith(_CLOSE):
        raise _shape("not a list of the format")
    items: list[bytes] = []
    position = len(_OPEN)
    while data.startswith(_ITEM, position):
        end = data.find(_ITEM_END, position)
        if end < 0 or len(items) >= MAX_ITEMS:
            raise _shape("an item does not end, or there are too many")
        end += len(_ITEM_END)
        items.append(data[position:end])
        position = end
    if not items:
        raise _shape("empty list")
    signature = data[position : -len(_CLOSE)]
    signer, signed_at = check_list(data[:position] + _CLOSE, signature)
    return Package(tuple(items), signer, signed_at)


def split(items: Sequence[bytes], limit: int = MAX_CONTENT) -> Iterator[list[bytes]]:
    """Groups that stay below the size of one transaction even if nothing compresses."""
    group: list[bytes] = []
    size = 0
    budget = limit * 3 // 4 - 65536
    for item in items:
        escaped = len(item) + item.count(b'"')
        if group and (size + escaped > budget or len(group) >= MAX_ITEMS):
            yield group
            group, size = [], 0
        group.append(item)
        size += escaped
    if group:
        yield group


def element(name: str, value: str) -> str:
    """One simple element of a list entry."""
    return f"<{name}>{text(value)}</{name}>"


def _shape(why: str) -> PackageError:
    return PackageError("PACKAGE_SHAPE", "Gói dữ liệu sai cấu trúc danh sách.", f"package: {why}")
