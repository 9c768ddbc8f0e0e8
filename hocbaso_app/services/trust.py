"""The site's trust folder: ``private/hbs-trust`` in the shape the core reads."""

from __future__ import annotations

from pathlib import Path
from time import sleep, time
from typing import TYPE_CHECKING

import frappe

if TYPE_CHECKING:
    from hocbaso_app.signing.trust import TrustStore

_stores: dict[tuple[str, int], TrustStore] = {}
"""The trust folder of each site as this process last read it, by the state of its files."""


def folder() -> Path:
    """Where anchors, intermediates, revocation data and the signed registry lie."""
    return Path(frappe.get_site_path("private", "hbs-trust"))


def store() -> TrustStore:
    """Looked at once per request or job; see :func:`current`."""
    known: TrustStore | None = getattr(frappe.local, "hbs_trust", None)
    if known is None:
        known = frappe.local.hbs_trust = current()
    return known


def current() -> TrustStore:
    """Read anew when a file in the folder has changed, and every hour: who sealed its lists must be valid still.

    Certificate paths checked once then count for the process.
    """
    place = folder()
    key = (str(place.resolve()), _state_of(place))
    if key not in _stores:
        for old in [known for known in _stores if known[0] == key[0]]:
            del _stores[old]
        _stores[key] = _load(place)
    return _stores[key]


def _load(place: Path) -> TrustStore:
    """Once more when it was read between two files of a list that is just being written."""
    from hocbaso_app.signing.trust import TrustError, TrustStore

    try:
        return TrustStore.load(place)
    except TrustError:
        sleep(0.1)
        return TrustStore.load(place)


def _state_of(place: Path) -> int:
    files = sorted(path for path in place.rglob("*") if path.is_file())
    hour = int(time() // 3600)
    return hash((hour, *((str(path), (stat := path.stat()).st_mtime_ns, stat.st_size) for path in files)))
