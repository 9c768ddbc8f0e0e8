"""Named checks, each with its clause, and how a run of them goes."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from importlib import import_module
from typing import Any
from uuid import uuid4

from hocbaso_app.exchange.codes import ASSUMED, Disposition, code_set
from hocbaso_app.exchange.transactions import Kind
from hocbaso_app.record.document import Document

from .material import Material, NoMaterialError
from .officers import Officer
from .wire import Reply, Wire


class Outcome(str, Enum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    """It needs something that was not given, or an extension that the portal does not offer."""


class Failed(Exception):  # noqa: N818  (an outcome, not an error of ours)
    """The portal does something else."""


class Skipped(Exception):  # noqa: N818
    """The check can't be made here."""


@dataclass
class Bench:
    """What every check works on. ``tick``: waits a little, until the portal may have gone on."""

    wire: Wire
    material: Material
    officer: Officer
    tick: Callable[[], None]
    patience: int = 60
    _kept: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Something that several checks need and one of them makes."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    @property
    def received(self) -> Document:
        """A record that the portal has taken."""

        def send() -> Document:
            document = self.material.new_record()
            answers = self.submit(document)
            if [a["trang_thai"] for a in answers] != [1]:
                raise Failed(f"học bạ hợp lệ không được tiếp nhận: {answers}")
            return document

        found: Document = self.once("received", send)
        return found

    def submit(self, *documents: Document | bytes) -> list[dict[str, Any]]:
        """Transactions 1 and 2: the answer for each record, once none is pending any more."""
        octets = [d.data if isinstance(d, Document) else d for d in documents]
        message_id = str(uuid4())
        self.expect(self.wire.send_list(Kind.SUBMIT, self.material.pack(octets), message_id), "ACCEPTED", "PENDING")
        return self.settled(message_id)

    def settled(self, message_id: str) -> list[dict[str, Any]]:
        """The answers of transaction 2 when no record is pending any more."""
        for _ in range(self.patience):
            answers = self.answers(Kind.QUERY_SUBMISSION, message_id)
            if answers and all(a["trang_thai"] != 2 for a in answers):
                return answers
            self.tick()
        raise Failed("cổng không trả lời xong trong thời gian chờ")

    def answers(self, kind: Kind, message_id: str) -> list[dict[str, Any]]:
        """What transaction 2 or 6 says now, as a list of records; CV 2088's bare list or ours around it."""
        reply = self.wire.ask(kind, message_id)
        body = reply.body
        found = body.get("danh_sach") if isinstance(body, dict) else body
        if reply.status != 200 or not isinstance(found, list):
            raise Failed(f"không có danh sách trả lời: {reply}")
        wanted = ("ma_hoc_sinh", "ten_hoc_sinh", "so_cccd", "ma_tra_cuu_uuid", "trang_thai", "error")
        for row in found:
            missing = [name for name in wanted if name not in row]
            if missing:
                raise Failed(f"câu trả lời thiếu {', '.join(missing)}")
        return found

    def expect(self, reply: Reply, *names: str) -> Reply:
        """The answer's code is one of these of :mod:`hocbaso_app.exchange.codes`; of another set, its like."""
        if reply.status >= 500:
            raise Failed(f"lỗi máy chủ: {reply}")
        if reply.error is None:
            raise Failed(f"không có mã lỗi trong câu trả lời: {reply}")
        self.expect_code(reply.error, *names, said=str(reply))
        return reply

    def expect_code(self, error: str, *names: str, said: str = "") -> None:
        """See :meth:`expect`, for the code of one record."""
        from hocbaso_app.exchange import codes

        wanted = [getattr(codes, name) for name in names]
        if self.wire.codes.name == ASSUMED:
            right = error in wanted
        else:
            alike: set[Disposition] = {code_set().code(code).disposition for code in wanted}
            right = self.wire.codes.code(error).disposition in alike
        if not right:
            raise Failed(f"mong đợi mã {' hoặc '.join(wanted)} ({', '.join(names)}), nhận {said or error}")

    def require(self, right: bool, said: str) -> None:
        """A plain condition."""
        if not right:
            raise Failed(said)


@dataclass(frozen=True)
class Check:
    """One check. ``extension``: ours, so a portal without it is skipped and not failed."""

    name: str
    title: str
    clause: str
    run: Callable[[Bench], None]
    extension: bool = False


CHECKS: list[Check] = []
ORDER = ("session", "envelope", "certificate", "package", "record", "recall", "extension")
"""First words of the checks' names; later ones work on what earlier ones left with the portal."""


def check(
    name: str, title: str, clause: str, *, extension: bool = False
) -> Callable[[Callable[[Bench], None]], Callable[[Bench], None]]:
    """Puts a function on the list; inside one :data:`ORDER` word they run in the order in which they are written."""

    def decorate(function: Callable[[Bench], None]) -> Callable[[Bench], None]:
        CHECKS.append(Check(name, title, clause, function, extension))
        return function

    return decorate


@dataclass(frozen=True)
class Result:
    """How one check ended, and what was seen."""

    check: Check
    outcome: Outcome
    detail: str = ""


def checks() -> list[Check]:
    """All of them, in order."""
    for module in ("sessions", "envelopes", "certificates", "packages", "records", "recalls", "public"):
        import_module(f"{__package__}.{module}")
    return sorted(CHECKS, key=lambda one: ORDER.index(one.name.partition(".")[0]))


def run(bench: Bench, only: Sequence[str] = ()) -> Iterator[Result]:
    """Every check whose name begins with one of ``only``; what breaks inside one is a failure of that one."""
    for one in checks():
        if only and not one.name.startswith(tuple(only)):
            continue
        try:
            one.run(bench)
        except (Skipped, NoMaterialError) as skipped:
            yield Result(one, Outcome.SKIPPED, str(skipped))
        except Failed as failed:
            yield Result(one, Outcome.FAILED, str(failed))
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            yield Result(one, Outcome.FAILED, f"{type(error).__name__}: {error} ({where.name}:{where.lineno})")
        else:
            yield Result(one, Outcome.PASSED)
