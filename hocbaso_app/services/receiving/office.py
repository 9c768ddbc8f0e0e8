"""The authority's desk on this site: what the settings, the units and the schedules say, as the core wants it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import getdate

from hocbaso_app.exceptions import HbsError
from hocbaso_app.exchange.codes import ASSUMED, code_set
from hocbaso_app.exchange.receiving.office import Office
from hocbaso_app.exchange.receiving.portal import Portal
from hocbaso_app.services import convert, schedule, trust
from hocbaso_app.services.recall_cases import clock
from hocbaso_app.services.receiving import published, settings
from hocbaso_app.services.receiving.books import SiteBooks

if TYPE_CHECKING:
    from cryptography import x509

    from hocbaso_app.signing.keys import KeySource


def open_office() -> Office:
    """:class:`HbsError` where this site does not receive."""
    own = settings.get()
    if not own.enabled:
        frappe.throw(_("This site does not receive records."), HbsError)
    return Office(
        SiteBooks(),
        trust.folder(),
        _Seal(own),
        Schools(own.unit),
        convert.now,
        code_set(ASSUMED),
        trust.current(),
        own.public_address,
        timedelta(minutes=int(own.list_ahead_minutes or 5)),
        timedelta(hours=int(own.list_age_hours or 24)),
        deadline,
        own.late_policy == settings.REFUSE_LATE,
        clock.closed,
    )


class SitePortal(Portal):
    """The core's portal; what many ask for is not signed for each of them."""

    def status_list(self) -> bytes:
        """As last signed."""
        return published.status_list(super().status_list)


def portal() -> SitePortal:
    """Over this site's office."""
    return SitePortal(open_office())


def deadline(unit: str, school_year: str) -> datetime | None:
    """The end of the last day of the stage Submission, for a school at this authority."""
    last = schedule.due(unit, school_year, schedule.SUBMISSION)
    if last is None:
        return None
    return datetime.combine(last, time(23, 59, 59), convert.now().tzinfo)


class Schools(Mapping[str, tuple[str, str]]):
    """Code → name and tax code of the schools below a unit that exist today."""

    def __init__(self, above: str) -> None:
        """``above``: the receiving unit."""
        self._above = above

    def __getitem__(self, code: str) -> tuple[str, str]:
        """One question for one school."""
        found = self._rows({"name": code})
        if not found:
            raise KeyError(code)
        return (found[0].unit_name, found[0].tax_code or "")

    def __iter__(self) -> Iterator[str]:
        """All of them."""
        return iter([row.name for row in self._rows({})])

    def __len__(self) -> int:
        """How many."""
        return len(self._rows({}))

    def _rows(self, where: dict[str, Any]) -> list[Any]:
        place = frappe.db.get_value("HBS Unit", self._above, ["lft", "rgt"], as_dict=True)
        if place is None:
            return []
        where = {**where, "kind": "School", "lft": (">", place.lft), "rgt": ("<", place.rgt)}
        columns = ["name", "unit_name", "tax_code", "valid_from", "valid_to"]
        found = frappe.get_all("HBS Unit", where, columns, order_by="name")
        today = getdate()
        return [
            row
            for row in found
            if (not row.valid_from or getdate(row.valid_from) <= today)
            and (not row.valid_to or today <= getdate(row.valid_to))
        ]


class _Seal:
    """The authority's key, opened when it is first needed."""

    def __init__(self, own: Any) -> None:
        self._own = own

    @cached_property
    def _key(self) -> KeySource:
        from hocbaso_app.services import keys

        return keys.open_of(self._own)

    @property
    def certificate(self) -> x509.Certificate:
        return self._key.certificate

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        return self._key.chain

    def sign(self, to_be_signed: Sequence[bytes]) -> list[bytes]:
        return self._key.sign(to_be_signed)
