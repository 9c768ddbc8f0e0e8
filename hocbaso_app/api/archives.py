"""Endpoints of year archives: the school makes and sends one, officers note its way to the Ministry."""

from __future__ import annotations

from pathlib import Path

import frappe
from werkzeug.utils import send_file
from werkzeug.wrappers import Response

from hocbaso_app.jobs import archives as jobs
from hocbaso_app.permissions.limits import limited
from hocbaso_app.services import received_archives, year_archive


@frappe.whitelist(methods=["POST"])
def start(unit: str, academic_year: str) -> str:
    """A new archive of a locked school year; gives its name, a job makes it."""
    name = year_archive.start(unit, academic_year)
    jobs.wake_making(name)
    return name


@frappe.whitelist(methods=["POST"])
def send(name: str) -> None:
    """To the authority, in parts; a job does it."""
    year_archive.ask_to_send(name)
    jobs.wake_sending(name)


@frappe.whitelist(methods=["GET", "POST"])
@limited(20, 60 * 60)
def download(name: str) -> Response:
    """The file of the school's own archive."""
    return _file(*year_archive.download(name))


@frappe.whitelist(methods=["GET", "POST"])
@limited(60, 60 * 60)
def download_received(name: str) -> Response:
    """The file of a received archive."""
    return _file(*received_archives.download(name))


@frappe.whitelist(methods=["POST"])
def forward(name: str, number: str, day: str | None = None) -> None:
    """An officer: it went to the Ministry."""
    received_archives.forward(name, number, day)


@frappe.whitelist(methods=["POST"])
def confirm(name: str, number: str, day: str | None = None) -> None:
    """An officer: the Ministry confirmed it."""
    received_archives.confirm(name, number, day)


@frappe.whitelist(methods=["POST"])
def check_again(name: str) -> str:
    """Verify a received archive now."""
    return received_archives.check_again(name)


def _file(path: Path, file_name: str) -> Response:
    """Read from the disk while it is sent; the note in the trail is kept though it is a GET."""
    frappe.local.flags.commit = True
    return send_file(path.absolute(), frappe.request.environ, as_attachment=True, download_name=file_name)
