"""A trust folder's ``crls/`` and ``ocsps/``: files are named by their SHA-256, superseded ones go once they ran out."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from ..crls import scope
from ..malformed import MALFORMED
from ..ocsp_answers import read
from ..trust_files import replace_file, write_json
from .fetch import Outcome, Validators

_MEMORY = "fetched.json"
_OWN = re.compile(r"[0-9a-f]{64}\.(crl|ors)")
_PLACES = {"crl": ("crls", "crl"), "ocsp": ("ocsps", "ors")}


def keep(folder: Path, outcomes: Iterable[Outcome], now: datetime) -> int:
    """Store what came; how many files are new. Files put there by hand are left alone."""
    memory = {address: _to_json(known) for address, known in remembered(folder).items()}
    new = 0
    for outcome in outcomes:
        if outcome.data is not None:
            place, ending = _PLACES[outcome.kind]
            path = folder / place / f"{hashlib.sha256(outcome.data).hexdigest()}.{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                replace_file(path, outcome.data)
                new += 1
        if outcome.ok and outcome.kind == "crl":
            memory[outcome.address] = _to_json(outcome.validators)
    write_json(folder / _MEMORY, dict(sorted(memory.items())))
    _tidy(folder / "crls", now, _crl_key)
    _tidy(folder / "ocsps", now, _ocsp_key)
    return new


def remembered(folder: Path) -> dict[str, Validators]:
    """By address; nothing where the note is missing or damaged, for it only saves traffic."""
    try:
        noted = json.loads((folder / _MEMORY).read_bytes())
        return {address: Validators(**known) for address, known in noted.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _to_json(known: Validators) -> dict[str, str | None]:
    return {"etag": known.etag, "last_modified": known.last_modified}


def _tidy(place: Path, now: datetime, key: Callable[[bytes], tuple[Any, datetime, datetime | None] | None]) -> None:
    newest: dict[Any, datetime] = {}
    found: list[tuple[Path, Any, datetime, datetime | None]] = []
    for path in sorted(place.glob("*")):
        known = key(path.read_bytes()) if _OWN.fullmatch(path.name) else None
        if known is not None:
            about, start, end = known
            newest[about] = max(start, newest.get(about, start))
            found.append((path, about, start, end))
    for path, about, start, end in found:
        if start < newest[about] and end is not None and end <= now:
            path.unlink()


def _crl_key(data: bytes) -> tuple[Any, datetime, datetime | None] | None:
    try:
        crl = x509.load_der_x509_crl(data)
        return scope(crl), crl.last_update_utc, crl.next_update_utc
    except MALFORMED:
        return None


def _ocsp_key(data: bytes) -> tuple[Any, datetime, datetime | None] | None:
    answers = read(data)
    if len(answers) != 1:
        return None
    identity = answers[0].single["cert_id"].dump()
    return identity, answers[0].this_update, answers[0].next_update
