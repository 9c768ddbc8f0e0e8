"""The authority's side of ``goc-ngay``: a unit's daily root is kept, compared with those before, and receipted."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from .. import codes
from ..receiving.office import Office
from . import receipts
from .comparison import Difference, What, replay
from .leaves import RECEIVED, VERSION, RootError
from .messages import EXTENSION, HAND_IN, PAGE, WHOLE, read_kept, write_difference
from .receipts import RootReceipt
from .statement import KeptRoot, sealer

Handler = Callable[[Any, dict[str, Any]], dict[str, Any]]
SHOWN = 50
"""Differences in one answer."""


class Account(Protocol):
    """Who asks."""

    @property
    def unit(self) -> str:
        """Code of his unit."""
        ...


@dataclass(frozen=True)
class Held:
    """A root as the authority holds it."""

    kept: KeptRoot
    receipt: bytes
    received_at: str


class RootBooks(Protocol):
    """Where the authority keeps them."""

    def held(self, unit: str) -> Iterable[Held]:
        """All of a unit, as they came."""
        ...

    def find(self, unit: str, sha256: str) -> Held | None:
        """By the hash of the statement."""
        ...

    def keep(self, unit: str, held: Held, found: list[Difference]) -> None:
        """A new one, with what was found against it."""
        ...


@dataclass(frozen=True)
class RootDesk:
    """The extension at one authority's desk."""

    office: Office
    books: RootBooks

    def handlers(self) -> dict[str, Handler]:
        """Name → handler."""
        return {EXTENSION: self.answer}

    def answer(self, account: Account, body: dict[str, Any]) -> dict[str, Any]:
        """``nop``: hand one in; ``danh-muc``: which are held; ``lay``: get one back."""
        if body.get("ma_don_vi") != account.unit:
            raise self.office.refusal(codes.ACCOUNT_WRONG, "", "another unit")
        steps = {HAND_IN: self._take, WHOLE: self._fetch}
        return steps.get(body.get("viec", ""), self._inventory)(account.unit, body)

    def _take(self, unit: str, body: dict[str, Any]) -> dict[str, Any]:
        kept = self._read(unit, body)
        known = self.books.find(unit, kept.sha256)
        found: list[Difference] = []
        if known is None:
            found = self.differences(unit, kept)
            claims, now = kept.claims, self.office.now()
            receipt = RootReceipt(unit, claims.number, claims.root, kept.sha256, kept.sealed, now)
            known = Held(kept, receipts.issue(receipt, self.office.key), now)
            self.books.keep(unit, known, found)
        return {
            "so": known.kept.claims.number,
            "sha256": known.kept.sha256,
            "bien_nhan": base64.b64encode(known.receipt).decode(),
            "khac_biet": [write_difference(one) for one in found[:SHOWN]],
        }

    def _read(self, unit: str, body: dict[str, Any]) -> KeptRoot:
        try:
            kept = read_kept(body)
            kept.check()
            sealer(kept, self.office.trust)
        except RootError as error:
            raise self.office.refusal(codes.FIELD_WRONG, error.message_vi, error.message_en) from error
        if kept.claims.unit != unit:
            raise self.office.refusal(codes.OTHER_UNIT)
        if kept.claims.moment - self.office.clock() > self.office.list_ahead:
            raise self.office.refusal(codes.LIST_TIME_WRONG, kept.claims.at, kept.claims.at)
        return kept

    def differences(self, unit: str, kept: KeptRoot) -> list[Difference]:
        """What a new root says against those held, and against the records received from the unit."""
        known = replay((held.kept for held in self.books.held(unit)), lists=False)
        before, own = len(known.differences), kept.claims
        last = known.last
        if (own.number, own.previous) != ((last.claims.number + 1, last.sha256) if last else (1, "")):
            known.differences.append(Difference(What.ROOT_UNCHAINED, "root", str(own.number), own.day))
        known.take(kept)
        return [*known.differences[before:], *self._against_received(kept)]

    def _against_received(self, kept: KeptRoot) -> list[Difference]:
        files = {leaf.code: leaf for leaf in kept.listed.files if leaf.kind == VERSION and leaf.moment}
        received = self.office.books.records(list(files))
        return [
            Difference(What.CHANGED, RECEIVED, code, kept.claims.day, f"{record.sha256} → {files[code].sha256}")
            for code, record in sorted(received.items())
            if record.sha256 != files[code].sha256
        ]

    def _inventory(self, unit: str, body: dict[str, Any]) -> dict[str, Any]:
        after = body.get("sau", 0)
        if type(after) is not int or after < 0:
            raise self.office.refusal(codes.FIELD_WRONG, "sau", "sau")
        rows = list(self.books.held(unit))[after : after + PAGE]
        said = [{"so": held.kept.claims.number, "sha256": held.kept.sha256, "luc": held.received_at} for held in rows]
        return {"danh_sach": said, "tiep_theo": after + PAGE if len(rows) == PAGE else None}

    def _fetch(self, unit: str, body: dict[str, Any]) -> dict[str, Any]:
        found = self.books.find(unit, str(body.get("sha256", "")))
        if found is None:
            raise self.office.refusal(codes.FIELD_WRONG, "sha256", "sha256")
        return {
            "ban_ke": base64.b64encode(found.kept.statement).decode(),
            "danh_sach": base64.b64encode(found.kept.leaves).decode(),
            "bien_nhan": base64.b64encode(found.receipt).decode(),
        }
