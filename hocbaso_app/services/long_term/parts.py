"""What thousands of pieces of evidence have in common is kept once: tokens, certificates, revocation lists.

Evidence is one XML file whose large texts are base64; each of them goes to HBS Evidence Part under its SHA-256 and
leaves its name behind. Put together again the file is the same, octet by octet.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

import frappe

from hocbaso_app.services import rows

DOCTYPE = "HBS Evidence Part"
_LARGE = re.compile(rb">([A-Za-z0-9+/=]{600,})<")
_NAMED = re.compile(rb">sha256:([0-9a-f]{64})<")


def take_apart(files: Sequence[bytes]) -> list[bytes]:
    """The files with names instead of large texts, which are kept."""
    found: dict[str, str] = {}

    def name(match: re.Match[bytes]) -> bytes:
        sha256 = hashlib.sha256(match[1]).hexdigest()
        found[sha256] = match[1].decode()
        return f">sha256:{sha256}<".encode()

    short = [_LARGE.sub(name, octets) for octets in files]
    _keep(found)
    return short


def _keep(found: dict[str, str]) -> None:
    known = set(frappe.get_all(DOCTYPE, {"name": ("in", [*found])}, pluck="name", order_by="name")) if found else set()
    new = [frappe._dict(name=n, content=text, size=len(text)) for n, text in found.items() if n not in known]
    rows.insert(DOCTYPE, new)


def put_together(octets: bytes) -> bytes:
    """The inverse; a part that is gone or changed leaves its name, which no reader of evidence takes."""
    wanted = {match.decode() for match in _NAMED.findall(octets)}
    found = _contents(wanted)
    return _NAMED.sub(lambda match: b">" + found.get(match[1].decode(), b"?") + b"<", octets)


def _contents(names: Iterable[str]) -> dict[str, bytes]:
    where = {"name": ("in", sorted(names) or [""])}
    found = frappe.get_all(DOCTYPE, where, ["name", "content"], order_by="name")
    octets = {row.name: (row.content or "").encode() for row in found}
    return {name: text for name, text in octets.items() if hashlib.sha256(text).hexdigest() == name}
