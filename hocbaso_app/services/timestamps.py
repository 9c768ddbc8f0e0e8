"""Timestamps of the signatures in this site's files: asked for while signing, and again until each has one.

The network is waited for while no row is locked: what is stamped is the digest of a value that is known
before it stands in the file. A service that does not answer holds no signature up.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import frappe
from frappe import _
from frappe.database.database import savepoint

from hocbaso_app.exceptions import HbsError, NotYoursError, StepOrderError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import convert, files, trust
from hocbaso_app.services.signing.batches import ITEM, WAITING, quietly

if TYPE_CHECKING:
    from datetime import datetime

    from hocbaso_app.record.document import Document
    from hocbaso_app.signing.timestamps import TimestampClient

SETTINGS = "HBS Settings"
Tokens = dict[bytes, bytes]
"""SHA-256 of a canonical SignatureValue → token."""

SECONDS = 8.0
"""So long one answer is waited for."""

SECONDS_IN_ALL = 60.0
"""So long one step asks for tokens; what it did not get by then the job asks for."""

TOGETHER = 4
"""Requests at a time."""

QUIET, QUIET_SECONDS = "hbs_timestamps_quiet", 240
"""After a failure nobody else waits for the service until the job's next try."""

AT_ONCE = 20
"""Files looked at together."""


def client() -> TimestampClient | None:
    """The service of the settings; its authority must lead to the site's trust. ``None``: no timestamps wanted."""
    from hocbaso_app.signing.timestamps import TimestampClient

    settings = frappe.get_cached_doc(SETTINGS)
    if not settings.timestamp_address:
        return None
    password = settings.get_password("timestamp_password", raise_exception=False)
    user = settings.timestamp_user or None
    return TimestampClient(settings.timestamp_address, user, password, paths=trust.store().paths, timeout=SECONDS)


def is_wanted() -> bool:
    """Whether the settings name a service."""
    return bool(frappe.get_cached_doc(SETTINGS).timestamp_address)


def needed() -> bool:
    """Whether a record without timestamps may not be released."""
    settings = frappe.get_cached_doc(SETTINGS)
    return bool(settings.timestamp_address and settings.timestamp_level == "T")


