"""Signing from the command line: what must be checked before a signature, then a batch that loses nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import groupby
from pathlib import Path

from cryptography import x509
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hocbaso_app.record.document import Document
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.signing.identity import common_name, person_id, tax_code
from hocbaso_app.signing.keys import DeferredKeySource, KeySourceError, SteadyKeySource, Ticket
from hocbaso_app.signing.keys.remote.waiting import wait_for
from hocbaso_app.signing.sign import Prepared, SigningError, embed, prepare, seal_role
from hocbaso_app.signing.slots import Slot, Stage, expected_slots
from hocbaso_app.signing.trust import TrustStore

from .exits import ExitCode
from .inputs import read_document, write
from .journal import Journal, Part
from .sources import OpenedSource

STATE_NAME = "luot-ky-do-dang.jsonl"
_POLL_SECONDS = 3.0
_FINAL = {"REFUSED_BY_SIGNER", "TIMED_OUT", "TICKET_EXPIRED", "CERTIFICATE_CHANGED", "VALUE_WRONG"}
"""After these a ticket has nothing more to give."""


class Files:
    """Record files as they are read; standard input can be read only once."""

    def __init__(self) -> None:
        self._piped: Document | None = None

    def read(self, file: Path) -> Document:
        """A record file, form checked."""
        if str(file) != "-":
            return read_document(file)
        self._piped = self._piped or read_document(file)
        return self._piped


def planned(
    files: Files, paths: Sequence[Path], output: Path | None, slots: Sequence[str], certificate: x509.Certificate
) -> list[Part]:
    """What is to be signed: the named slots of every file, else the holder's own that are open."""
    parts = []
    for path in paths:
        target = path if output is None else output / path.name if output.is_dir() else output
        wanted = slots or [slot.id for slot in own_open_slots(files.read(path), certificate)]
        parts += [Part(path, target, slot) for slot in wanted]
    if not parts:
        raise SigningError(
            "NOTHING_TO_SIGN",
            f"Không có ô nào đang chờ {common_name(certificate)} ký trong các tệp này. Hãy kiểm tra đã chọn đúng chứng "
            "thư số, và bước trước đã ký xong.",
            "no open slot of the certificate's holder",
        )
    return parts


def own_open_slots(document: Document, certificate: x509.Certificate) -> list[Slot]:
    """Empty slots that the certificate's holder has to sign, of the earliest stage that has any."""
    own = [s for s in expected_slots(document.record) if not document.slot(s.id) and _entitled(s, certificate)]
    return [slot for slot in own if slot.stage is own[0].stage]


