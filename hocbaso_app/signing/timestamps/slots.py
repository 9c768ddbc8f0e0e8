"""Timestamps of the signatures in a file: XAdES B-T. Nothing that any signature covers changes by them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from hocbaso_app.record.document import Document
from hocbaso_app.signing import xades

from .token import TimestampError


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
            document = document.with_slot(slot, xades.with_timestamp(slot, inner, client.stamp_digest(digest)))
    return document