def check_settings(settings: Any) -> None:
    """An address that can be one; asked by the settings before they are written."""
    from hocbaso_app.signing.online import carries_secrets

    settings.timestamp_address = (settings.timestamp_address or "").strip() or None
    if settings.timestamp_address is None:
        return
    parts = urlsplit(settings.timestamp_address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        frappe.throw(
            _("The address of the time-stamping service begins with http:// or https:// and holds no password."),
            HbsError,
        )
    if settings.timestamp_user and not carries_secrets(settings.timestamp_address):
        frappe.throw(
            _("A time-stamping service with a password needs an address that begins with https://."),
            HbsError,
        )


def try_service() -> dict[str, Any]:
    """One timestamp, asked for by whoever may change the settings; what came, or why none did."""
    from hocbaso_app.signing.identity import common_name
    from hocbaso_app.signing.timestamps import read_token
    from hocbaso_app.signing.timestamps.slots import require_size

    if not frappe.has_permission(SETTINGS, "write"):
        frappe.throw(_("Only who may change the settings tries the time-stamping service."), NotYoursError)
    service = client()
    if service is None:
        raise HbsError(_("Enter the address of the time-stamping service and save first."))
    try:
        token = read_token(require_size(service.stamp(b"HBS")))
    except HocBaSoError as error:
        return {"ok": False, "message": error.message_vi, "detail": f"{error.code}: {error.message_en}"}
    frappe.cache.delete_value(QUIET)
    name, time = common_name(token.certificate), frappe.utils.format_datetime(convert.desk_time(token.time))
    return {"ok": True, "message": _("The service of “{0}” answered: {1}.").format(name, time)}


def ask_for(batch: Any, names: Sequence[str]) -> Tokens:
    """Tokens for a batch's values that wait for their files; for a release also for all that has none yet."""
    from hocbaso_app.signing.xades import value_digest

    if not _is_asked():
        return {}
    waiting = {"parent": batch.name, "record": ("in", list(names)), "outcome": WAITING, "value": ("is", "set")}
    items = frappe.get_all(ITEM, waiting, ["slot_id", "value"], order_by="idx")
    digests = [value_digest(item.slot_id, bytes.fromhex(item.value)) for item in items]
    if batch.stage == "release":
        current = frappe.get_all("HBS Record", {"name": ("in", list(names))}, pluck="current_version", order_by="name")
        for document in _without(current).values():
            digests += _digests(document)
    return fetch(digests)


def fetch(digests: Sequence[bytes]) -> Tokens:
    """As many tokens as the service gives in time; after its first failure it is left in peace for a while."""
    from hocbaso_app.signing.timestamps.slots import require_size

    try:
        service = client() if digests and _is_asked() else None
    except HocBaSoError:  # the trust folder is damaged: whoever verifies says so
        service = None
    if service is None:
        return {}
    ends = time.monotonic() + SECONDS_IN_ALL

    def ask(digest: bytes) -> bytes | HocBaSoError | None:
        try:
            return require_size(service.stamp_digest(digest)) if time.monotonic() < ends else None
        except HocBaSoError as error:
            return error

    first, *rest = digests
    answers = {first: ask(first)}
    if isinstance(answers[first], bytes):
        with ThreadPoolExecutor(TOGETHER) as pool:
            answers.update(zip(rest, pool.map(ask, rest), strict=True))
    for answer in answers.values():
        if isinstance(answer, HocBaSoError):
            frappe.cache.set_value(QUIET, answer.message_vi, expires_in_sec=QUIET_SECONDS)
            frappe.logger("hbs").warning(f"timestamps: {answer.code} {answer.message_en}")
            break
    return {digest: answer for digest, answer in answers.items() if isinstance(answer, bytes)}


def put_in(document: Document, tokens: Tokens) -> Document:
    """The file with the tokens that are its signatures'."""
    from hocbaso_app.signing.timestamps import slots_without
    from hocbaso_app.signing.timestamps.slots import put_in as put_token
    from hocbaso_app.signing.xades import signature_value_digest

    for slot in slots_without(document) if tokens else ():
        token = tokens.get(signature_value_digest(slot, document.slot(slot)) or b"")
        if token is not None:
            document = put_token(document, slot, token)
    return document


def require_before_release(doc: Any, document: Document) -> None:
    """Where the settings need level T: the seal goes in with every timestamp or not at all."""
    from hocbaso_app.signing.timestamps import slots_without

    count = len(slots_without(document)) if needed() else 0
    if count:
        frappe.throw(
            _(
                "{0}: {1} signatures have no timestamp yet, and this school releases only with timestamps. "
                "They are asked for by themselves every few minutes; release again later."
            ).format(doc.full_name, count),
            StepOrderError,
        )


def time_in(document: Document, slot: str) -> datetime | None:
    """When the service saw the signature of a slot, for the form."""
    from hocbaso_app.signing.timestamps import read_token
    from hocbaso_app.signing.xades import read_slot

    inner = document.slot(slot)
    filled = read_slot(inner) if b"<xades:UnsignedProperties>" in inner else None
    if filled is None or filled.timestamp is None:
        return None
    return convert.desk_time(read_token(filled.timestamp).time)


def note_of(version: str | None) -> str | None:
    """What the form and the signing page say about signatures without a timestamp; nothing after release."""
    if not version or not is_wanted():
        return None
    values = frappe.db.get_value(files.DOCTYPE, version, ["status", "signatures", "timestamps"], as_dict=True)
    return sentence(values.signatures - values.timestamps) if values and values.status == "Working" else None


def note_of_records(names: Sequence[str]) -> str | None:
    """The same for all records of a batch together."""
    if not names or not is_wanted():
        return None
    version, record = frappe.qb.DocType(files.DOCTYPE), frappe.qb.DocType("HBS Record")
    query = frappe.qb.from_(version).join(record).on(record.current_version == version.name)
    query = query.where((version.status == "Working") & record.name.isin(list(names)))
    found = query.select(version.signatures, version.timestamps).orderby(version.name).run()
    return sentence(sum(signatures - timestamps for signatures, timestamps in found))


def sentence(count: int) -> str | None:
    """For ``count`` signatures without a timestamp."""
    if count <= 0:
        return None
    text = _("{0} signatures are made and count, but have no timestamp yet; it is asked for again by itself.").format(
        count
    )
    if needed():
        text += " " + _("Until then the record can't be released.")
    why = frappe.cache.get_value(QUIET)
    return f"{text} {why.partition('.')[0]}." if why else text


def missing(after: str = "", limit: int = AT_ONCE) -> list[str]:
    """Files in signing with signatures that have no timestamp, in order of their names."""
    version = frappe.qb.DocType(files.DOCTYPE)
    query = frappe.qb.from_(version).select(version.name).orderby(version.name).limit(limit)
    query = query.where((version.status == "Working") & (version.signatures > version.timestamps))
    return [name for (name,) in query.where(version.name > after).run()]


def add_missing(*, keep_each: bool = False) -> int:
    """Ask for every timestamp that is missing; how many files got theirs. Stops when the service does not answer."""
    from hocbaso_app.services.signing.run import LOCKED_OUT

    added, last = 0, ""
    while _is_asked() and (names := missing(last)):
        last = names[-1]
        found = _without([name for name in names if _is_open(name)])
        tokens = fetch([digest for document in found.values() for digest in _digests(document)])
        for name in found if tokens else ():
            if keep_each:
                frappe.db.commit()  # nosemgrep: each file by itself, and what is checked next is read anew
            try:
                added += _add(name, tokens)
            except LOCKED_OUT:
                if not keep_each:
                    raise
                frappe.db.rollback()  # somebody else has it; the next run comes soon
    return added


def _add(name: str, tokens: Tokens) -> bool:
    """One file, if it still is what it was: a locked year or a return meanwhile leaves it as it is."""
    from hocbaso_app.services import records
    from hocbaso_app.services.signing.batches import REFUSALS

    with savepoint(catch=REFUSALS), quietly():
        doc = records.locked(frappe.db.get_value(files.DOCTYPE, name, "record"))
        if doc.current_version != name:
            return False
        version, before = files.load(name, for_update=True)
        document = put_in(before, tokens)
        if version.status != "Working" or document.data == before.data:
            return False
        files.grow(version, document)
        slots = [slot for slot, inner in document.slots.items() if inner != before.slot(slot)]
        records.save(doc, document, "timestamp", {"slots": slots})
        return True
    return False


def _is_open(version: str) -> bool:
    """Whether the file may grow today: none is asked for what a lock keeps out anyway."""
    from hocbaso_app.services import locks

    try:
        with quietly():
            locks.require_open(frappe.get_doc("HBS Record", frappe.db.get_value(files.DOCTYPE, version, "record")))
    except HbsError:
        return False
    return True


def _is_asked() -> bool:
    return is_wanted() and not frappe.cache.get_value(QUIET)


def _without(names: Iterable[str]) -> dict[str, Document]:
    """Of these files those with signatures that have no timestamp, read without a lock; damaged ones are left out."""
    from hocbaso_app.record.document import Document

    version = frappe.qb.DocType(files.DOCTYPE)
    query = frappe.qb.from_(version).select("name", "record", "content", "sha256").orderby(version.name)
    query = query.where(version.name.isin(list(names) or [""]) & (version.signatures > version.timestamps))
    found = {}
    for row in query.run(as_dict=True):
        with suppress(HbsError, HocBaSoError), quietly():
            found[row.name] = Document.parse(files.read(row))
    return found


def _digests(document: Document) -> list[bytes]:
    from hocbaso_app.signing.timestamps import slots_without
    from hocbaso_app.signing.xades import signature_value_digest

    found = (signature_value_digest(slot, document.slot(slot)) for slot in slots_without(document))
    return [digest for digest in found if digest is not None]
