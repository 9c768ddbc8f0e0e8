"""The site's side of a restore drill (``scripts/site restore-drill``): what is on a site, and whether a restored one is
the same and right."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import frappe
from frappe.utils import get_datetime, now_datetime, time_diff_in_seconds

PRIVATE = "hbs-*"
"""Folders and files below ``private`` that the app keeps itself; Frappe's backup does not take them along."""

DIGESTS = {
    "HBS Record": "state, current_version, record_code",
    "HBS Record Version": "record, status, sha256, sha2(content, 256)",
    "HBS Audit Entry": "entry_hash",
    "HBS Submission": "state, receipt_number, sha2(receipt, 256)",
    "HBS Received Record": "status, receipt_number, sha256, sha2(content, 256), sha2(receipt, 256)",
    "HBS Certificate": "sha256, status",
    "HBS Daily Root": "sha256, sha2(leaves, 256), sha2(receipt, 256)",
    "HBS Evidence": "newest, sha2(content, 256)",
    "HBS Evidence Part": "sha2(content, 256)",
}
"""DocType → what of each row is compared; of all others the number of rows."""


def take(path: str) -> None:
    """What is on this site, into a file; right before the backup, and once more right after it."""
    Path(path).write_text(json.dumps(facts(), ensure_ascii=False, indent=1), encoding="utf-8")


def facts() -> dict[str, Any]:
    """Rows, hashes, the end of the trail, the app's own files, attachments."""
    last = frappe.db.sql("select name, entry_hash, at from `tabHBS Audit Entry` order by name desc limit 1")
    return {
        "at": str(now_datetime()),
        "site": frappe.local.site,
        "rows": {doctype: frappe.db.count(doctype) for doctype in _doctypes()},
        "hashes": {doctype: _digest(doctype, columns) for doctype, columns in DIGESTS.items()},
        "trail": [str(value) for value in last[0]] if last else [],
        "private": dict(_private()),
        "attachments": dict(_attachments()),
    }


def _doctypes() -> list[str]:
    where = {"module": "HocBaSo App", "issingle": 0, "is_virtual": 0}
    return list(frappe.get_all("DocType", where, pluck="name", order_by="name"))


def _digest(doctype: str, columns: str) -> str:
    digest, last = hashlib.sha256(), None
    while True:
        where, values = ("where name > %s", (last,)) if last is not None else ("", ())
        rows = frappe.db.sql(f"select name, {columns} from `tab{doctype}` {where} order by name limit 2000", values)
        for row in rows:
            digest.update(repr(tuple(str(value) for value in row)).encode())
        if len(rows) < 2000:
            return digest.hexdigest()
        last = rows[-1][0]


def _private() -> Iterator[tuple[str, str]]:
    folder = Path(frappe.get_site_path("private"))
    for top in sorted(folder.glob(PRIVATE)):
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file():
                yield path.relative_to(folder).as_posix(), _hash_of(path)


def _attachments() -> Iterator[tuple[str, str]]:
    for kind in ("public/files", "private/files"):
        folder = Path(frappe.get_site_path(*kind.split("/")))
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.name.endswith((".tmp", ".part")):
                yield f"{kind}/{path.relative_to(folder).as_posix()}", _hash_of(path)


def _hash_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def check(before: str, after: str) -> None:
    """On the restored site: compare with the two files of :func:`take`, verify everything, print the protocol."""
    taken, lines, wrong = [_read(before), _read(after)], list[str](), list[str]()
    steps: dict[str, Callable[[], list[str]]] = {
        "rows, hashes, files": lambda: list(differences(taken[0], taken[1], facts())),
        "files, trail, receipts, desk": _evidence,
        "daily roots": _roots,
        "signatures, all files": _signatures,
    }
    for title, step in steps.items():
        begun = time.monotonic()
        found = step()
        lines.append(f"  {'ok  ' if not found else 'FAIL'}  {title} ({time.monotonic() - begun:.1f} s)")
        lines += [f"          {line}" for line in found[:20]]
        wrong += found
    rows = taken[0]["rows"]
    counted = ("HBS Record", "HBS Record Version", "HBS Received Record", "HBS Audit Entry", "HBS Submission")
    lines.append("  rows: " + ", ".join(f"{name.removeprefix('HBS ')} {rows.get(name, 0)}" for name in counted))
    print("\n".join(lines))
    if wrong:
        sys.exit(1)


def lost(path: str) -> None:
    """On the live site: what came after a backup and would be lost with it; prints entries and minutes."""
    before = _read(path)
    number = int(before["trail"][0]) if before["trail"] else 0
    entries = frappe.db.count("HBS Audit Entry", {"name": (">", number)})
    minutes = time_diff_in_seconds(now_datetime(), get_datetime(before["at"])) / 60
    print(f"{entries} {minutes:.0f}")


def _read(path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return found


def differences(before: dict[str, Any], after: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """What is neither as before the backup nor as after it: somebody may have worked meanwhile."""
    for part in ("rows", "hashes", "private", "attachments"):
        for name in sorted({*before[part], *now[part]}):
            old, new = before[part].get(name), now[part].get(name)
            if new not in (old, after[part].get(name)):
                yield f"{part}: {name}: {_short(old)} before, {_short(new)} restored"
    if now["trail"] not in (before["trail"], after["trail"]):
        yield f"trail: ended with entry {before['trail'][:1]} before, with {now['trail'][:1]} restored"


def _short(value: Any) -> str:
    return "nothing" if value is None else str(value)[:16]


def _evidence() -> list[str]:
    from hocbaso_app.services import evidence

    return [f"{found.kind}: {found.name}: {found.explanation}" for found in evidence.check_all()]


def _roots() -> list[str]:
    from hocbaso_app.exchange.roots.comparison import replay
    from hocbaso_app.services.roots import book, nightly, present

    found = []
    for unit in present.units():
        for one in nightly.compare(unit, replay(book.of(unit, book.OWN))):
            found.append(f"{unit}: {one.what.value} {one.kind} {one.name} {one.detail}")
    return found


def _signatures() -> list[str]:
    """Every file in full, as the night watch does; its state on this site is as of this drill then."""
    from hocbaso_app.services.night_watch import judge, queue, watch

    frappe.db.sql(f"delete from `tab{queue.DOCTYPE}`")
    watch.run(seconds=12 * 60 * 60, most=queue.total())
    frappe.db.commit()
    bad = frappe.get_all(
        queue.DOCTYPE,
        {"verdict": ("!=", judge.RIGHT)},
        ["kept_name", "verdict", "explanation"],
        order_by="kept_name",
    )
    unseen = queue.total() - frappe.db.count(queue.DOCTYPE)
    found = [f"{row.kept_name}: {row.verdict}: {row.explanation}" for row in bad]
    return [*found, f"{unseen} files were not looked at"] if unseen else found
