"""Where a recall request is, in one Vietnamese sentence: with whom, since when, until when."""

from __future__ import annotations

from typing import Any

from frappe import _
from frappe.utils import formatdate

from hocbaso_app.services import recall, states


def sentence(request: Any) -> str:
    """What the list and the form say; stored, so it names days and not how long ago they were."""
    with states.in_vietnamese():
        return _sentence(request)


def _sentence(request: Any) -> str:
    counts = [(status, sum(item.status == status for item in request.items)) for status in _counted()]
    found = ", ".join(_counted()[status].format(count) for status, count in counts if count)
    if request.status == recall.DRAFT:
        return _("Not sent yet: {0} records").format(len(request.items))
    if request.status == recall.TO_SEND:
        return _("Being sent since {0}").format(_day(request.requested_at))
    if request.status == recall.SENT:
        office = request.office_name or states.office_of(request.unit)
        text = _("With {0} since {1}").format(office, _day(request.sent_at or request.requested_at))
        if request.due_on:
            text += _(", decision until {0}").format(_day(request.due_on))
        return f"{text}: {found}"
    if request.status == recall.NOT_TAKEN:
        return _("Not taken: {0}").format(request.error)
    return f"{_('Taken back') if request.status == recall.CANCELLED else _('Decided')}: {found}"


def _counted() -> dict[str, str]:
    return {
        recall.WAITING: _("{0} waiting"),
        recall.MORE_ASKED: _("{0} with a question to the school"),
        recall.APPROVED: _("{0} approved"),
        recall.REFUSED: _("{0} refused"),
        recall.WITHDRAWN: _("{0} taken back"),
    }


def _day(value: Any) -> str:
    return formatdate(value, "d/M/yyyy") if value else "–"
