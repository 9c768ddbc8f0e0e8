"""The OpenAPI 3.1 description of a portal, made from the code set and the typed messages."""

from __future__ import annotations

from typing import Any

from hocbaso_app import __version__

from .. import codes
from ..codes import CodeSet, code_set
from ..compression import MAX_TRANSACTION
from ..extensions import EXTENSION_PATH, REGISTRY_PATH, TRUST_LIST_PATH
from ..look_up import LOOK_UP_PATH
from ..package import MAX_ITEMS
from ..recalls import STATUS_LIST_PATH
from ..transactions import Kind
from . import examples, extensions, schemas

HEAD = f"""How a school's software talks to the portal that receives digital primary-school records (học bạ số).

**What is official, what is not.** Every field carries `x-origin`: *official* stands in CV 2088/BGDĐT-GDTH v1.0 (II.2),
spelled as printed there, misprints too; *assumed* is needed but its annex (addresses, function codes, error codes) is
not public, so these values are a profile that can be changed by a JSON file; *ours* is an extension that a portal may
leave out. Paths, function codes and error codes are all assumed.

**How a list is packed** (`content` of transactions 1, 3 and 5; II.2.2, II.2.6, Phụ lục 1.2): the records, octet for
octet, between `<DANH_SACH_HOC_BA id="dataDanhSach">` and `</DANH_SACH_HOC_BA>` with the organisation's enveloped
signature as the last child; a backslash before each quotation mark (assumed); gzip; in front the length of what was
gzipped as four octets, little-endian; base64. At most {MAX_ITEMS} items (ours) and {MAX_TRANSACTION:,} octets for the
whole transaction (II.2.8). `docs/api/vectors` has lists with each step written out.

**Answers.** A transaction that is understood and refused answers 200 with an error code, except a wrong token or
account (401) and a transaction that is too large (413). The very same message again is harmless and answers code `01`;
another content under the same id is refused. After an unclear failure (time-out, 5xx) ask with transaction 2 or 6
before sending again. Records are answered one by one in transaction 2, in the order of the package.
"""
TITLES = {
    Kind.SUBMIT: ("submitRecords", "Giao dịch 1: nộp học bạ số", "CV 2088 II.2.2"),
    Kind.QUERY_SUBMISSION: ("querySubmission", "Giao dịch 2: truy vấn kết quả nộp", "CV 2088 II.2.3"),
    Kind.REGISTER_CERTIFICATE: ("registerCertificate", "Giao dịch 3: đăng ký chứng thư số", "CV 2088 II.2.4"),
    Kind.QUERY_CERTIFICATE: ("queryCertificate", "Giao dịch 4: truy vấn kết quả đăng ký", "CV 2088 II.2.5"),
    Kind.RECALL: ("requestRecall", "Giao dịch 5: yêu cầu thu hồi", "CV 2088 II.2.6"),
    Kind.QUERY_RECALL: ("queryRecall", "Giao dịch 6: truy vấn kết quả thu hồi", "CV 2088 II.2.7"),
}
LISTS = (Kind.SUBMIT, Kind.RECALL)
BODIES = {
    **dict.fromkeys(LISTS, "SubmittedList"),
    **dict.fromkeys((Kind.QUERY_SUBMISSION, Kind.QUERY_RECALL), "Query"),
    Kind.REGISTER_CERTIFICATE: "Registration",
    Kind.QUERY_CERTIFICATE: "CertificateQuery",
}
ANSWERS = {
    **dict.fromkeys(LISTS, "Answer"),
    **dict.fromkeys((Kind.QUERY_SUBMISSION, Kind.QUERY_RECALL), "RecordList"),
    Kind.REGISTER_CERTIFICATE: "RegistrationAnswer",
    Kind.QUERY_CERTIFICATE: "CertificateAnswer",
}


def describe(known: CodeSet | None = None) -> dict[str, Any]:
    """The description for one portal's code set."""
    known = known or code_set()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Cổng tiếp nhận học bạ số",
            "version": __version__,
            "summary": "The six transactions of CV 2088 II.2 and what is public",
            "description": HEAD,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [
            {"url": "http://127.0.0.1:8765", "description": "hocbaso sandbox"},
            {"url": "https://cong.example.invalid", "description": "a site of a department or office"},
        ],
        "tags": [
            {"name": "giao-dich", "description": "CV 2088 II.2"},
            {"name": "cong-khai", "description": "Without an account (ours)"},
            {"name": "mo-rong", "description": "Extensions with an account (ours)"},
        ],
        "paths": {
            known.token_path: {"post": _log_in(known)},
            **{known.paths[kind]: {"post": _transaction(kind, known)} for kind in Kind},
            f"{EXTENSION_PATH}/{{name}}": {"post": _extension()},
            f"{LOOK_UP_PATH}/{{code}}": {"get": _look_up()},
            STATUS_LIST_PATH: {"get": _sealed("statusList", "Danh sách trạng thái: mã các học bạ đã bị thu hồi")},
            REGISTRY_PATH: {"get": _sealed("registry", "Danh sách chứng thư số của các trường đã phê duyệt")},
            TRUST_LIST_PATH: {"get": _sealed("trustList", "Danh sách gốc tin cậy của Sở", ("404", "NoList"))},
        },
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "CV 2088 puts the token into the body of transactions 1 and 5 and prints none for"
                    " the others; there it goes into the header (assumed).",
                }
            },
            "schemas": _schemas(known),
            "responses": _responses(known),
        },
        "x-origins": schemas.ORIGINS,
        "x-error-codes": {code: _code(known, code) for code in known.errors},
        "x-profile": {"name": known.name, "assumed": known.assumed, "source": known.source},
    }


