"""Keys that a site reaches itself: values at once, or a question to the signer's phone and its answer later.

No transaction is open while a service is waited for. What was asked stands on the batch as a ticket, which can fetch
this answer and nothing else; PIN and one-time code go to the service and are gone.
"""

from __future__ import annotations

import traceback
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import add_to_date, get_datetime, now_datetime

from hocbaso_app.exceptions import HbsError
from hocbaso_app.services import convert, key_sources, keys, rows
from hocbaso_app.services.key_sources import kinds
from hocbaso_app.services.signing import ways
from hocbaso_app.services.signing.batches import (
    DOCTYPE,
    ITEM,
    PREPARED,
    REFUSALS,
    as_signer,
    message_of,
    open_items,
    quietly,
    update,
)
from hocbaso_app.services.signing.values import own, require_open, take

if TYPE_CHECKING:
    from hocbaso_app.signing.keys import KeySourceError, Secrets, Ticket

LOOKS_AGAIN = 3
"""Seconds between two looks for the same answer in the first minute, then :data:`LOOKS_LATER`."""
LOOKS_LATER = 10

GRACE = timedelta(seconds=30)
"""After the time for an answer the service itself may still say what became of it."""

PASSING = frozenset({"SERVICE_UNREACHABLE"})
"""Faults of one look that say nothing about the answer."""

KEEPERS = frozenset({"SERVICE_ANSWER", "ACCOUNT_UNKNOWN", "DRIVER_MISSING", "SETTINGS"})
"""Faults of a service or its settings."""

WRONG = frozenset({"PIN_WRONG", "PIN_LOCKED", "OTP_WRONG"})
"""Counted, so that nobody tries codes through this site."""


@dataclass
class Answer:
    """What a key source said to one request."""

    values: list[bytes] = field(default_factory=list)
    ticket: Ticket | None = None
    asked: int = 0
    fault: KeySourceError | None = None


def sign_or_ask(name: str, secret: Secrets) -> None:
    """As many parts of the user's own batch as one confirmation covers. What goes wrong is written on the batch.

    A question that still waits is not asked a second time; :func:`withdraw` it first.
    """
    from hocbaso_app.signing.sign import Prepared

    batch = own(name)
    items = open_items(batch)
    if batch.ticket or not items:
        return
    require_open(batch)
    parts = [Prepared.from_json(item.prepared).to_be_signed for item in items]
    tracker = keys.pin_attempts(batch.signer)
    frappe.db.commit()  # nosemgrep: no lock is held while the key works
    answer = _ask_source(batch, parts, secret)
    if answer.fault is None and (secret.pin or secret.otp):
        tracker.add_success_attempt()
    elif answer.fault and answer.fault.code in WRONG:
        tracker.add_failure_attempt()
    batch = own(name)
    if answer.ticket and batch.status == PREPARED and not batch.ticket:
        rows.update(ITEM, [item.name for item in items[: answer.asked]], {"asked": 1})
        _note(
            batch,
            ticket=answer.ticket.to_json(),
            asked_at=convert.desk_time(answer.ticket.asked_at),
            asked_until=convert.desk_time(answer.ticket.expires_at),
            asked_parts=answer.asked,
            polled_at=None,
        )
    if answer.fault:
        _note_fault(batch, answer.fault)
    elif answer.values:
        _note(batch)
    take(batch, dict(zip([item.name for item in items], answer.values, strict=False)))
    if answer.ticket:
        frappe.db.commit()  # nosemgrep: the ticket is kept whatever becomes of this request
        collect(name)  # many services have the values ready when nobody has to confirm


def _ask_source(batch: Any, parts: list[bytes], secret: Secrets) -> Answer:
    from hocbaso_app.signing.keys import KeySourceError

    answer = Answer()
    try:
        with quietly():
            source = key_sources.open(batch.certificate, secret)
            if not key_sources.is_deferred(source):
                answer.values = source.sign(parts)
                return answer
            limit = getattr(source, "batch_limit", None)
            answer.asked = min(limit or len(parts), len(parts))
            title = _("Digital record, {0}: {1} parts").format(batch.classes or "", answer.asked)
            answer.ticket = source.ask(parts[: answer.asked], str(title))
    except KeySourceError as error:
        answer.values, answer.fault = error.signed, error
    except Exception as error:
        answer.fault = _other(error)
    return answer


def ask_next(name: str) -> None:
    """After one confirmation of a service with a limit the next one, where the signer types nothing for it.

    A fault or an answer that did not come ends that; then the signer asks himself.
    """
    from hocbaso_app.signing.keys import Secrets

    batch = frappe.get_doc(DOCTYPE, name)
    if batch.status != PREPARED or not batch.asked_at or batch.ticket or batch.fault_code or not open_items(batch):
        return
    way = ways.of(batch.certificate, convert.now())
    if way.key_source in kinds.REMOTE and not (way.asks_pin or way.asks_otp):
        with as_signer(batch.signer), quietly(), suppress(*REFUSALS):  # its time is over, or the certificate withdrawn
            sign_or_ask(name, Secrets())


