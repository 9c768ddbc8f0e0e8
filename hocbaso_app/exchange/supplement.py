"""What a school adds to a recall request beside transactions 5 and 6: before and after, evidence, answers, withdrawal.

CV 2088's recall list carries a reason and nothing else, and its query brings a
decision and nothing else. Our portals take and give the rest through the
extension :data:`NAME`. The same supplement twice counts once (``reference``).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from hocbaso_app.record.errors import HocBaSoError

NAME = "bo-sung-thu-hoi"
MAX_FILES = 5
MAX_FILE = 3 << 20
MAX_TOTAL = 6 << 20
"""Octets of all files of one supplement; base64 makes them a third larger, and a transaction may have 10 MB."""
MAX_TEXT = 2000
MAX_RECORDS = 200

_STARTS = {".pdf": b"%PDF-", ".png": b"\x89PNG\r\n\x1a\n", ".jpg": b"\xff\xd8\xff"}


class SupplementError(HocBaSoError):
    """A supplement or a file that is none."""


class Action(str, Enum):
    """What is wanted."""

    ASK = "xem"
    """How far it is; changes nothing."""
    DETAILS = "bo-sung"
    REPLY = "tra-loi"
    WITHDRAW = "rut"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file: PDF, PNG, JPEG or plain text. The name's ending follows from what is in it."""

    name: str
    data: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """:class:`SupplementError` for what may not be sent."""
        if not self.data or len(self.data) > MAX_FILE:
            raise _wrong("FILE_TOO_LARGE", f"Tệp {self.name} trống hoặc lớn hơn {MAX_FILE >> 20} MB.", "size of a file")
        if self.ending is None:
            raise _wrong("FILE_KIND", f"Tệp {self.name} không phải PDF, ảnh PNG/JPEG hay văn bản thường.", "kind")

    @property
    def ending(self) -> str | None:
        """``.pdf``, ``.png``, ``.jpg`` or ``.txt`` by its octets; ``None`` for anything else."""
        for ending, start in _STARTS.items():
            if self.data.startswith(start):
                return ending
        try:
            text = self.data.decode("utf-8")
        except UnicodeDecodeError:
            return None
        return ".txt" if all(c.isprintable() or c in "\r\n\t" for c in text.removeprefix("\ufeff")) else None

    @property
    def sha256(self) -> str:
        """Hex."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Correction:
    """The value that is wrong in one record. ``element``: XML name; ``part``: ``mon-01`` or empty."""

    record_code: str
    element: str
    part: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Supplement:
    """``record_codes`` empty: all of the list. ``requester``: who asks at the school, by name."""

    message_id: str
    reference: str
    action: Action
    requester: str = ""
    text: str = ""
    record_codes: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        """:class:`SupplementError` for too much of something, or nothing said."""
        total = sum(len(file.data) for file in self.evidence)
        if len(self.evidence) > MAX_FILES or total > MAX_TOTAL:
            most = f"Mỗi lần gửi tối đa {MAX_FILES} tệp, tổng cộng {MAX_TOTAL >> 20} MB."
            raise _wrong("FILES_TOO_MANY", most, "number or size of files")
        texts = [self.text, *(v for c in self.corrections for v in asdict(c).values())]
        if any(len(text) > MAX_TEXT for text in texts):
            raise _wrong("TEXT_TOO_LONG", f"Mỗi nội dung dài tối đa {MAX_TEXT} kí tự.", "length of a text")
        if max(len(self.record_codes), len(self.corrections)) > MAX_RECORDS:
            raise _wrong("RECORDS_TOO_MANY", f"Mỗi lần gửi tối đa {MAX_RECORDS} học bạ.", "number of records")
        if self.action in (Action.REPLY, Action.WITHDRAW) and not self.text.strip():
            raise _wrong("TEXT_MISSING", "Hãy ghi nội dung trả lời hoặc lí do rút đề nghị.", "no text")

    def to_body(self) -> dict[str, Any]:
        """What is posted."""
        return {
            "messageid": self.message_id,
            "lan_gui": self.reference,
            "hanh_dong": self.action.value,
            "nguoi_de_nghi": self.requester,
            "noi_dung": self.text,
            "ma_tra_cuu_uuid": list(self.record_codes),
            "dinh_chinh": [
                {
                    "ma_tra_cuu_uuid": c.record_code,
                    "truong": c.element,
                    "phan": c.part,
                    "ten_truong": c.label,
                    "gia_tri_cu": c.before,
                    "gia_tri_moi": c.after,
                }
                for c in self.corrections
            ],
            "minh_chung": [
                {"ten": f.name, "sha256": f.sha256, "noi_dung": base64.b64encode(f.data).decode()}
                for f in self.evidence
            ],
        }


def read(body: dict[str, Any]) -> Supplement:
    """The inverse; :class:`SupplementError` for anything else."""
    try:
        corrections = tuple(_correction(given) for given in body.get("dinh_chinh", []))
        return Supplement(
            _text(body["messageid"]),
            _text(body["lan_gui"]),
            Action(body["hanh_dong"]),
            _text(body.get("nguoi_de_nghi", "")),
            _text(body.get("noi_dung", "")),
            tuple(_text(code) for code in body.get("ma_tra_cuu_uuid", [])),
            corrections,
            tuple(_evidence(f) for f in body.get("minh_chung", [])),
        )
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        raise _wrong("SUPPLEMENT_WRONG", "Phần bổ sung thu hồi sai thể thức.", f"{error}") from error


def _correction(given: Any) -> Correction:
    names = ("ma_tra_cuu_uuid", "truong", "phan", "ten_truong", "gia_tri_cu", "gia_tri_moi")
    return Correction(*[_text(given[name]) for name in names])


def _evidence(given: Any) -> Evidence:
    found = Evidence(_text(given["ten"]), base64.b64decode(_text(given["noi_dung"]), validate=True))
    if found.sha256 != given["sha256"]:
        raise ValueError("a file that is not what its SHA-256 says")
    return found


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is wanted")
    return value


def _wrong(code: str, vi: str, en: str) -> SupplementError:
    return SupplementError(code, vi, en)


class Step(str, Enum):
    """How far the request for one record is, at the authority."""

    WAITING = "cho-duyet"
    MORE_ASKED = "hoi-them"
    APPROVED = "dong-y"
    REFUSED = "tu-choi"
    WITHDRAWN = "da-rut"


@dataclass(frozen=True, slots=True)
class CaseState:
    """What the authority tells about one record of a list. ``office``: by name; ``due_on``: ISO date."""

    record_code: str
    step: Step
    office: str = ""
    due_on: str = ""
    question: str = ""


def answer(states: Sequence[CaseState]) -> dict[str, Any]:
    """The extension's answer."""
    return {
        "ho_so": [
            {
                "ma_tra_cuu_uuid": s.record_code,
                "trang_thai": s.step.value,
                "don_vi": s.office,
                "han": s.due_on,
                "cau_hoi": s.question,
            }
            for s in states
        ]
    }


def read_answer(body: dict[str, Any]) -> dict[str, CaseState]:
    """By record code; :class:`SupplementError` for anything else."""
    try:
        found = [
            CaseState(
                _text(s["ma_tra_cuu_uuid"]),
                Step(s["trang_thai"]),
                *(_text(s.get(n, "")) for n in ("don_vi", "han", "cau_hoi")),
            )
            for s in body["ho_so"]
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _wrong("ANSWER_WRONG", "Cổng tiếp nhận trả lời sai thể thức.", f"{error}") from error
    return {state.record_code: state for state in found}
