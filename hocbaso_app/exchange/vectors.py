"""The test vectors of ``docs/api/vectors`` read back and played through the receiving half of this code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hocbaso_app.record.times import read_instant
from hocbaso_app.signing.keys import KeySource

from .errors import RefusedError
from .sandbox.portal import Portal
from .sandbox.store import Store
from .transactions import Kind

APPROVE = "duyet"
"""In a note: an officer approves the recall before the next vector."""


@dataclass(frozen=True, slots=True)
class Vector:
    """One message. ``code``: of the answer; ``records``: (code, status) of each record in the answer to the question.

    ``records`` is ``None`` where the message is refused and so unknown afterwards.
    """

    name: str
    transaction: str
    file: str
    code: str
    records: tuple[tuple[str, int], ...] | None
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


class VectorError(AssertionError):
    """A vector comes out otherwise than it says."""


def read(folder: Path) -> tuple[dict[str, Any], list[Vector]]:
    """The index: facts of the made-up school, and the vectors in the order in which they must be played."""
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    vectors = []
    for row in index["vectors"]:
        found = row["records"]
        records = None if found is None else tuple((code, status) for code, status in found)
        vectors.append(Vector(**{**row, "records": records}))
    return index, vectors


def replay(folder: Path, trust: Path, store: Store, key: KeySource) -> Portal:
    """All vectors through a new portal; :class:`VectorError` for the first that comes out otherwise."""
    index, vectors = read(folder)
    schools = {index["unit"]: (index["school"], index["tax_code"])}
    portal = Portal(store, trust, key, schools, lambda: read_instant(index["at"]))
    for vector in vectors:
        body = json.loads((folder / vector.file).read_text(encoding="utf-8"))
        for said, seen in _play(portal, index["unit"], vector, body):
            if said != seen:
                raise VectorError(f"{vector.name}: expected {said}, got {seen}")
    return portal


def _play(portal: Portal, unit: str, vector: Vector, body: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    parameters, content = body["authenticationRequest"], body["content"]
    message_id, recall = parameters["messageid"], vector.transaction == Kind.RECALL
    try:
        if recall:
            answer = portal.request_recall(unit, message_id, content, parameters["user_name"])
        else:
            answer = portal.submit(unit, message_id, content)
    except RefusedError as refused:
        yield (vector.code, vector.records), (refused.code, None)
        return
    yield vector.code, answer.Error
    found = portal.query_recall(unit, message_id) if recall else portal.query_submission(unit, message_id)
    yield vector.records, tuple((row["error"], row["trang_thai"]) for row in found["danh_sach"])
    if vector.note == APPROVE:
        (item,) = found["danh_sach"]
        portal.decide_recall(message_id, item["ma_tra_cuu_uuid"], approve=True, by="can-bo-so")