def withdraw(name: str) -> None:
    """Forget the question of the user's own batch; an answer that comes later is not looked at."""
    _forget(own(name))


def waiting() -> list[str]:
    """Batches whose signer has been asked, the one looked at longest ago first."""
    asked = {"status": PREPARED, "ticket": ("is", "set")}
    return list(frappe.get_all(DOCTYPE, asked, pluck="name", order_by="polled_at, name"))


def collect(name: str) -> bool:
    """Look once for the answer of a batch, unless somebody looked just now; whether values came in.

    Needs nobody's session: the ticket is bound to what the signer was asked.
    """
    from hocbaso_app.signing.keys import KeySourceError, Secrets, Ticket

    seen = _claim(name)
    if seen is None:
        return False
    frappe.db.commit()  # nosemgrep: no lock is held while the service is waited for
    values: list[bytes] | None = None
    fault: KeySourceError | None = None
    try:
        with quietly():
            source = key_sources.open(seen.certificate, Secrets())
            ticket = Ticket.from_json(seen.ticket)
            values = source.collect(ticket) if key_sources.is_deferred(source) else None
    except KeySourceError as error:
        values, fault = error.signed or None, error
    except Exception as error:
        fault = _other(error)
    late = now_datetime() > get_datetime(seen.asked_until) + GRACE
    if values is None and fault is None and late:
        fault = _timed_out()
    batch = frappe.get_doc(DOCTYPE, name, for_update=True)
    if batch.status != PREPARED or batch.ticket != seen.ticket:
        return False
    if fault and fault.code in PASSING and not late:
        _note_fault(batch, fault)
        return False
    if values is None and fault is None:
        if batch.fault_code:
            _note(batch)
        return False
    asked = [item.name for item in batch.items if item.asked]
    _forget(batch)
    if fault:
        _note_fault(batch, fault)
    try:
        with quietly():
            taken, _wrong = take(batch, dict(zip(asked, values or [], strict=False)))
    except REFUSALS as error:  # too late, or the certificate was withdrawn meanwhile
        _note_fault(batch, _refusal(error))
        return False
    return bool(taken)


def _claim(name: str) -> Any:
    """The batch's question when it is time to look for its answer; another worker's row is left alone."""
    table = frappe.qb.DocType(DOCTYPE)
    query = frappe.qb.from_(table).where((table.name == name) & (table.status == PREPARED) & table.ticket.isnotnull())
    query = query.select(table.ticket, table.certificate, table.polled_at, table.asked_at, table.asked_until)
    query = query.for_update(skip_locked=True)
    found = query.run(as_dict=True)
    now = now_datetime()
    if not found:
        return None
    (row,) = found
    pause = LOOKS_AGAIN if now < get_datetime(add_to_date(row.asked_at, minutes=1)) else LOOKS_LATER
    if row.polled_at and now < get_datetime(add_to_date(row.polled_at, seconds=pause)):
        return None
    update(DOCTYPE, name, polled_at=now)
    return row


def _forget(batch: Any) -> None:
    rows.update(ITEM, [item.name for item in batch.items if item.asked], {"asked": 0})
    _note(batch, ticket=None, asked_until=None, asked_parts=0)


def _note(batch: Any, **values: Any) -> None:
    """What is known now; the fault of an earlier try is over."""
    update(DOCTYPE, batch.name, **values, fault_code=None, fault=None)
    batch.update(values)


def _note_fault(batch: Any, fault: KeySourceError) -> None:
    """For the signer; what only a keeper of the service can mend is logged for him, secrets hidden by the source."""
    if fault.code in KEEPERS:
        frappe.log_error(f"Signing: {fault.code}", fault.message_en, DOCTYPE, batch.name)
    update(DOCTYPE, batch.name, fault_code=fault.code, fault=fault.message_vi)


def _timed_out() -> KeySourceError:
    from hocbaso_app.signing.keys import KeySourceError

    return KeySourceError(
        "TIMED_OUT",
        "Đã hết thời gian chờ xác nhận trên điện thoại. Hãy mở sẵn ứng dụng ký số rồi bấm gửi lại yêu cầu.",
        "the signer did not answer in time",
    )


def _refusal(error: Exception) -> KeySourceError:
    from hocbaso_app.signing.keys import KeySourceError

    return KeySourceError("SETTINGS", message_of(error), str(error))


def _other(error: Exception) -> KeySourceError:
    """A setting of ours that is missing; or something that no source foresaw.

    Of that only the place is logged, not the values of variables nor the text.
    """
    from hocbaso_app.signing.keys import KeySourceError

    if isinstance(error, HbsError):
        return _refusal(error)
    where = "".join(traceback.format_tb(error.__traceback__))
    frappe.log_error("Signing: key source failed", f"{type(error).__name__}\n{where}")
    return KeySourceError(
        "SERVICE_ANSWER",
        "Nguồn khóa gặp lỗi ngoài dự kiến; chưa có gì bị mất. Hãy thử lại; nếu lặp lại, ký bằng cách khác và báo người "
        "quản trị trường.",
        f"unexpected {type(error).__name__}",
    )
