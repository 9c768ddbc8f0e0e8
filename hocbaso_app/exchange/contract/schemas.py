"""JSON Schemas of the portal's messages, read off the dataclasses that make and read them."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from functools import cache
from importlib.resources import files
from typing import Any

from .. import look_up, transactions
from ..codes import CodeSet
from ..compression import MAX_TRANSACTION

MESSAGES: tuple[type[Any], ...] = (
    transactions.Authentication,
    transactions.Query,
    transactions.CertificateQuery,
    transactions.Registration,
    transactions.Answer,
    transactions.RegistrationAnswer,
    transactions.RecordAnswer,
    transactions.CertificateAnswer,
    transactions.RecallItem,
    look_up.LookUp,
)
ORIGINS = {
    "official": "CV 2088/BGDĐT-GDTH v1.0 names it",
    "assumed": "CV 2088 needs it, but its annex with the values is not public",
    "ours": "an extension; a portal may leave it out and a client must do without it",
}
ANSWERS = (
    transactions.Answer,
    transactions.RegistrationAnswer,
    transactions.RecordAnswer,
    transactions.CertificateAnswer,
)
_TYPES = {"str": {"type": "string"}, "int": {"type": "integer"}}
_STATUSES: dict[tuple[str, str], type[Any]] = {
    ("CertificateAnswer", "trang_thai_phe_duyet"): transactions.CertificateStatus
}
_BOUNDS: dict[str, dict[str, Any]] = {
    "password": {"pattern": "^[0-9a-f]{64}$"},
    "nam_hoc": {"minimum": 2000, "maximum": 2199},
    "ma_nam_hoc": {"minimum": 2000, "maximum": 2199},
}
_ERROR_FIELDS = ("Error", "error", "ResponseCode")


@cache
def meanings() -> dict[str, dict[str, tuple[str, str]]]:
    """Message → field → (official, assumed or ours; what it means)."""
    text = files(__package__).joinpath("meanings.json").read_text(encoding="utf-8")
    return {kind: {name: (o, m) for name, (o, m) in rows.items()} for kind, rows in json.loads(text).items()}


def of(kind: type[Any], codes: CodeSet) -> dict[str, Any]:
    """The schema of one message; in answers more properties are allowed, for a portal may add some."""
    properties: dict[str, Any] = {}
    for field in fields(kind):
        origin, meaning = meanings()[kind.__name__][field.name]
        made: dict[str, Any] = {**_TYPES[str(field.type)], "description": meaning, "x-origin": origin}
        if (kind.__name__, field.name) in _STATUSES:
            made["enum"] = [member.value for member in _STATUSES[kind.__name__, field.name]]
        if kind in ANSWERS and field.name in _ERROR_FIELDS:
            made["enum"] = _error_codes(codes, optional=field.default == "")
        elif kind not in ANSWERS:
            made.update(_BOUNDS.get(field.name, {}))
            if kind is not look_up.LookUp and made["type"] == "string":
                made["minLength"] = 1
        properties[field.name] = made
    if kind is look_up.LookUp:
        properties["status"]["enum"] = [look_up.GENUINE, look_up.RECALLED, look_up.UNKNOWN]
    required = [f.name for f in fields(kind) if f.default is MISSING]
    return {
        "type": "object",
        "description": (kind.__doc__ or "").strip().split("\n")[0].replace("``", "`"),
        "properties": properties,
        "required": required,
    }


def _error_codes(codes: CodeSet, *, optional: bool) -> list[str]:
    return [*([""] if optional else []), *codes.errors]


def submitted_list() -> dict[str, Any]:
    """Transactions 1 and 5: the parameters and the packed list beside them."""
    return {
        "type": "object",
        "properties": {
            "authenticationRequest": {"$ref": "#/components/schemas/Authentication"},
            "content": {
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_TRANSACTION,
                "description": "Danh sách đã nén: base64(độ dài 4 byte little-endian + gzip(escape quote(XML)))",
                "x-origin": "official",
            },
        },
        "required": ["authenticationRequest", "content"],
    }


def record_list() -> dict[str, Any]:
    """Answer to transactions 2 and 6; a bare list, as CV 2088 prints it, is allowed too."""
    records = {"type": "array", "items": {"$ref": "#/components/schemas/RecordAnswer"}}
    wrapped = {
        "type": "object",
        "description": "Danh sách trả lời theo thứ tự của gói; đối tượng bao quanh danh sách là giả định",
        "properties": {
            "MessageId": {"type": "string", "x-origin": "assumed"},
            "Error": {"type": "string", "x-origin": "assumed"},
            "ErrorDescription": {"type": "string", "x-origin": "assumed"},
            "danh_sach": {**records, "x-origin": "assumed"},
        },
        "required": ["MessageId", "Error", "danh_sach"],
    }
    return {"oneOf": [wrapped, {**records, "x-origin": "official"}]}


def log_in() -> dict[str, Any]:
    """The token service, whose address and shape CV 2088 leaves to its annex."""
    text = {"type": "string", "minLength": 1}
    return {
        "type": "object",
        "properties": {
            "user_name": {**text, "x-origin": "official"},
            "password": {**text, **_BOUNDS["password"], "x-origin": "official"},
        },
        "required": ["user_name", "password"],
    }


def token() -> dict[str, Any]:
    """What the token service gives."""
    return {
        "type": "object",
        "properties": {"token": {"type": "string", "minLength": 1, "x-origin": "assumed"}},
        "required": ["token"],
    }
