"""A stage of signing over many records: each signer confirms once for all that waits for him (QĐ Đ12.k1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timezone

from hocbaso_app.record.document import Document
from hocbaso_app.signing.keys import LocalKey
from hocbaso_app.signing.sign import embed, prepare, seal_role
from hocbaso_app.signing.slots import Slot, Stage, expected_slots
from hocbaso_app.signing.trust import TrustStore
from hocbaso_app.signing.verify import verify

from .folder import DemoError
from .keyring import KeyRing

Advance = Callable[[int], None]


def open_slots(document: Document, stage: Stage) -> list[Slot]:
    """Slots of a stage that nobody signed yet."""
    return [s for s in expected_slots(document.record) if s.stage is stage and not document.slot(s.id)]


def sign_stage(
    documents: dict[str, Document], stage: Stage, keys: KeyRing, trust: TrustStore, clerk: str, advance: Advance
) -> int:
    """Sign ``stage`` in every document, in place; gives the number of signatures.

    What is there already is verified first, and each certificate before its first
    use; :class:`DemoError` when either fails.
    """
    _require_earlier(documents, stage, trust)
    waiting: dict[int, list[tuple[str, Slot]]] = defaultdict(list)
    sources: dict[int, LocalKey] = {}
    for name, document in documents.items():
        for slot in open_slots(document, stage):
            key = keys.key_for(slot)
            sources[id(key)] = key
            waiting[id(key)].append((name, slot))
    role = seal_role(clerk) if stage is Stage.RELEASE else None
    for signer, slots in waiting.items():
        key, now = sources[signer], datetime.now(timezone.utc)
        _require_valid(key, now, trust)
        prepared = [prepare(documents[name], slot.id, key.certificate, now, role) for name, slot in slots]
        values = key.sign([p.to_be_signed for p in prepared])
        for (name, _), ready, value in zip(slots, prepared, values, strict=True):
            documents[name] = embed(documents[name], ready, value)
            advance(1)
    return sum(len(slots) for slots in waiting.values())


def _require_earlier(documents: dict[str, Document], stage: Stage, trust: TrustStore) -> None:
    if stage.order == 0:
        return
    before, now = list(Stage)[stage.order - 1], datetime.now(timezone.utc)
    for name, document in documents.items():
        result = verify(document, trust, at=now, stage=before)
        if not result.valid:
            raise DemoError(
                "EARLIER_STAGE_INVALID",
                f"{name}: chữ ký của bước {before.title} chưa hợp lệ nên không ký tiếp.",
                f"{name}: {result.report.to_text('en')}",
            )


def _require_valid(key: LocalKey, now: datetime, trust: TrustStore) -> None:
    result = trust.paths.check(key.certificate, now)
    if not result.ok:
        raise DemoError("CERTIFICATE_NOT_TRUSTED", result.message_vi, result.message_en)