def _code(known: CodeSet, code: str) -> dict[str, Any]:
    said = known.code(code)
    return {
        "disposition": said.disposition.value,
        "field": said.field,
        "vi": said.message_vi,
        "en": said.message_en,
    }


def _schemas(known: CodeSet) -> dict[str, Any]:
    return {
        **{kind.__name__: schemas.of(kind, known) for kind in schemas.MESSAGES},
        "SubmittedList": schemas.submitted_list(),
        "RecordList": schemas.record_list(),
        "LogIn": schemas.log_in(),
        "Token": schemas.token(),
    }


def _responses(known: CodeSet) -> dict[str, Any]:
    account = known.code(codes.ACCOUNT_WRONG)
    refusal = {"MessageId": "", "Error": account.code, "ErrorDescription": account.message_vi}
    return {
        "Unreadable": {"description": "Not a JSON object"},
        "Unsupported": {"description": "Another content type than application/json"},
        "NoList": {"description": "A practice portal that has no list of anchors yet"},
        "TooMany": {"description": "Too often in a short time; Retry-After says when to come again"},
        "Refused": {
            "description": "The token or the account is wrong, in the shape of the transaction's own answer",
            "content": {"application/json": {"schema": {"type": "object"}, "example": refusal}},
        },
        "TooLarge": {
            "description": "Larger than 10 MB (II.2.8), in the shape of the transaction's own answer",
            "content": {"application/json": {"schema": {"type": "object"}}},
        },
    }


def _json(schema: str, named: dict[str, Any]) -> dict[str, Any]:
    return {
        "application/json": {
            "schema": {"$ref": f"#/components/schemas/{schema}"},
            "examples": {name: {"value": value} for name, value in named.items()},
        }
    }


def _failures(*names: tuple[str, str]) -> dict[str, Any]:
    return {status: {"$ref": f"#/components/responses/{name}"} for status, name in names}


_USUAL = (("400", "Unreadable"), ("413", "TooLarge"), ("415", "Unsupported"), ("429", "TooMany"))


def _log_in(known: CodeSet) -> dict[str, Any]:
    example = {"user_name": examples.USER, "password": examples.PASSWORD}
    return {
        "operationId": "logIn",
        "tags": ["giao-dich"],
        "summary": "Lấy mã phiên (token)",
        "description": "CV 2088 asks for a token and leaves the service to its annex: path and shape are assumed.",
        "requestBody": {"required": True, "content": _json("LogIn", {"account": example})},
        "responses": {
            "200": {"description": "A token", "content": _json("Token", {"token": {"token": "mã-phiên"}})},
            **_failures(("401", "Refused"), *_USUAL),
        },
        "security": [],
    }


def _transaction(kind: Kind, known: CodeSet) -> dict[str, Any]:
    name, title, clause = TITLES[kind]
    function = known.functions[kind]
    said = "" if kind is Kind.QUERY_CERTIFICATE else f" `type` is `{kind.value}`, `function` is `{function}` (assumed)."
    return {
        "operationId": name,
        "tags": ["giao-dich"],
        "summary": title,
        "description": f"{clause}.{said}",
        "requestBody": {"required": True, "content": _json(BODIES[kind], {"usual": examples.request(kind, known)})},
        "responses": {
            "200": {
                "description": "Understood: taken, or refused with a code of `x-error-codes`",
                "content": _json(ANSWERS[kind], examples.answers(kind, known)),
            },
            **_failures(("401", "Refused"), *_USUAL),
        },
        "security": [] if kind in LISTS else [{"token": []}],
        "x-clause": clause,
    }


def _extension() -> dict[str, Any]:
    rows = "\n".join(f"- `{name}`: {said}" for name, said in extensions.NAMES.items())
    return {
        "operationId": "extension",
        "tags": ["mo-rong"],
        "summary": "Phần mở rộng bên cạnh CV 2088",
        "description": f"A portal has none, some or all; without this one it answers 404 or code `12`.\n\n{rows}",
        "parameters": [
            {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "enum": [*extensions.NAMES]}}
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": {
            "200": {
                "description": "The extension's answer, or its refusal with `Error` and `ErrorDescription`",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            **_failures(("401", "Refused"), *_USUAL),
            "404": {"description": "This portal has no extensions"},
        },
        "security": [{"token": []}],
        "x-origin": "ours",
    }


def _look_up() -> dict[str, Any]:
    return {
        "operationId": "lookUp",
        "tags": ["cong-khai"],
        "summary": "Tra cứu một mã học bạ số",
        "description": "What anyone may know; no name, school, class or birthday. A page with `Accept: text/html`, JSON"
        " with `Accept: application/json`. Guessing is stopped: 429 after a few unknown codes.",
        "parameters": [
            {
                "name": "code",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "format": "uuid"},
                "example": examples.RECORD,
            }
        ],
        "responses": {
            "200": {
                "description": "Genuine, recalled or unknown",
                "content": {**_json("LookUp", examples.look_ups()), "text/html": {"schema": {"type": "string"}}},
            },
            **_failures(("429", "TooMany")),
        },
        "security": [],
        "x-origin": "ours",
    }


def _sealed(name: str, title: str, *more: tuple[str, str]) -> dict[str, Any]:
    return {
        "operationId": name,
        "tags": ["cong-khai"],
        "summary": title,
        "description": "A COSE_Sign1 (RFC 9052) sealed by the authority, over deterministic CBOR; may be kept as long"
        " as its cache headers say.",
        "responses": {
            "200": {
                "description": "The sealed list",
                "content": {"application/cose": {"schema": {"type": "string", "format": "binary"}}},
            },
            **_failures(*more, ("429", "TooMany")),
        },
        "security": [],
        "x-origin": "ours",
    }