@dataclass
class Batch:
    """A batch on its way: every file is written whole or not touched, and what was signed is never asked for again."""

    journal: Journal
    opened: OpenedSource
    trust: TrustStore | None
    files: Files
    console: Console
    _at_once: int | None = None
    """Signatures that the service takes in one order, once it has refused more."""

    def prepare(self) -> None:
        """Check and prepare every open part that no ticket is for; nothing is signed before all are ready."""
        now = _now()
        _require_valid(self.opened.certificate, now, self.trust)
        ready: list[tuple[int, Prepared]] = []
        faults: list[tuple[Path, HocBaSoError]] = []
        waiting = [n for n in self._open() if n not in self.journal.asked]
        for file, numbers in groupby(waiting, key=lambda number: self.journal.parts[number].file):
            try:
                document = self.files.read(file)
                ready += [(n, self._prepared(document, self.journal.parts[n].slot, now)) for n in numbers]
            except HocBaSoError as error:
                faults.append((file, error))
        if faults:
            raise _not_ready(faults, len(list(self.journal.files())))
        for number, prepared in ready:
            self.journal.prepare(number, prepared)

    def _prepared(self, document: Document, slot_id: str, now: datetime) -> Prepared:
        slot = next((s for s in expected_slots(document.record) if s.id == slot_id), None)
        if slot is None:
            known = ", ".join(s.id for s in expected_slots(document.record))
            raise SigningError(
                "SLOT_UNKNOWN", f"Học bạ không có ô ký {slot_id}; có: {known}.", f"record has no slot {slot_id}"
            )
        _require_entitled(slot, self.opened.certificate)
        clerk = self.journal.clerk
        if slot.stage is Stage.RELEASE and not clerk:
            raise SigningError(
                "CLERK_MISSING",
                'Ký phát hành phải nêu người dùng con dấu: thêm --clerk "Họ và tên".',
                "the seal needs --clerk",
            )
        role = seal_role(clerk) if clerk and slot.stage is Stage.RELEASE else None
        return prepare(document, slot_id, self.opened.certificate, now, role)

    def take_up(self) -> None:
        """Go on where a batch was broken off: what is signed stays, a ticket of the same source counts."""
        journal = self.journal
        if journal.source != self.opened.description:
            journal.answered()
            journal.use(self.opened.description)
        for parts in journal.files():
            self._note_written(parts)
            try:
                self._write(parts)
            except SigningError:  # the data changed since; the values are of no use
                for part in parts:
                    part.value = None
        self.prepare()

    def _note_written(self, parts: Sequence[Part]) -> None:
        try:
            document = self.files.read(parts[0].output)
        except HocBaSoError:
            return
        filled = [bool(document.slot(part.slot)) for part in parts]
        if parts[0].output == parts[0].file or all(filled):
            for part, is_filled in zip(parts, filled, strict=True):
                part.written = is_filled

    def run(self, *, wait: bool = True) -> ExitCode:
        """Sign what is open; INDETERMINATE when the signer has still to confirm and nobody waits for him."""
        try:
            code = self._run(wait)
        except BaseException:
            self._leave()
            raise
        if code is ExitCode.OK:
            self.journal.done()
        else:
            self._leave()
        return code

    def _leave(self) -> None:
        if self.journal.path is None:
            return
        if not self.journal.begun:
            self.journal.done()
            return
        signed = sum(all(not part.open for part in parts) for parts in self.journal.files())
        print(
            f"Đã ký xong {signed}/{len(list(self.journal.files()))} tệp. Ký tiếp phần còn lại: "
            f"hocbaso sign --resume {self.journal.path}",
            file=sys.stderr,
        )

    def summary(self, *, timestamps: bool = False) -> str:
        """One line on what was signed where; at which level, where no timestamps follow."""
        parts = self.journal.parts
        level = "" if timestamps else " (mức XAdES-B, chưa có dấu thời gian; thêm bằng --tsa hoặc hocbaso timestamp)"
        if len(parts) == 1:
            return f"{parts[0].slot} → {parts[0].output}{level}"
        return f"Đã ký {len(parts)} ô trong {len(list(self.journal.files()))} tệp{level}."

    def outputs(self) -> list[Path]:
        """Files that were written, each once; not the standard output."""
        return [path for path in dict.fromkeys(part.output for part in self.journal.parts) if str(path) != "-"]

    def _run(self, wait: bool) -> ExitCode:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self.console, disable=len(self.journal.parts) < 2) as bar:
            bar.add_task("Đang ký", total=len(self.journal.parts), completed=self._count())
            while self._open():
                faults: list[tuple[Path, HocBaSoError]] = []
                try:
                    for number, value in self._values(bar if wait else None):
                        try:
                            self._take(number, value)
                        except SigningError as error:
                            faults.append((self.journal.parts[number].file, error))
                        bar.update(bar.task_ids[0], description="Đang ký", completed=self._count())
                except KeySourceError as error:
                    bar.stop()
                    if not self._smaller(error) and not self.opened.answer(error):
                        raise
                    bar.start()
                if faults:
                    raise _changed(faults)
                if self.journal.ticket is not None:
                    return ExitCode.INDETERMINATE
        return ExitCode.OK

    def _smaller(self, error: KeySourceError) -> bool:
        """Too many at once: half of them, and the signer confirms more often."""
        tried = len(self._open()[: self._at_once])
        if error.code != "TOO_MANY_HASHES" or tried < 2:
            return False
        self._at_once = (tried + 1) // 2
        print(
            f"Dịch vụ không nhận {tried} chữ ký một lần; gửi từng lô {self._at_once} chữ ký, mỗi lô một lần xác nhận.",
            file=sys.stderr,
        )
        return True

    def _open(self) -> list[int]:
        return [number for number, part in enumerate(self.journal.parts) if part.open]

    def _count(self) -> int:
        return len(self.journal.parts) - len(self._open())

    def _values(self, bar: Progress | None) -> Iterator[tuple[int, bytes]]:
        source, numbers = self.opened.source, self._open()
        if isinstance(source, DeferredKeySource):
            yield from self._later(source, numbers, bar)
        elif isinstance(source, SteadyKeySource):
            yield from zip(numbers, source.each(self._items(numbers)), strict=True)
        else:
            yield from zip(numbers, source.sign(list(self._items(numbers))), strict=True)

    def _later(
        self, source: DeferredKeySource, numbers: list[int], bar: Progress | None
    ) -> Iterator[tuple[int, bytes]]:
        ticket, asked = self.journal.ticket, self.journal.asked
        try:
            if ticket is None:
                asked = numbers[: self._at_once]
                ticket = source.ask(list(self._items(asked)), self._title())
                self.journal.ask(asked, ticket)
            values = _waited(source, ticket, bar, self._poll_seconds) if bar else source.collect(ticket)
        except KeySourceError as error:
            if error.code in _FINAL or (ticket and _now() > ticket.expires_at):
                self.journal.answered()
            yield from zip(asked, error.signed, strict=False)
            raise
        if values is not None:
            yield from zip(asked, values, strict=True)
            self.journal.answered()

    @property
    def _poll_seconds(self) -> float:
        return float(self.opened.description.settings.get("poll_seconds", _POLL_SECONDS))

    def _items(self, numbers: Iterable[int]) -> Iterator[bytes]:
        for number in numbers:
            prepared = self.journal.parts[number].prepared
            assert prepared is not None
            yield prepared.to_be_signed

    def _title(self) -> str:
        general = self.files.read(self.journal.parts[0].file).record.general
        return f"Ký {len(list(self.journal.files()))} học bạ, lớp {general.class_name}, {general.school_name}"

    def _take(self, number: int, value: bytes) -> None:
        """Keep a value, and write the file when it has all that are asked for it; else they are of no use."""
        self.journal.sign(number, value)
        file = self.journal.parts[number].file
        parts = [part for part in self.journal.parts if part.file == file]
        try:
            self._write(parts)
        except SigningError:
            for part in parts:
                part.value = None
            raise

    def _write(self, parts: Sequence[Part]) -> None:
        fresh = [part for part in parts if not part.written]
        if not fresh or any(part.open for part in fresh):
            return
        document = self.files.read(parts[0].file)
        for part in fresh:
            assert part.prepared is not None and part.value is not None
            document = embed(document, part.prepared, part.value)
        write(parts[0].output, document.data)
        for part in fresh:
            part.written = True


