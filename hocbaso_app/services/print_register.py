"""The register of prints that the principal confirms on paper (QĐ Điều 4.k3.b): asked for, confirmed, numbered once.

Anybody who may print asks; only the principal confirms or refuses. The serial
number stands on the print and in the register and is never given twice in a school.
"""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import getdate

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.print_formats.marks import Confirmation
from hocbaso_app.services import audit, duty, files, print_store, prints

CONFIRMED = "Confirmed by the principal"


def ask(name: str, purpose: str, receiver: str | None = None, kind: str = CONFIRMED) -> Any:
    """A line in the register that waits for the principal; refused unless the record is released and in force."""
    doc = prints.printable(name)
    if not prints.kind_of(kind).needs_confirmation:
        frappe.throw(_("This kind of print needs no confirmation."), HbsError)
    if not (purpose or "").strip():
        frappe.throw(_("Say what the print is for; it stands in the register."), HbsError)
    stored, _document = _in_force(doc)
    line = print_store.new(doc, stored, kind, purpose=purpose.strip(), receiver=receiver)
    line.update({"status": print_store.WAITING, "requested_by": frappe.session.user})
    return print_store.save(line)


def confirm(name: str, serial: str | None = None) -> Any:
    """The principal confirms: the print is made with number, date and his name, and kept."""
    line, principal = _for_principal(name)
    record = frappe.get_doc("HBS Record", line.record)
    stored, document = _in_force(record)
    if stored.name != line.version:
        frappe.throw(_("A newer version of this record was released. Ask for a new print."), HbsError)
    today = getdate()
    line.serial_number = _serial(line.unit, today.year, serial)
    line.serial_key = f"{line.unit}:{line.serial_number}"
    line.update({"confirmed_by": frappe.session.user, "confirmed_on": today, "principal_name": principal.full_name})
    confirmation = Confirmation(line.serial_number, today.isoformat(), principal.full_name)
    status = prints.status_of(stored) or ""
    data = prints.render(
        document,
        prints.verified(document),
        prints.kind_of(line.kind),
        confirmation=confirmation,
        version=stored.name,
    )
    made = print_store.keep(line, data, document, status)
    audit.write(
        "confirm print",
        print_store.DOCTYPE,
        made.name,
        made.unit,
        {"serial": made.serial_number, "record": made.record, "version": made.version, "pdf": made.pdf_sha256},
    )
    return made


def refuse(name: str, reason: str) -> Any:
    """The principal does not confirm; the line stays in the register with the reason."""
    line, _principal = _for_principal(name)
    if not (reason or "").strip():
        frappe.throw(_("Say why the print is not confirmed."), HbsError)
    line.update({"status": print_store.REFUSED, "refusal": reason, "confirmed_by": None})
    return print_store.save(line)


def _for_principal(name: str) -> tuple[Any, Any]:
    line = frappe.get_doc(print_store.DOCTYPE, name, for_update=True)
    line.check_permission("read")
    staff = duty.staff_of(frappe.session.user, line.unit)
    if not staff.is_principal:
        frappe.throw(_("Only the principal confirms prints on paper."), NotYoursError)
    if line.status != print_store.WAITING:
        frappe.throw(_("This line of the register is closed."), HbsError)
    return line, staff


def _in_force(doc: Any) -> tuple[Any, Any]:
    stored, document = files.load(doc.current_version) if doc.current_version else (None, None)
    if prints.status_of(stored) not in (prints.RELEASED, prints.ACCEPTED):
        frappe.throw(_("{0} is not released or no longer in force.").format(doc.full_name), HbsError)
    return stored, document


def _serial(unit: str, year: int, wanted: str | None) -> str:
    """The principal's own number, or the next of this year; the school's row is locked while it is chosen."""
    frappe.db.get_value("HBS Unit", unit, "name", for_update=True)
    if wanted and wanted.strip():
        serial = wanted.strip()
        if frappe.db.exists(print_store.DOCTYPE, {"serial_key": f"{unit}:{serial}"}):
            frappe.throw(_("The confirmation number {0} is already in the register.").format(serial), HbsError)
        return serial
    number = 1 + frappe.db.count(print_store.DOCTYPE, {"unit": unit, "serial_number": ("like", f"%/{year}")})
    while frappe.db.exists(print_store.DOCTYPE, {"serial_key": f"{unit}:{number}/{year}"}):
        number += 1
    return f"{number}/{year}"
