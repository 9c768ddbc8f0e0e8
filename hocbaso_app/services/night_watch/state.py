"""How the watch stands: of one file for its form, of a unit for the report, and whether the site keeps up."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import add_to_date, now_datetime

from hocbaso_app.permissions.scope import scope_of
from hocbaso_app.services import keepers, states
from hocbaso_app.services.night_watch import queue
from hocbaso_app.services.night_watch.judge import BROKEN, TRUST_MISSING
from hocbaso_app.services.night_watch.kept import RECEIVED, VERSION
from hocbaso_app.services.night_watch.queue import DOCTYPE


def of_file(name: str) -> dict[str, Any] | None:
    """Last look at a file; the caller has asked whether it may be read."""
    columns = ["verdict", "explanation", "checked_at", "right_at", "as_of"]
    found = frappe.db.get_value(DOCTYPE, name, columns, as_dict=True)
    return dict(found) if found else None


def by_unit(user: str) -> list[dict[str, Any]]:
    """Files of each unit in the user's scope: how many, seen within the days set, right, broken, not to be judged."""
    scope, counted = scope_of(user), dict[str, dict[str, Any]]()
    since = add_to_date(now_datetime(), days=-queue.days())
    for doctype in (VERSION, RECEIVED):
        for unit, files, recent, oldest, broken, trust_missing in frappe.db.sql(
            f"select f.unit, count(*), sum(c.checked_at >= %s), min(c.checked_at), sum(c.verdict = %s),"
            f" sum(c.verdict = %s) from `tab{doctype}` f left join `tab{DOCTYPE}` c on c.name = f.name"
            " group by f.unit order by f.unit",
            (since, BROKEN, TRUST_MISSING),
        ):
            if not scope.everything and unit not in scope.units:
                continue
            row = counted.setdefault(unit, {"unit": unit, "files": 0, "recent": 0, "broken": 0, "trust_missing": 0})
            values = {"files": files, "recent": recent, "broken": broken, "trust_missing": trust_missing}
            for name, value in values.items():
                row[name] += int(value or 0)
            known = [at for at in (row.get("oldest"), oldest) if at]
            row["oldest"] = min(known) if known else None
    names = dict(frappe.get_all("HBS Unit", fields=["name", "unit_name"], as_list=True, order_by="name"))
    for row in counted.values():
        row["unit_name"] = names.get(row["unit"])
        row["unseen"] = row["files"] - row["recent"]
    return list(counted.values())


def warn_when_behind() -> int:
    """Once a day, who keeps the site: at this pace not every file is seen within the days set; gives how many."""
    late = queue.behind()
    if late:
        with states.in_vietnamese():
            subject = _("The night watch is behind: {0} files were not verified within {1} days").format(
                late, queue.days()
            )
            text = _("Give it more seconds per run in HBS Settings, section “Night watch”, or more nights.")
        keepers.tell_once(subject, text, 20)
    return late
