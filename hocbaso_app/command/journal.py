"""What a batch of signatures has done so far, one line after the other in a file that survives a power cut.

Lines are added, never changed, and a torn last line is passed over. Nothing in
it is secret or can sign: prepared signatures, values, the ticket of a service.
But it names the driver that is loaded, the address that gets secrets and the files
that are written, so one that others can write is not taken up.
"""

from __future__ import annotations

import base64
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from hocbaso_app.signing.keys import SourceDescription, Ticket
from hocbaso_app.signing.malformed import MALFORMED
from hocbaso_app.signing.sign import Prepared

from .exits import InputError

KIND = "hocbaso sign 1"


@dataclass
class Part:
    """One slot of one file."""

    file: Path
    output: Path
    slot: str
    prepared: Prepared | None = None
    value: bytes | None = None
    written: bool = False

    @property
    def open(self) -> bool:
        """Whether somebody has still to sign it."""
        return self.value is None and not self.written


@dataclass
class Journal:
    """A batch; ``path`` is ``None`` for one that need not survive."""

    path: Path | None
    parts: list[Part]
    clerk: str | None = None
    source: SourceDescription | None = None
    ticket: Ticket | None = None
    asked: list[int] = field(default_factory=list)
    """Numbers of the parts that the ticket is for."""

    def begin(self) -> None:
        """Write the head of a new file; :class:`InputError` when there is one already."""
        if self.path is None:
            return
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError as error:
            _require_own(self.path, self.path.lstat())
            raise InputError(
                "BATCH_UNFINISHED",
                f"Có lượt ký còn dở ở {self.path}. Hãy ký tiếp: hocbaso sign --resume {self.path} (hoặc xóa tệp đó).",
                f"{self.path} exists",
            ) from error
        listed = [{"file": str(p.file), "output": str(p.output), "slot": p.slot} for p in self.parts]
        self._add({"kind": KIND, "clerk": self.clerk, "parts": listed})

    def use(self, source: SourceDescription) -> None:
        """From now on this source signs."""
        self.source = source
        self._add({"source": {"kind": source.kind, "settings": source.settings}})

    def prepare(self, number: int, prepared: Prepared) -> None:
        """A part is ready to be signed."""
        self.parts[number].prepared = prepared
        self._add({"prepared": number, "json": prepared.to_json()})

    def ask(self, numbers: list[int], ticket: Ticket) -> None:
        """A service was asked for these parts."""
        self.asked, self.ticket = numbers, ticket
        self._add({"ticket": ticket.to_json(), "asked": numbers})

    def answered(self) -> None:
        """The ticket is of no use any more."""
        if self.ticket is not None:
            self.asked, self.ticket = [], None
            self._add({"ticket": None, "asked": []})

    def sign(self, number: int, value: bytes) -> None:
        """A part has its value."""
        self.parts[number].value = value
        self._add({"value": base64.b64encode(value).decode(), "part": number})

    def done(self) -> None:
        """Nothing is left that could be gone on with."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    @property
    def begun(self) -> bool:
        """Whether there is something to go on with."""
        return self.ticket is not None or any(not part.open for part in self.parts)

    def files(self) -> Iterator[list[Part]]:
        """The parts file by file."""
        for _, parts in groupby(self.parts, key=lambda part: part.file):
            yield list(parts)

    def _add(self, line: dict[str, Any]) -> None:
        if self.path is None:
            return
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")
            if "ticket" in line:  # asked is asked, whatever happens to this machine
                stream.flush()
                os.fsync(stream.fileno())

    @classmethod
    def load(cls, path: Path) -> Journal:
        """A batch that was broken off; :class:`InputError` for a file that is none, or not only ours to write."""
        try:
            with path.open("rb") as stream:
                _require_own(path, os.fstat(stream.fileno()))
                data = stream.read()
            whole = data[: data.rfind(b"\n") + 1]
            lines = [json.loads(line) for line in whole.decode().splitlines()]
            head = lines[0]
            if head["kind"] != KIND:
                raise ValueError(head["kind"])
            parts = [Part(Path(p["file"]), Path(p["output"]), p["slot"]) for p in head["parts"]]
            journal = cls(path, parts, head["clerk"])
            for line in lines[1:]:
                journal._replay(line)
            if whole != data:
                os.truncate(path, len(whole))  # a torn line; the next one stands alone
        except (OSError, *MALFORMED) as error:
            raise InputError(
                "BATCH_UNREADABLE",
                f"Không đọc được tệp lượt ký dở {path}. Hãy ký lại từ đầu; các tệp đã ký vẫn còn nguyên.",
                f"{path}: {error!r}",
            ) from error
        return journal

    def _replay(self, line: dict[str, Any]) -> None:
        if "source" in line:
            self.source = SourceDescription(line["source"]["kind"], line["source"]["settings"])
        elif "prepared" in line:
            part = self.parts[line["prepared"]]
            part.prepared, part.value = Prepared.from_json(line["json"]), None
        elif "ticket" in line:
            self.asked = line["asked"]
            self.ticket = Ticket.from_json(line["ticket"]) if line["ticket"] else None
        elif "value" in line:
            self.parts[line["part"]].value = base64.b64decode(line["value"])


def _require_own(path: Path, facts: os.stat_result) -> None:
    if hasattr(os, "getuid") and (facts.st_uid != os.getuid() or facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        raise InputError(
            "BATCH_FOREIGN",
            f"Tệp lượt ký dở {path} là của người khác, hoặc người khác ghi được vào, nên không ký tiếp theo nó. Nếu "
            "chắc là của mình: chép về thư mục riêng, chmod 600 rồi ký tiếp; không thì xóa, hoặc dùng --state khác.",
            f"{path}: owner {facts.st_uid}, mode {stat.filemode(facts.st_mode)}",
        )
