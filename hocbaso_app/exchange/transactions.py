"""The six transactions of CV 2088 II.2 as typed values; parameter names as printed there, misprints too.

Values of ``type``, ``function`` and the error codes belong to a portal's code
set (:mod:`.codes`). II.2.3 and II.2.7 print the meanings of ``type`` and
``function`` the other way round than II.2.2; we send the same in all of them.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from .errors import UncertainError


class Kind(str, Enum):
    """Mã loại giao dịch (CV 2088 II.2.1)."""

    SUBMIT = "1"
    QUERY_SUBMISSION = "2"
    REGISTER_CERTIFICATE = "3"
    QUERY_CERTIFICATE = "4"
    RECALL = "5"
    QUERY_RECALL = "6"


class RecordStatus(int, Enum):
    """``trang_thai`` of transaction 2 (II.2.3). ``PENDING`` is ours: received and still being looked at."""

    REFUSED = 0
    APPROVED = 1
    PENDING = 2


class CertificateStatus(int, Enum):
    """``trang_thai_phe_duyet`` of transaction 4 (II.2.5). ``PENDING`` is ours."""

    REFUSED = 0
    APPROVED = 1
    PENDING = 2


class RecallStatus(int, Enum):
    """``trang_thai`` of transaction 6 (II.2.7)."""

    PENDING = 1
    APPROVED = 2
    REFUSED = 3


def hash_password(password: str) -> str:
    """SHA-256, lower-case hex, as II.2.2 asks for ``password``."""
    return hashlib.sha256(password.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Authentication:
    """``authenticationRequest`` of transactions 1 and 5 (II.2.2, II.2.6)."""

    token: str = field(repr=False)
    user_name: str
    password: str = field(repr=False)
    ma_don_vi: str
    nam_hoc: int
    messageid: str
    type: str
    function: str


@dataclass(frozen=True, slots=True)
class Query:
    """Transactions 2 and 6 (II.2.3, II.2.7): flat. The token, which is not in the table, goes in the header."""

    messageid: str
    ma_don_vi: str
    type: str
    function: str


@dataclass(frozen=True, slots=True)
class CertificateQuery:
    """Transaction 4 (II.2.5): flat, without type and function."""

    messageid: str
    ma_don_vi: str
    ma_nam_hoc: int


@dataclass(frozen=True, slots=True)
class Registration:
    """Transaction 3 (II.2.4): flat. ``chung_thu`` (PEM) is ours; what exactly ``content`` holds is not public."""

    messageid: str
    type: str
    function: str
    ma_don_vi: str
    serial_number: str
    ngay_hieu_luc: str
    ma_kieu_chu_ky: str
    nha_phat_hanh: str
    content: str
    chung_thu: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer to transactions 1 and 5 (II.2.2)."""

    MessageId: str
    Error: str
    ErrorDescription: str
    ResponseCode: str
    ResponseDescription: str


@dataclass(frozen=True, slots=True)
class RegistrationAnswer:
    """Answer to transaction 3 (II.2.4), with ``error_filed_title`` as printed there."""

    messageid: str
    error: str
    error_filed_title: str
    error_description: str


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """One record in the answer to transactions 2 and 6 (II.2.3, II.2.7); from ``sha256`` on it is our extension.

    ``sha256`` is of the record's octets and tells which file of a package is meant when two have the same code.
    """

    ma_hoc_sinh: str
    ten_hoc_sinh: str
    so_cccd: str
    ma_tra_cuu_uuid: str
    trang_thai: int
    error: str = ""
    error_field_title: str = ""
    error_description: str = ""
    sha256: str = ""
    bien_nhan: str = ""
    link_tra_cuu: str = ""
    ma_da_tiep_nhan: str = ""


@dataclass(frozen=True, slots=True)
class CertificateAnswer:
    """Answer to transaction 4 (II.2.5)."""

    messageid: str
    ma_don_vi: str
    serial_number: str
    trang_thai_phe_duyet: int
    error: str = ""
    error_field_title: str = ""
    error_description: str = ""


@dataclass(frozen=True, slots=True)
class RecallItem:
    """One entry of a recall list (II.2.6), plus our reason."""

    MA_TRA_CUU_UUID: str
    HO_VA_TEN: str
    GIOI_TINH: str
    NGAY_SINH: str
    SO_CCCD: str
    TEN_TRUONG: str
    MA_TRUONG: str
    TEN_NAM_HOC: str
    LY_DO: str


def to_json(value: Any) -> dict[str, Any]:
    """A dataclass of this module as JSON-ready parameters."""
    return asdict(value)


def record_list(message_id: str, answers: list[dict[str, Any]], error: str, description: str = "") -> dict[str, Any]:
    """Answer to transactions 2 and 6.

    CV 2088 prints a bare list there. Which message it answers, and what to say
    when there is none, is not printed; the object around the list is assumed.
    """
    return {"MessageId": message_id, "Error": error, "ErrorDescription": description, "danh_sach": answers}


def read_answer(kind: type[Any], raw: Any) -> Any:
    """A typed answer; :class:`UncertainError` when the other side sent something else."""
    if not isinstance(raw, dict):
        raise _wrong("not an object")
    try:
        value = kind(**{name: raw[name] for name in kind.__dataclass_fields__ if name in raw})
    except TypeError as error:
        raise _wrong(str(error)) from error
    for name, declared in kind.__dataclass_fields__.items():
        given = getattr(value, name)
        if not isinstance(given, int if declared.type == "int" else str) or isinstance(given, bool):
            raise _wrong(f"{name} has a wrong type")
    return value


def _wrong(why: str) -> UncertainError:
    return UncertainError("ANSWER_WRONG", "Cổng tiếp nhận trả lời sai thể thức; sẽ hỏi lại.", f"answer: {why}")
