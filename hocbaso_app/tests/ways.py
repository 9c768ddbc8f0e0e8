# ruff: noqa: D103
"""Every way Frappe offers to change, take away or rename a document, each as it is really called."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import frappe

from hocbaso_app.setup import roles

Way = Callable[[str, str, str, Any], object]
"""Document type, name, a field of it, another value for it."""


def _sent(doctype: str, name: str, field: str, value: Any) -> dict[str, Any]:
    """The whole document as a client would send it back."""
    values = frappe.get_doc(doctype, name).as_dict(convert_dates_to_str=True)
    return {**values, field: value}


def _changed(doctype: str, name: str, field: str, value: Any) -> Any:
    doc = frappe.get_doc(doctype, name)
    doc.set(field, value)
    return doc


def form(doctype: str, name: str, field: str, value: Any) -> object:
    from frappe.desk.form.save import savedocs

    return savedocs(frappe.as_json(_sent(doctype, name, field, value)), "Save")


def form_submit(doctype: str, name: str, field: str, value: Any) -> object:
    from frappe.desk.form.save import savedocs

    return savedocs(frappe.as_json(_sent(doctype, name, field, value)), "Submit")


def form_cancel(doctype: str, name: str, field: str, value: Any) -> object:
    from frappe.desk.form.save import cancel

    return cancel(doctype, name)


def form_new(doctype: str, name: str, field: str, value: Any) -> object:
    """The same values once more, as a new document."""
    from frappe.desk.form.save import savedocs

    new = f"new-{doctype.lower().replace(' ', '-')}-1"
    return savedocs(frappe.as_json({**_sent(doctype, name, field, value), "name": new, "__islocal": 1}), "Save")


def client_set_value(doctype: str, name: str, field: str, value: Any) -> object:
    return frappe.client.set_value(doctype, name, field, value)


def client_save(doctype: str, name: str, field: str, value: Any) -> object:
    return frappe.client.save(json.loads(frappe.as_json(_sent(doctype, name, field, value))))


def client_save_with_flags(doctype: str, name: str, field: str, value: Any) -> object:
    """Flags that a service sets, sent by a client."""
    flags = {"hbs_service": True, "hbs_validated": True, "ignore_validate": True, "ignore_permissions": True}
    return frappe.client.save({**json.loads(frappe.as_json(_sent(doctype, name, field, value))), "flags": flags})


def client_bulk_update(doctype: str, name: str, field: str, value: Any) -> object:
    return frappe.client.bulk_update(json.dumps([{"doctype": doctype, "docname": name, field: value}]))


def client_submit(doctype: str, name: str, field: str, value: Any) -> object:
    return frappe.client.submit(json.loads(frappe.as_json(_sent(doctype, name, field, value))))


def client_delete(doctype: str, name: str, field: str, value: Any) -> object:
    return frappe.client.delete(doctype, name)


def client_rename(doctype: str, name: str, field: str, value: Any) -> object:
    return frappe.client.rename_doc(doctype, name, "999999")


def bulk_edit(doctype: str, name: str, field: str, value: Any) -> object:
    from frappe.desk.doctype.bulk_update.bulk_update import submit_cancel_or_update_docs

    return submit_cancel_or_update_docs(doctype, [name], "update", {field: value})


def bulk_submit(doctype: str, name: str, field: str, value: Any) -> object:
    from frappe.desk.doctype.bulk_update.bulk_update import submit_cancel_or_update_docs

    return submit_cancel_or_update_docs(doctype, [name], "submit")


def bulk_update_tool(doctype: str, name: str, field: str, value: Any) -> object:
    tool = frappe.get_doc("Bulk Update")
    tool.update({"document_type": doctype, "field": field, "update_value": value, "condition": f"name='{name}'"})
    return tool.bulk_update()


def list_delete(doctype: str, name: str, field: str, value: Any) -> object:
    from frappe.desk.reportview import delete_items

    frappe.form_dict.update({"items": json.dumps([name]), "doctype": doctype})
    return delete_items()


def calendar(doctype: str, name: str, field: str, value: Any) -> object:
    from frappe.desk.calendar import update_event

    event = {"doctype": doctype, "name": name, field: value}
    return update_event(json.dumps(event), json.dumps({"start": field, "end": field}))


def title(doctype: str, name: str, field: str, value: Any) -> object:
    from frappe.model.rename_doc import update_document_title

    return update_document_title(doctype=doctype, docname=name, title="Tên khác", name="999999")


def doc_save(doctype: str, name: str, field: str, value: Any) -> object:
    return _changed(doctype, name, field, value).save(ignore_permissions=True)


def doc_save_unvalidated(doctype: str, name: str, field: str, value: Any) -> object:
    doc = _changed(doctype, name, field, value)
    doc.flags.ignore_validate = True
    return doc.save(ignore_permissions=True)


def doc_db_set(doctype: str, name: str, field: str, value: Any) -> object:
    return frappe.get_doc(doctype, name).db_set(field, value)


def doc_db_update(doctype: str, name: str, field: str, value: Any) -> object:
    return _changed(doctype, name, field, value).db_update()


def delete_by_force(doctype: str, name: str, field: str, value: Any) -> object:
    return frappe.delete_doc(doctype, name, force=True, ignore_permissions=True, delete_permanently=True)


def delete_without_trash(doctype: str, name: str, field: str, value: Any) -> object:
    return frappe.delete_doc(doctype, name, force=True, ignore_permissions=True, ignore_on_trash=True)


def delete_for_reload(doctype: str, name: str, field: str, value: Any) -> object:
    return frappe.delete_doc(doctype, name, for_reload=True, ignore_permissions=True)


def rename_by_force(doctype: str, name: str, field: str, value: Any) -> object:
    from frappe.model.rename_doc import rename_doc

    return rename_doc(
        doctype=doctype, old=name, new="999999", force=True, ignore_permissions=True, rebuild_search=False
    )


def rename_unchecked(doctype: str, name: str, field: str, value: Any) -> object:
    from frappe.model.rename_doc import rename_doc

    return rename_doc(
        doctype=doctype,
        old=name,
        new="999999",
        force=True,
        ignore_permissions=True,
        rebuild_search=False,
        validate=False,
    )


def restore(doctype: str, name: str, field: str, value: Any) -> object:
    """A “deleted” copy with another value, put back."""
    from frappe.core.doctype.deleted_document.deleted_document import restore as put_back

    data = frappe.as_json({**_sent(doctype, name, field, value), "name": None})
    kept = {"doctype": "Deleted Document", "deleted_doctype": doctype, "deleted_name": name, "data": data}
    return put_back(frappe.get_doc(kept).insert(ignore_permissions=True).name, alert=False)


BY_CLIENT: tuple[Way, ...] = (
    form,
    form_submit,
    form_cancel,
    form_new,
    client_set_value,
    client_save,
    client_save_with_flags,
    client_bulk_update,
    client_submit,
    client_delete,
    client_rename,
    bulk_edit,
    bulk_submit,
    bulk_update_tool,
    list_delete,
    calendar,
    title,
    restore,
)
"""Endpoints of the desk."""

BY_CONSOLE: tuple[Way, ...] = (
    doc_save,
    doc_save_unvalidated,
    doc_db_set,
    doc_db_update,
    delete_by_force,
    delete_without_trash,
    delete_for_reload,
    rename_by_force,
    rename_unchecked,
)
"""What only code on the server can call."""

EVERY = BY_CLIENT + BY_CONSOLE
COMMON: tuple[Way, ...] = (form, client_delete, bulk_edit)

RIGHTS = ("select", "read", "write", "create", "delete", "submit", "cancel", "amend", "import", "export")


def give_every_right(doctype: str, field: str) -> None:
    """What a System Manager could do: all rights to everybody, renaming and importing allowed, the field open."""
    from frappe.custom.doctype.property_setter.property_setter import make_property_setter

    for role in (*roles.ROLES, "System Manager"):
        granted = {"doctype": "Custom DocPerm", "parent": doctype, "role": role, "permlevel": 0}
        frappe.get_doc({**granted, **dict.fromkeys(RIGHTS, 1)}).insert(ignore_permissions=True)
    for name in ("allow_rename", "allow_import"):
        make_property_setter(doctype, None, name, 1, "Check", for_doctype=True)
    make_property_setter(doctype, field, "read_only", 0, "Check")
    frappe.clear_cache(doctype=doctype)


def data_import(doctype: str, kind: str, rows: list[list[str]]) -> str:
    """A real Data Import of a CSV file, run to its end; its status."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    file = {"doctype": "File", "file_name": "hbs-nhap.csv", "content": out.getvalue(), "is_private": 1}
    url = frappe.get_doc(file).insert().file_url
    wanted = {"doctype": "Data Import", "reference_doctype": doctype, "import_type": kind, "import_file": url}
    run = frappe.get_doc(wanted).insert()
    frappe.db.commit()
    run.start_import()
    run.reload()
    frappe.db.rollback()
    return str(run.status)
