"""Examples of every message, with a made-up school and pupil; typed, so that a changed message changes them too."""

from __future__ import annotations

from typing import Any

from .. import codes, look_up
from ..codes import CodeSet
from ..transactions import (
    Answer,
    Authentication,
    CertificateAnswer,
    CertificateQuery,
    Kind,
    Query,
    RecordAnswer,
    Registration,
    RegistrationAnswer,
    hash_password,
    record_list,
    to_json,
)

MESSAGE = "5f1c9d0e-3b7a-4c55-9a51-0d6a3f0c2b11"
RECORD = "123e4567-e89b-42d3-a456-556642440000"
UNIT, USER, PASSWORD, YEAR = "31999901", "th-hoa-phuong", hash_password("mat-khau-thu-nghiem"), 2025
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
PUPIL = ("9900000001", "Nguyễn Ngọc Ánh Dương", "999315000001", RECORD)


def request(kind: Kind, known: CodeSet) -> dict[str, Any]:
    """The body of one transaction; packed lists are shortened, whole ones are in the test vectors."""
    function = known.functions[kind]
    if kind in (Kind.SUBMIT, Kind.RECALL):
        account = Authentication("mã-phiên", USER, PASSWORD, UNIT, YEAR, MESSAGE, kind.value, function)
        return {"authenticationRequest": to_json(account), "content": "eAAAAB+LCAAAAAAAAAO…"}
    if kind is Kind.REGISTER_CERTIFICATE:
        asked = Registration(
            MESSAGE,
            kind.value,
            function,
            UNIT,
            "3a5c81",
            "2026-05-01T07:00:00+07:00",
            "USB_TOKEN",
            "BAN_CO_YEU",
            "eAAAAB+LCAAAAAAAAAO…",
            "-----BEGIN CERTIFICATE-----\nMIID…\n-----END CERTIFICATE-----\n",
        )
        return to_json(asked)
    if kind is Kind.QUERY_CERTIFICATE:
        return to_json(CertificateQuery(MESSAGE, UNIT, YEAR))
    return to_json(Query(MESSAGE, UNIT, kind.value, function))


def answers(kind: Kind, known: CodeSet) -> dict[str, dict[str, Any]]:
    """Named answers to one transaction."""
    if kind in (Kind.SUBMIT, Kind.RECALL):
        return {
            "taken": _taken(known, codes.ACCEPTED),
            "takenBefore": _taken(known, codes.DUPLICATE),
            "certificateNotApproved": _taken(known, codes.CERTIFICATE_NOT_APPROVED),
        }
    if kind is Kind.REGISTER_CERTIFICATE:
        said = known.code(codes.ACCEPTED)
        return {"taken": to_json(RegistrationAnswer(MESSAGE, said.code, "", said.message_vi))}
    if kind is Kind.QUERY_CERTIFICATE:
        said = known.code(codes.ACCEPTED)
        return {"approved": to_json(CertificateAnswer(MESSAGE, UNIT, "3a5c81", 1, said.code, "", said.message_vi))}
    if kind is Kind.QUERY_RECALL:
        return {
            "waiting": _list(_record(known, 1, codes.PENDING)),
            "agreed": _list(_record(known, 2, codes.ACCEPTED)),
            "refused": _list(_record(known, 3, codes.RECALL_REFUSED)),
        }
    link = f"https://cong.example.invalid{look_up.LOOK_UP_PATH}/{RECORD}"
    return {
        "approved": _list(_record(known, 1, codes.ACCEPTED, sha256=SHA256, bien_nhan="0oRY…", link_tra_cuu=link)),
        "refused": _list(_record(known, 0, codes.RECORD_INVALID, sha256=SHA256)),
        "waiting": _list(_record(known, 2, codes.PENDING, sha256=SHA256)),
        "unknownMessage": record_list(MESSAGE, [], codes.MESSAGE_UNKNOWN, known.code(codes.MESSAGE_UNKNOWN).message_vi),
    }


def look_ups() -> dict[str, dict[str, str]]:
    """Answers of the public look-up."""
    return {
        "genuine": look_up.LookUp(look_up.GENUINE, SHA256, "1", "2026-05-29T11:00:00+07:00").to_json(),
        "recalled": look_up.LookUp(
            look_up.RECALLED,
            recalled_at="2026-06-03T09:00:00+07:00",
            replaced_by="f47ac10b-58cc-4372-a567-0e02b2c3d479",
        ).to_json(),
        "unknown": look_up.LookUp(look_up.UNKNOWN).to_json(),
    }


def _taken(known: CodeSet, code: str) -> dict[str, Any]:
    said = known.code(code).message_vi
    return to_json(Answer(MESSAGE, code, said, code, said))


def _record(known: CodeSet, status: int, code: str, **ours: str) -> dict[str, Any]:
    said = known.code(code)
    field = said.field or "" if code in (codes.RECORD_INVALID, codes.RECALL_REFUSED) else ""
    return to_json(RecordAnswer(*PUPIL, status, code, field, said.message_vi, **ours))


def _list(record: dict[str, Any]) -> dict[str, Any]:
    return record_list(MESSAGE, [record], codes.ACCEPTED)
