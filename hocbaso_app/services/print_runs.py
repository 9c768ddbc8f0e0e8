"""A class printed in one go: HBS Print Run, worked off record by record, may be started again at any time.

``work`` gives its progress out after each record, so that the job can commit;
what is printed already is found again and costs nothing. One record that can't
be printed is listed with its reason and does not stop the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import frappe
from frappe import _
from frappe.utils import add_days, add_to_date, get_datetime, getdate, now_datetime

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import access, handover, prints

DOCTYPE = "HBS Print Run"
QUEUED, RUNNING, DONE, PARTLY, FAILED = "Waiting to print", "Printing", "Done", "Partly done", "Failed"
KEPT_DAYS = 7
SILENCE = 5
"""Minutes without a sign of work after which a run counts as dead."""

REFUSALS = (HocBaSoError, frappe.ValidationError, frappe.PermissionError)
PASSING = (frappe.QueryDeadlockError, frappe.QueryTimeoutError)
"""What the queue tries again by itself."""


def start(student_group: str, kind: str) -> Any:
    """A run for the records of a class that the user may print; one that is under way already is given back."""
    prints.kind_of(kind)
    names = records_of(student_group)
    if not names:
        frappe.throw(_("There is no record of {0} that you may print.").format(student_group), NotYoursError)
    asked = {"student_group": student_group, "kind": kind, "requested_by": frappe.session.user}
    for name in frappe.get_all(DOCTYPE, {**asked, "status": ("in", (QUEUED, RUNNING))}, pluck="name", order_by="name"):
        run = frappe.get_doc(DOCTYPE, name)
        if not is_dead(run):
            return run
    run = frappe.get_doc({"doctype": DOCTYPE, **asked, "status": QUEUED, "total": len(names), "attempt": 1})
    run.update({"unit": frappe.db.get_value("HBS Record", names[0], "unit"), "heartbeat": now_datetime()})
    return _save(run)


def start_again(name: str) -> Any:
    """The same run from the beginning, when it ended badly or its worker is gone."""
    run = frappe.get_doc(DOCTYPE, name, for_update=True)
    run.check_permission("read")
    if run.requested_by != frappe.session.user:
        frappe.throw(_("Only {0} can start this run again.").format(run.requested_by), NotYoursError)
    if run.status in (QUEUED, RUNNING) and not is_dead(run):
        frappe.throw(_("This run is still at work."), HbsError)
    run.update({"status": QUEUED, "attempt": run.attempt + 1, "error": None, "heartbeat": now_datetime()})
    return _save(run)


def is_dead(run: Any) -> bool:
    """No sign of work for some minutes: the worker was killed, or no worker runs."""
    return get_datetime(run.heartbeat) < add_to_date(now_datetime(), minutes=-SILENCE)


def records_of(student_group: str) -> list[str]:
    """Records of a class that the user may see, in the order of the class list."""
    rows = frappe.get_list(
        "HBS Record",
        {"student_group": student_group},
        ["name", "student", "page_kind"],
        order_by="name",
        limit_page_length=0,
    )
    roll = {
        row.student: row.group_roll_number or 0
        for row in frappe.get_all(
            "Student Group Student", {"parent": student_group}, ["student", "group_roll_number"], order_by="idx"
        )
    }
    last = len(roll) + 1
    return [r.name for r in sorted(rows, key=lambda r: (roll.get(r.student, last), r.page_kind or "", r.name))]


def work(name: str, attempt: int) -> Iterator[tuple[int, int]]:
    """Print record after record as the user who asked; gives (done, total) after each one, files last.

    Ends without a word when the run was started again meanwhile.
    """
    run = _step(name, attempt, status=RUNNING)
    if run is None:
        return
    names = records_of(run.student_group)
    entries: list[handover.Entry] = []
    book: list[tuple[str, bytes]] = []
    problems: list[str] = []
    for number, record in enumerate(names, 1):
        frappe.db.savepoint("hbs_print_run")
        try:
            doc = prints.printable(record)
            entry = handover.entry_of(doc, f"{number:02d}-{prints.plain(doc.full_name)}", run.kind)
            access.note(doc, access.PRINTED, access.CLASS_PRINT)
            entries.append(entry)
            book.append((f"{number}. {doc.full_name}", entry.print_))
        except PASSING:
            raise
        except Exception as error:
            frappe.db.rollback(save_point="hbs_print_run")
            frappe.clear_messages()
            who = frappe.db.get_value("HBS Record", record, "full_name") or record
            problems.append(f"{number}. {who}: {_sentence(error)}")
        if _step(name, attempt, total=len(names), done=len(entries), not_printed=len(problems)) is None:
            return
        yield number, len(names)
    values: dict[str, Any] = {"problems": "\n".join(problems) or None, "status": PARTLY if problems else DONE}
    if entries:
        stem = f"hoc-ba-{prints.plain(run.student_group)}-{run.name.lower()}"
        _take_files_away(run)
        values["pdf_file"] = _attach(run, "pdf_file", f"{stem}.pdf", handover.one_pdf(book))
        values["zip_file"] = _attach(run, "zip_file", f"{stem}.zip", handover.pack(entries))
        values["kept_until"] = add_days(getdate(), KEPT_DAYS)
    else:
        values.update(status=FAILED, error=_("No record of this class could be printed; the reasons are below."))
    _step(name, attempt, **values)
    yield len(names), len(names)


def fail(name: str, attempt: int, error: Exception) -> None:
    """The run came to nothing, with the reason; it can be started again."""
    _step(name, attempt, status=FAILED, error=_sentence(error))


def _sentence(error: Exception) -> str:
    """A refusal's own words; anything unforeseen goes to the error log."""
    if isinstance(error, REFUSALS):
        return str(getattr(error, "message_vi", None) or error)
    frappe.log_error(title="HBS Print Run")
    return _("Printing stopped because of a fault in the system. Start it again, or tell the administrator.")


def clear_old() -> list[str]:
    """Take away the files of runs whose days are over; gives the runs."""
    over = {"kept_until": ("<", getdate())}
    names = frappe.get_all(DOCTYPE, over, pluck="name", order_by="name")
    for name in names:
        run = frappe.get_doc(DOCTYPE, name, for_update=True)
        _take_files_away(run)
        run.update({"pdf_file": None, "zip_file": None, "kept_until": None})
        _save(run)
    return names


def _step(name: str, attempt: int, **values: Any) -> Any:
    """Progress and a sign of work; ``None`` when another attempt has taken over."""
    run = frappe.get_doc(DOCTYPE, name, for_update=True)
    if run.attempt != attempt:
        return None
    run.update({**values, "heartbeat": now_datetime()})
    return _save(run)


def _save(run: Any) -> Any:
    run.flags.hbs_service = True
    return run.save(ignore_permissions=True)


def _attach(run: Any, field: str, file_name: str, data: bytes) -> str:
    """A private file that is read through the run only: its owner is nobody who could lose the right to read it."""
    file = frappe.get_doc(
        {
            "doctype": "File",
            "file_name": file_name,
            "attached_to_doctype": DOCTYPE,
            "attached_to_name": run.name,
            "attached_to_field": field,
            "is_private": 1,
            "content": data,
        }
    )
    file.insert(ignore_permissions=True)
    file.db_set("owner", "Administrator", update_modified=False)
    return str(file.file_url)


def _take_files_away(run: Any) -> None:
    attached = {"attached_to_doctype": DOCTYPE, "attached_to_name": run.name}
    for name in frappe.get_all("File", attached, pluck="name", order_by="name"):
        frappe.delete_doc("File", name, ignore_permissions=True, force=True)
