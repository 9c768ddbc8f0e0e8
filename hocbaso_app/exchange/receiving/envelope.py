"""What stands around each transaction (CV 2088 II.2.2 to II.2.7): read and checked before anything else is done."""

from __future__ import annotations

import re
from typing import Any

from .. import codes
from ..transactions import Kind
from .accounts import Account, Accounts
from .office import Office

_LISTS = (Kind.SUBMIT, Kind.RECALL)
_TEXTS = {
    **dict.fromkeys(_LISTS, ("token", "user_name", "password", "ma_don_vi", "messageid", "type", "function")),
    **dict.fromkeys((Kind.QUERY_SUBMISSION, Kind.QUERY_RECALL), ("messageid", "ma_don_vi", "type", "function")),
    Kind.REGISTER_CERTIFICATE: ("messageid", "ma_don_vi", "type", "function"),
    Kind.QUERY_CERTIFICATE: ("messageid", "ma_don_vi"),
}
_NUMBERS = {**dict.fromkeys(_LISTS, ("nam_hoc",)), Kind.QUERY_CERTIFICATE: ("ma_nam_hoc",)}
_MESSAGE_ID = re.compile(r"[\x21-\x7e]{1,100}")
"""CV 2088 only asks that it is unique; without blanks, and short enough to be a key anywhere (ours)."""


def parameters(kind: Kind, body: dict[str, Any]) -> dict[str, Any]:
    """``authenticationRequest`` of transactions 1 and 5; the others are flat."""
    inner = body.get("authenticationRequest") if kind in _LISTS else body
    return inner if isinstance(inner, dict) else {}


def check(kind: Kind, body: dict[str, Any], bearer: str, office: Office, accounts: Accounts) -> Account:
    """Whose transaction it is; :class:`~hocbaso_app.exchange.errors.RefusedError` for a wrong one.

    The token of transactions 1 and 5 stands in the body, that of the others in the header (ours).
    """
    given = parameters(kind, body)
    wrong = [name for name in _TEXTS[kind] if not isinstance(given.get(name), str) or not given[name]]
    wrong += [name for name in _NUMBERS.get(kind, ()) if type(given.get(name)) is not int]
    if kind in _LISTS and not isinstance(body.get("content"), str):
        wrong.append("content")
    if "messageid" not in wrong and not _MESSAGE_ID.fullmatch(given["messageid"]):
        wrong.append("messageid")
    if wrong:
        raise office.refusal(codes.FIELD_WRONG, f"Trường: {', '.join(wrong)}.", ", ".join(wrong))
    account = accounts.account(given["token"] if kind in _LISTS else bearer)
    if account is None:
        raise office.refusal(codes.TOKEN_WRONG)
    if account.unit != given["ma_don_vi"]:
        raise office.refusal(codes.ACCOUNT_WRONG)
    if kind in _LISTS and not accounts.confirms(given["token"], given["user_name"], given["password"]):
        raise office.refusal(codes.ACCOUNT_WRONG)
    if "type" in _TEXTS[kind] and (given["type"], given["function"]) != (kind.value, office.codes.functions[kind]):
        raise office.refusal(codes.FUNCTION_WRONG)
    return account
