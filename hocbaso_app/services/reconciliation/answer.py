"""The authority's side of the comparison on this site: the core's handlers over its books, told in the trail."""

from __future__ import annotations

from typing import Any

from hocbaso_app.exchange.receiving.accounts import Account
from hocbaso_app.exchange.reconciliation.handlers import Reconciliation
from hocbaso_app.services import audit

RECORD = "HBS Received Record"


def inventory(account: Account, body: dict[str, Any]) -> dict[str, Any]:
    """``doi-chieu``."""
    return _desk().inventory(account, body)


def fetch(account: Account, body: dict[str, Any]) -> dict[str, Any]:
    """``tai-lai``; who got a pupil's record back is told in the trail."""
    answer = _desk().fetch(account, body)
    facts = {"sha256": answer["sha256"], "login": account.user_name}
    audit.write("given back", RECORD, answer["ma_tra_cuu_uuid"], account.unit, facts, actor="Administrator")
    return answer


def recalls(account: Account, body: dict[str, Any]) -> dict[str, Any]:
    """``khoi-phuc-thu-hoi``."""
    answer = _desk().recalls(account, body)
    facts = {"codes": answer["danh_sach_ma"], "login": account.user_name}
    audit.write("recalls proved", "HBS Unit", account.unit, account.unit, facts, actor="Administrator")
    return answer


def _desk() -> Reconciliation:
    from hocbaso_app.services.receiving.office import open_office

    return Reconciliation(open_office())
