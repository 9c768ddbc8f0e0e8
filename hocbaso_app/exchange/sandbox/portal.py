"""The sandbox's portal: it settles at once, and keeps its books in a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hocbaso_app.signing.keys import KeySource
from hocbaso_app.signing.trust import TrustStore

from ..codes import CodeSet, code_set
from ..receiving.office import Office
from ..receiving.portal import Portal as ReceivingPortal
from ..transactions import Answer
from .books import SqliteBooks
from .store import Store


class Portal(ReceivingPortal):
    """``schools``: unit code → (name, tax code) of those it may take from."""

    def __init__(
        self,
        store: Store,
        trust_folder: Path,
        key: KeySource,
        schools: dict[str, tuple[str, str]],
        clock: Callable[[], datetime],
        base_url: str = "",
        *,
        codes: CodeSet | None = None,
        list_ahead: timedelta = timedelta(minutes=5),
        list_age: timedelta = timedelta(days=1),
    ) -> None:
        """``key`` is the authority's own: it seals receipts, status list and registry.

        ``list_ahead`` and ``list_age``: how far in the future and in the past a list may be signed.
        """
        self.books = SqliteBooks(store)
        self.schools = schools
        trust, known = TrustStore.load(trust_folder, at=clock()), codes or code_set()
        age = (list_ahead, list_age)
        super().__init__(Office(self.books, trust_folder, key, schools, clock, known, trust, base_url, *age))

    @property
    def store(self) -> Store:
        """The file."""
        return self.books.store

    @property
    def trust(self) -> TrustStore:
        """As last published."""
        return self.office.trust

    @property
    def codes(self) -> CodeSet:
        """What it answers with."""
        return self.office.codes

    @property
    def base_url(self) -> str:
        """Where look-up links lead."""
        return self.office.base_url

    @base_url.setter
    def base_url(self, value: str) -> None:
        self.office.base_url = value

    def submit(self, unit: str, message_id: str, content: str) -> Answer:
        """Transaction 1, with all its outcomes in one transaction."""
        with self.books.transaction():
            answer = super().submit(unit, message_id, content)
            self.settle(message_id)
        return answer

    def waiting(self) -> dict[str, list[dict[str, Any]]]:
        """What an officer has to decide."""
        return self.books.waiting()
