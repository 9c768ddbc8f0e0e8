"""Links to a class's summary book ("sổ theo dõi và đánh giá", QĐ Đ4.k6.b), signed by this site.

A stranger with the public link learns that the authority holds the class, how many
records are in force, and a hash over them to compare with what he holds; no name and no
result. The link for those entitled names its holder, ends by itself, and shows the book.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import asdict, dataclass
from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.exchange.receiving.accounts import Account
from hocbaso_app.permissions import scope
from hocbaso_app.services import audit, convert
from hocbaso_app.services.public import guard
from hocbaso_app.services.receiving import files, settings
from hocbaso_app.setup import roles

DOCTYPE = "HBS Received Record"
ROUTE = "so-theo-doi"
DAYS, MOST_DAYS = 30, 90
OFFICERS = frozenset({roles.OFFICE_OFFICER, roles.DEPARTMENT_OFFICER})
_PURPOSE = b"hbs-class-book:"


@dataclass(frozen=True)
class Book:
    """One class of one school and year. ``until``: seconds since 1970, 0 in a public link; ``holder``: for whom."""

    unit: str
    school_year: str
    class_name: str
    until: int = 0
    holder: str = ""

    @property
    def is_public(self) -> bool:
        """A link without a holder."""
        return not self.until

    @property
    def is_over(self) -> bool:
        """A link for somebody, after its time."""
        return bool(self.until) and time.time() > self.until


@dataclass(frozen=True)
class Facts:
    """What anybody with a link may know. ``figures``: SHA-256 over code and SHA-256 of every record in force."""

    status: str
    school: str
    class_name: str
    school_year: str
    records: int
    figures: str
    as_of: str


def links(unit: str, school_year: str, class_name: str, holder: str, days: int = DAYS) -> dict[str, str]:
    """Both links, for an officer who may read the class; the audit trail says for whom."""
    if not OFFICERS & set(frappe.get_roles()) or not scope.scope_of().sees(DOCTYPE, unit, None):
        frappe.throw(_("Only officers above the school give out links to its class books."), NotYoursError)
    return _issue(unit, school_year, class_name, holder, days, frappe.session.user)


def answer(account: Account, body: dict[str, Any]) -> dict[str, Any]:
    """Extension ``so-theo-doi``: a school asks for the links to one of its own classes."""
    try:
        days = int(body.get("so_ngay") or DAYS)
        found = _issue(account.unit, str(body["nam_hoc"]), str(body["lop"]), str(body["cho"]), days, account.user_name)
    except (KeyError, TypeError, ValueError, HbsError) as error:
        from hocbaso_app.exchange import codes
        from hocbaso_app.exchange.codes import code_set
        from hocbaso_app.exchange.errors import RefusedError

        frappe.clear_last_message()
        raise RefusedError.of(code_set().code(codes.FIELD_WRONG), str(error), str(error)) from error
    return {"link_cong_khai": found["public"], "link_rieng": found["private"], "het_han": found["until"]}


def _issue(unit: str, school_year: str, class_name: str, holder: str, days: int, actor: str) -> dict[str, str]:
    book = Book(unit, school_year, class_name)
    if not _codes(book):
        frappe.throw(_("No record of class {0} in {1} has been received.").format(class_name, school_year), HbsError)
    if not holder.strip() or not 1 <= days <= MOST_DAYS:
        frappe.throw(_("Say for whom the link is, and for how many days, at most {0}.").format(MOST_DAYS), HbsError)
    until = int(time.time()) + days * 86400
    private = Book(unit, school_year, class_name, until, holder.strip()[:140])
    details = {"class": class_name, "school_year": school_year, "holder": private.holder, "until": _moment(until)}
    audit.write("issue class book link", "HBS Unit", unit, unit, details, actor=actor)
    return {"public": _link(book), "private": _link(private), "until": _moment(until)}


def open_link(address: str, token: str) -> Book | None:
    """The book that a link names, whoever has it; ``None`` for a made-up one; :class:`guard.TooOften`."""
    return guard.ask(address, lambda: _read(token), lambda book: book is not None)


def facts(book: Book) -> Facts:
    """For everybody."""
    rows = _codes(book)
    figures = hashlib.sha256("".join(f"{r.name} {r.sha256}\n" for r in rows).encode()).hexdigest()
    school = frappe.db.get_value("HBS Unit", book.unit, "unit_name") or book.unit
    status = "genuine" if rows else "unknown"
    as_of = convert.instant(frappe.utils.now_datetime())
    return Facts(status, school, book.class_name, book.school_year, len(rows), figures if rows else "", as_of)


def table(book: Book) -> list[dict[str, Any]]:
    """Pupil by pupil, from the verified files; for the holder of a link that is not over. The opening is kept."""
    if book.is_public or book.is_over:
        raise NotYoursError
    found = [_line(row.name) for row in _codes(book)]
    details = {"class": book.class_name, "school_year": book.school_year, "holder": book.holder}
    audit.write("open class book", "HBS Unit", book.unit, book.unit, details, actor="Guest")
    frappe.local.flags.commit = True
    return sorted(found, key=lambda line: _sorting(line["name"]))


def _line(code: str) -> dict[str, Any]:
    record = files.verified(code).record
    return {
        "name": record.general.full_name,
        "subjects": [(s.subject_name, s.level or "", s.score or "") for s in record.subjects],
        "result": record.summary.overall_result or "",
        "promoted": {"1": "Được lên lớp", "0": "Chưa được lên lớp"}.get(record.summary.promoted or "", ""),
        "code": code,
    }


def _sorting(name: str) -> tuple[str, str]:
    """By the given name, as a Vietnamese class list."""
    before, _space, given = name.rpartition(" ")
    return (given, before)


def _codes(book: Book) -> list[Any]:
    where = {
        "unit": book.unit,
        "school_year": book.school_year,
        "class_name": book.class_name,
        "status": "Active",
        "page": ("like", "CA_NAM%"),
    }
    return frappe.get_all(DOCTYPE, where, ["name", "sha256"], order_by="name")


def _link(book: Book) -> str:
    payload = json.dumps(list(asdict(book).values()), ensure_ascii=False, separators=(",", ":")).encode()
    return f"{settings.get().public_address}/{ROUTE}/{_text(payload)}.{_text(_seal(payload))}"


def _read(token: str) -> Book | None:
    body, _dot, seal = token.partition(".")
    try:
        payload, given = _octets(body), _octets(seal)
        if not hmac.compare_digest(_seal(payload), given):
            return None
        return Book(*json.loads(payload))
    except (ValueError, TypeError):
        return None


def _seal(payload: bytes) -> bytes:
    """With the site's own key; it never leaves the site."""
    from frappe.utils.password import get_encryption_key

    return hmac.digest(get_encryption_key().encode(), _PURPOSE + payload, "sha256")


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def _octets(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _moment(seconds: int) -> str:
    from datetime import datetime, timezone

    from hocbaso_app.record.times import write_instant

    return write_instant(datetime.fromtimestamp(seconds, timezone.utc))
