"""Until when signing works with the revocation data at hand, and who is told before it stops."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import frappe
from frappe import _
from frappe.utils import format_datetime

from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import convert, officers, states, trust
from hocbaso_app.setup import roles

WARN_BEFORE = timedelta(days=2)
RANK = ("Missing", "Ran out", "Runs out soon", "Fresh")


def rows() -> list[dict[str, Any]]:
    """Each authority with its newest list, what needs somebody first."""
    from hocbaso_app.signing.revocation import states as states_of
    from hocbaso_app.signing.trust import TrustStore

    now = convert.now()
    found = [_row(state, now) for state in states_of(TrustStore.load(trust.folder(), fresh=False))]
    return sorted(found, key=lambda row: RANK.index(row["state"]))


def warn() -> list[str]:
    """Tell administrators and the department's officers what stops soon; the sentences."""
    with states.in_vietnamese():
        sentences = _sentences()
    people = _people()
    for sentence in sentences:
        officers.tell(people, sentence, "Report", "HBS Revocation Data", link="/app/query-report/HBS Revocation Data")
    return sentences


def _sentences() -> list[str]:
    try:
        late = [row for row in rows() if row["state"] in ("Ran out", "Runs out soon")]
    except HocBaSoError as error:
        return [error.message_vi]
    return [
        _("Signing under {0} stops at {1}: fetch its newer list of revoked certificates before.").format(
            row["authority"], format_datetime(row["until"])
        )
        if row["state"] == "Runs out soon"
        else _(
            "Nothing can be signed or verified under {0} since {1}: its list of revoked certificates ran out."
        ).format(row["authority"], format_datetime(row["until"]))
        for row in late
    ]


def _row(state: Any, now: Any) -> dict[str, Any]:
    missing, late = state.missing, state.ran_out(now)
    word = "Missing" if missing else "Ran out" if late else None
    word = word or ("Runs out soon" if state.runs_out_soon(now, WARN_BEFORE) else "Fresh")
    return {
        "authority": state.name,
        "state": word,
        "made": convert.desk_time(state.made) if state.made else None,
        "until": convert.desk_time(state.until) if state.until else None,
        "revoked": state.revoked,
        "sha256": state.sha256,
    }


def _people() -> list[str]:
    users = frappe.get_all("User", {"enabled": 1, "user_type": "System User"}, pluck="name", order_by="name")
    return officers.with_role(users, ("System Manager", roles.DEPARTMENT_OFFICER))
