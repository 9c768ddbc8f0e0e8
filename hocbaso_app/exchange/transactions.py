"""The six transactions of CV 2088 II.2 as typed values; parameter names as printed there.

Type and function codes and the error codes of the missing annex are assumed
(``codes.json``) and marked so.
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
    """``trang_thai`` of transaction 2. ``PENDING`` is ours: received and still being looked at."""

    REFUSED = 0
    APPROVED = 1
    PENDING = 2


class RecallStatus(int, Enum):
    """``trang_thai`` of transaction 6."""

    PENDING = 1
    APPROVED = 2
    REFUSED = 3


def hash_password(password: str) -> str:
    """SHA-256, lower-case hex, as CV 2088 asks for ``password``."""
    return hashlib.sha256(password.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Authentication:
    """``authenticationRequest``."""

    token: str = field(repr=False)
    user_name: str
    password: str = field(repr=False)
    ma_don_vi: str
    nam_hoc: int
    messageid: str
    type: str
    function: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer to transactions 1, 3 and 5. ``Error`` is ``"0"`` for success."""

    MessageId: str
    Error: str
    ErrorDescription: str
    ResponseCode: str
    ResponseDescription: str

    @property
    def accepted(self) -> bool:
        """Whether the transaction was taken."""
        return self.Error == "0"


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """One record in the answer to transactions 2 and 6; the last three are our extension."""

    ma_hoc_sinh: str
    ten_hoc_sinh: str
    so_cccd: str
    ma_tra_cuu_uuid: str
    trang_thai: int
    error: str = ""
    error_field_title: str = ""
    error_description: str = ""
    bien_nhan: str = ""
    link_tra_cuu: str = ""
    ma_da_tiep_nhan: str = ""


@dataclass(frozen=True, slots=True)
class CertificateAnswer:
    """Answer to transaction 4."""

    messageid: str
    ma_don_vi: str
    serial_number: str
    trang_thai_phe_duyet: int
    error: str = ""
    error_field_title: str = ""
    error_description: str = ""


@dataclass(frozen=True, slots=True)
class RecallItem:
    """One entry of a recall list (CV 2088 II.2.6), plus our reason."""

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


def read_answer(kind: type[Any], raw: Any) -> Any:
    """A typed answer; :class:`UncertainError` when the other side sent something else."""
    try:
        known = {name: raw[name] for name in kind.__dataclass_fields__ if name in raw}
        value = kind(**known)
    except (TypeError, KeyError) as error:
        raise UncertainError(
            "ANSWER_WRONG", "Cổng tiếp nhận trả lời sai thể thức; sẽ hỏi lại.", f"unexpected answer: {error}"
        ) from error
    expected = {name: f.type for name, f in kind.__dataclass_fields__.items()}
    for name, type_name in expected.items():
        if not isinstance(getattr(value, name), int if type_name == "int" else str):
            raise UncertainError("ANSWER_WRONG", "Cổng tiếp nhận trả lời sai thể thức.", f"{name} has a wrong type")
    return value
