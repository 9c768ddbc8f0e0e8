"""How the portal words its answers (CV 2088 II.2)."""

from __future__ import annotations

from typing import Any

from ..codes import CodeSet
from ..errors import RefusedError
from ..transactions import (
    Answer,
    CertificateAnswer,
    CertificateStatus,
    Kind,
    RegistrationAnswer,
    record_list,
    to_json,
)


def taken(codes: CodeSet, message_id: str, code: str) -> Answer:
    """A list was taken in, now or before."""
    said = codes.code(code)
    return Answer(message_id, code, said.message_vi, code, "Đã nhận gói tin; hãy truy vấn kết quả.")


def refusal(codes: CodeSet, kind: Kind | None, message_id: str, unit: str, error: RefusedError) -> dict[str, Any]:
    """A refusal in the shape of the transaction's own answer; ``kind`` ``None`` is the token service."""
    known = codes.code(error.code)
    where = known.field or ""
    if kind is Kind.REGISTER_CERTIFICATE:
        return to_json(RegistrationAnswer(message_id, error.code, where, error.message_vi))
    if kind is Kind.QUERY_CERTIFICATE:
        status = CertificateStatus.REFUSED.value
        return to_json(CertificateAnswer(message_id, unit, "", status, error.code, where, error.message_vi))
    if kind in (Kind.QUERY_SUBMISSION, Kind.QUERY_RECALL):
        return record_list(message_id, [], error.code, error.message_vi)
    return to_json(Answer(message_id, error.code, known.message_vi, error.code, error.message_vi))
