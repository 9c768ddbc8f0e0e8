"""The way to the city database as settings say it: trust, the school's own connection certificate, a proxy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.record.errors import HocBaSoError

if TYPE_CHECKING:
    from hocbaso_app.exchange.connection import ClientCertificate, Connection, Proxy

LARGEST = 100_000
"""Bytes of a certificate or key file."""


def way(account: Any, settings: Any) -> Connection:
    """Of one school."""
    from hocbaso_app.exchange.connection import Connection

    return Connection(
        verify=not settings.unverified_tls,
        authority=_file(settings, "portal_authority"),
        client=_client(account),
        proxy=_proxy(settings),
    )


def check_account(account: Any) -> None:
    """Before HBS Portal Account is saved: certificate and key come as a pair that works."""
    if bool(account.client_certificate) != bool(account.client_key):
        frappe.throw(_("The certificate of the connection and its key file belong together: attach both."), HbsError)
    client = _client(account)
    if client is not None:
        _say(client.check)


def check_settings(settings: Any) -> None:
    """Before HBS Settings are saved: a proxy address without secrets, a readable root certificate."""
    from hocbaso_app.exchange.connection import Connection

    way_ = Connection(authority=_file(settings, "portal_authority"), proxy=_proxy(settings))
    if way_.authority or way_.proxy:
        _say(way_.check)


def _say(check: Any) -> None:
    try:
        check()
    except HocBaSoError as error:
        frappe.throw(error.message_vi, HbsError)


def _client(account: Any) -> ClientCertificate | None:
    from hocbaso_app.exchange.connection import ClientCertificate

    if not account.client_certificate:
        return None
    certificate, key = _file(account, "client_certificate"), _file(account, "client_key")
    return ClientCertificate(certificate, key, _secret(account, "client_key_password"))


def _proxy(settings: Any) -> Proxy | None:
    from hocbaso_app.exchange.connection import Proxy

    address = (settings.proxy_address or "").strip()
    return Proxy(address, settings.proxy_user or "", _secret(settings, "proxy_password")) if address else None


def _secret(doc: Any, field: str) -> str:
    """A password that was just typed, or the stored one."""
    typed = doc.get(field) or ""
    if typed and not doc.is_dummy_password(typed):
        return str(typed)
    return str(doc.get_password(field, raise_exception=False) or "")


def _file(doc: Any, field: str) -> bytes:
    """An attached file, which must be private."""
    url = doc.get(field)
    if not url:
        return b""
    name = frappe.db.get_value("File", {"file_url": url, "is_private": 1}, order_by="creation desc")
    if not name:
        label = _(doc.meta.get_label(field))
        frappe.throw(_("{0}: attach it as a private file.").format(label), HbsError)
    path = Path(frappe.get_doc("File", name).get_full_path())
    if not path.is_file() or path.stat().st_size > LARGEST:
        label = _(doc.meta.get_label(field))
        frappe.throw(_("{0}: the file is missing or too large. Attach it again.").format(label), HbsError)
    return path.read_bytes()