def start(
    paths: Sequence[Path],
    slots: Sequence[str],
    opened: OpenedSource,
    *,
    output: Path | None = None,
    clerk: str | None = None,
    trust: TrustStore | None = None,
    state: Path | None = None,
    console: Console,
) -> Batch:
    """A new batch, all of it checked and prepared; ``state`` is where it stands while it is not done."""
    files = Files()
    parts = planned(files, paths, output, slots, opened.certificate)
    if state is None and (len(parts) > 1 or isinstance(opened.source, DeferredKeySource)) and str(paths[0]) != "-":
        state = parts[0].output.parent / STATE_NAME
    journal = Journal(state, parts, clerk)
    journal.begin()
    try:
        journal.use(opened.description)
        batch = Batch(journal, opened, trust, files, console)
        batch.prepare()
    except BaseException:
        journal.done()
        raise
    return batch


def resume(journal: Journal, opened: OpenedSource, trust: TrustStore | None, console: Console) -> Batch:
    """A batch that was broken off, perhaps with another source."""
    batch = Batch(journal, opened, trust, Files(), console)
    batch.take_up()
    return batch


def _waited(source: DeferredKeySource, ticket: Ticket, bar: Progress, poll_seconds: float) -> list[bytes]:
    def tell() -> None:
        left = max(0, int((ticket.expires_at - _now()).total_seconds()))
        bar.update(bar.task_ids[0], description=f"Chờ xác nhận trên điện thoại, còn {left // 60}:{left % 60:02d}")

    return wait_for(source, ticket, poll_seconds, _now, tell)


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _not_ready(faults: Sequence[tuple[Path, HocBaSoError]], files: int) -> HocBaSoError:
    if files == 1:
        return faults[0][1]
    return SigningError(
        "FILES_NOT_READY",
        f"Chưa ký gì: {len(faults)} trong {files} tệp chưa ký được. Hãy sửa hoặc bỏ các tệp này rồi ký lại:"
        + _listed(faults),
        f"{len(faults)} of {files} files can't be signed",
    )


def _changed(faults: Sequence[tuple[Path, HocBaSoError]]) -> HocBaSoError:
    return SigningError(
        "FILES_CHANGED",
        f"{len(faults)} tệp không nhận được chữ ký vì đã đổi từ lúc chuẩn bị. Hãy xem lại các tệp này rồi ký tiếp:"
        + _listed(faults),
        f"{len(faults)} files did not take their signatures",
    )


def _listed(faults: Sequence[tuple[Path, HocBaSoError]]) -> str:
    return "".join(f"\n  {file}: [{error.code}] {error.message_vi}" for file, error in faults)


def _entitled(slot: Slot, certificate: x509.Certificate) -> bool:
    if slot.stage is Stage.RELEASE:
        return tax_code(certificate) is not None
    return person_id(certificate) == slot.signer_citizen_id


def _require_entitled(slot: Slot, certificate: x509.Certificate) -> None:
    if not _entitled(slot, certificate):
        raise SigningError(
            "WRONG_PERSON",
            f"Chứng thư số của {common_name(certificate)} không dùng được cho ô {slot.id}; người phải ký là "
            f"{slot.signer_name}.",
            f"the certificate is not that of {slot.signer_name}, who must sign {slot.id}",
        )


def _require_valid(certificate: x509.Certificate, now: datetime, trust: TrustStore | None) -> None:
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise SigningError("CERTIFICATE_OUT_OF_DATE", "Chứng thư số chưa có hoặc đã hết hiệu lực.", "not valid now")
    if trust is not None:
        result = trust.paths.check(certificate, now)
        if not result.ok:
            raise SigningError("CERTIFICATE_NOT_TRUSTED", result.message_vi, result.message_en)
