"""Timestamps of the signatures in a file: XAdES B-T. Nothing that any signature covers changes by them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from hocbaso_app.record.document import Document
from hocbaso_app.signing import xades

from .token import TimestampError, read_token

MAX_IN_FILE = 24 << 10
"""Octets of one token: with one in each slot a record stays well under what a file may have."""


class Stamps(Protocol):
    """A :class:`.TimestampClient`, or an authority in process."""

    def stamp_digest(self, digest: bytes) -> bytes:
        """A token over a SHA-256 digest."""


def slots_without(document: Document) -> tuple[str, ...]:
    """Signed slots that have no timestamp yet, in signing order."""
    filled = ((slot, xades.read_slot(inner)) for slot, inner in document.slots.items() if inner)
    return tuple(slot for slot, one in filled if one is not None and one.timestamp is None)


def timestamp_slots(document: Document, slot_ids: Iterable[str], client: Stamps) -> Document:
    """The file with a timestamp in each of these signed slots; those that have one stay as they are.

    :class:`.TimestampError` from ``client``, and for a slot without a signature of the format's shape.
    """
    for slot in slot_ids:
        inner = document.slot(slot)
        filled = xades.read_slot(inner)
        digest = xades.signature_value_digest(slot, inner)
        if filled is None or digest is None:
            raise TimestampError("NOT_SIGNED", f"Ô ký {slot} chưa có chữ ký để đóng dấu thời gian.", f"{slot}: empty")
        if filled.timestamp is None:
            document = put_in(document, slot, client.stamp_digest(digest))
    return document


def put_in(document: Document, slot: str, token: bytes) -> Document:
    """The file with this token in a slot at level B; :class:`.TimestampError` for one of other octets or too large."""
    inner = document.slot(slot)
    require_size(token)
    if read_token(token).imprint != xades.signature_value_digest(slot, inner):
        raise TimestampError("TOKEN_OTHER", "Dấu thời gian không phải của chữ ký này.", f"{slot}: another imprint")
    return document.with_slot(slot, xades.with_timestamp(slot, inner, token))


def require_size(token: bytes) -> bytes:
    """The token; :class:`.TimestampError` when it is too large for a record's file."""
    if len(token) > MAX_IN_FILE:
        raise TimestampError(
            "TOKEN_TOO_LARGE",
            "Dấu thời gian của dịch vụ này quá lớn để nằm trong tệp học bạ. Hãy hỏi đơn vị cung cấp loại dấu gọn hơn.",
            f"{len(token)} octets, at most {MAX_IN_FILE} fit",
        )
    return token
