"""HBS Evidence: what lies beside each file; the newest row of a file counts, the earlier ones stay."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import frappe
from frappe.utils import now_datetime

from hocbaso_app.services import convert, rows
from hocbaso_app.services.long_term import parts

if TYPE_CHECKING:
    from hocbaso_app.signing.evidence.bundle import Bundle, Unreadable
    from hocbaso_app.signing.trust import TrustStore

DOCTYPE = "HBS Evidence"
FIRST, TIMESTAMP, TREE = "First", "Timestamp renewed", "Hash tree renewed"


@dataclass(frozen=True)
class Made:
    """Evidence that is to be kept beside a file."""

    doctype: str
    name: str
    unit: str
    sha256: str
    bundle: Bundle
    kind: str = FIRST
    number: int = 1


def keep(made: Sequence[Made], trust: TrustStore, at: datetime) -> None:
    """New rows; the ones before count no more."""
    from hocbaso_app.signing.identity import common_name
    from hocbaso_app.signing.timestamps import read_token

    ends: dict[tuple[bytes, str], tuple[datetime | None, str, str]] = {}
    documents = []
    contents = parts.take_apart([one.bundle.to_bytes() for one in made])
    for one, content in zip(made, contents, strict=True):
        newest = one.bundle.record.newest.token
        key = (newest, one.bundle.record.chains[-1].algorithm)
        if key not in ends:
            ends[key] = (*ending(one.bundle, trust, at), common_name(read_token(newest).certificate)[:200])
        first = read_token(one.bundle.record.chains[0].timestamps[0].stamp.token)
        until, because, stamped_by = ends[key]
        documents.append(
            frappe._dict(
                kept_doctype=one.doctype,
                kept_name=one.name,
                unit=one.unit,
                number=one.number,
                newest=1,
                made_at=now_datetime(),
                proved_at=convert.desk_time(first.latest),
                until=until,
                because=because,
                kind=one.kind,
                stamped_by=stamped_by,
                sha256=one.sha256,
                content=base64.b64encode(content).decode(),
                evidence_key=f"{one.name}:{one.number}",
            )
        )
    before = {"kept_name": ("in", [one.name for one in made] or [""]), "newest": 1}
    rows.update(DOCTYPE, frappe.get_all(DOCTYPE, before, pluck="name", order_by="name"), {"newest": 0})
    for document in documents:
        document.name = frappe.db.get_next_sequence_val(DOCTYPE)
    rows.insert(DOCTYPE, documents)


def ending(bundle: Bundle, trust: TrustStore, at: datetime) -> tuple[datetime | None, str]:
    """Until when the evidence holds by itself, and what ends then."""
    from hocbaso_app.signing.evidence.forecast import REASONS_VI, newest_ends

    end = next(newest_ends(bundle, trust, at), None)
    return (convert.desk_time(end.moment), f"{REASONS_VI[end.reason]}: {end.what}"[:250]) if end else (None, "")


def beside(sha256: str) -> Bundle | Unreadable | None:
    """What lies beside a file, by the hash of its octets; None without any."""
    content = frappe.db.get_value(DOCTYPE, {"sha256": sha256, "newest": 1}, "content", order_by="name desc")
    return read(content) if content else None


def octets_beside(sha256: str) -> bytes | None:
    """The same as a file to take away."""
    content = frappe.db.get_value(DOCTYPE, {"sha256": sha256, "newest": 1}, "content", order_by="name desc")
    return parts.put_together(_octets(content)) if content else None


def read(content: str) -> Bundle | Unreadable:
    """Of a row."""
    from hocbaso_app.signing.evidence.bundle import read_bundle

    return read_bundle(parts.put_together(_octets(content)))


def _octets(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except ValueError:
        return b""


def newest(where: dict[str, Any], limit: int) -> Iterator[Any]:
    """Rows that count, in the order in which they end."""
    columns = ["name", "kept_doctype", "kept_name", "unit", "sha256", "number", "content", "until"]
    yield from frappe.get_all(DOCTYPE, {**where, "newest": 1}, columns, order_by="until, name", limit=limit)
