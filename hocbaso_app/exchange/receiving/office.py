"""What every transaction of the portal needs: its books, key, trust and codes, and how a signed list is taken in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from hocbaso_app.record.times import write_instant
from hocbaso_app.signing.keys import KeySource
from hocbaso_app.signing.trust import RegisteredSchool, TrustStore, write_registry

from .. import codes
from ..codes import CodeSet
from ..errors import PackageError, RefusedError
from ..package import Package, unpack
from ..transactions import Kind
from .books import Books, Message

_PACKAGE_CODES = {
    "PACKAGE_TOO_LARGE": codes.TOO_LARGE,
    "LIST_SIGNATURE_WRONG": codes.LIST_SIGNATURE_WRONG,
}


@dataclass
class Office:
    """One authority's desk. ``schools``: unit code → (name, tax code) of those it may take from.

    A list whose signing time lies more than ``list_ahead`` in the future or
    ``list_age`` in the past is refused (ours; CV 2088 II.1.6 only asks for the time).
    ``deadline``: until when a unit may send the records of a school year; a later
    one is marked late, or refused where ``refuse_late`` says so. ``recalls_closed``:
    a sentence when the data of a school year are final and no recall is taken any more.
    """

    books: Books
    folder: Path
    key: KeySource
    schools: Mapping[str, tuple[str, str]]
    clock: Callable[[], datetime]
    codes: CodeSet
    trust: TrustStore
    base_url: str = ""
    list_ahead: timedelta = timedelta(minutes=5)
    list_age: timedelta = timedelta(days=1)
    deadline: Callable[[str, str], datetime | None] = lambda unit, school_year: None
    refuse_late: bool = False
    recalls_closed: Callable[[str], str] = lambda school_year: ""

    def refusal(self, code: str, detail_vi: str = "", detail_en: str = "") -> RefusedError:
        """A refusal with one of the set's codes."""
        return RefusedError.of(self.codes.code(code), detail_vi, detail_en)

    def now(self) -> str:
        """As times stand in a record file."""
        return write_instant(self.clock())

    def seen(self, message: Message) -> bool:
        """Whether this very message came before; refuses another one under the same id. Remembers a new one.

        Call it inside the transaction that does the work, so that a refused message leaves its id free.
        """
        known = self.books.message(message.message_id)
        if known is None:
            self.books.add_message(message)
            return False
        if (known.unit, known.kind, known.content_sha256) != (message.unit, message.kind, message.content_sha256):
            raise self.refusal(codes.MESSAGE_ID_USED)
        return True

    def message(self, message_id: str, unit: str, kind: Kind, said: str, *, waits: bool = False) -> Message:
        """A message that came now; ``said`` is what tells it from another, kept while it ``waits``."""
        digest = hashlib.sha256(said.encode()).hexdigest()
        return Message(message_id, unit, kind, digest, self.now(), not waits, said if waits else "")

    def known(self, unit: str, message_id: str, kind: Kind) -> Message:
        """A message that the unit has sent; refuses to speak of any other."""
        found = self.books.message(message_id)
        if found is None or (found.unit, found.kind) != (unit, kind):
            raise self.refusal(codes.MESSAGE_UNKNOWN)
        return found

    def open_list(self, content: str) -> Package:
        """A list with a right signature made just now, whoever signed it (II.2.2)."""
        try:
            package = unpack(content)
        except PackageError as error:
            code = _PACKAGE_CODES.get(error.code, codes.CONTENT_UNREADABLE)
            raise self.refusal(code, error.message_vi, error.message_en) from error
        age = self.clock() - package.signed_at
        if age > self.list_age or -age > self.list_ahead:
            raise self.refusal(codes.LIST_TIME_WRONG, f"Thời điểm ký: {write_instant(package.signed_at)}.", str(age))
        return package

    def open_list_of(self, unit: str, content: str) -> Package:
        """A list signed with a certificate that is approved for the unit and valid (CV 2088 III.1)."""
        if unit not in self.schools:
            raise self.refusal(codes.UNIT_CLOSED)
        package = self.open_list(content)
        school = self.trust.registry.school(unit)
        allowed = {c.sha256 for c in school.certificates if c.approved_for(self.clock())} if school else set()
        if package.signer.sha256 not in allowed:
            raise self.refusal(codes.CERTIFICATE_NOT_APPROVED)
        path = self.trust.paths.check(package.signer.x509, self.clock())
        if not path.ok:
            raise self.refusal(codes.CERTIFICATE_INVALID, path.message_vi, path.message_en)
        return package

    def put_in_registry(self, school: RegisteredSchool) -> None:
        """Add a school's approved certificates to the signed registry, which counts at once."""
        registry = self.trust.registry
        known = registry.school(school.school_code)
        if known is not None:
            there = {c.sha256 for c in known.certificates if c.withdrawn_at is None}
            new = tuple(c for c in school.certificates if c.sha256 not in there)
            school = replace(school, certificates=(*known.certificates, *new))
        self._publish(school)

    def withdraw_from_registry(self, unit: str, sha256: str) -> None:
        """A certificate counts no more for what is sealed from now on; what is proved to be older stays valid."""
        school = self.trust.registry.school(unit)
        if school is None:
            return
        moment = self.now()
        certificates = tuple(
            replace(c, withdrawn_at=moment) if c.sha256 == sha256 and c.withdrawn_at is None else c
            for c in school.certificates
        )
        self._publish(replace(school, certificates=certificates))

    def _publish(self, school: RegisteredSchool) -> None:
        registry = self.trust.registry
        others = tuple(s for s in registry.schools if s.school_code != school.school_code)
        write_registry(self.folder, replace(registry, schools=(*others, school), issued_at=self.now()), self.key)
        self.trust = TrustStore.load(self.folder, at=self.clock())

    def registry(self) -> bytes:
        """The signed registry, as anyone may fetch it."""
        return (self.folder / "registry.cose").read_bytes()

    def trust_list(self) -> bytes | None:
        """The sealed list of anchors, as anyone may fetch it; a practice folder may have none."""
        path = self.folder / "anchors.cose"
        return path.read_bytes() if path.exists() else None
