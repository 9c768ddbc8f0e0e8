"""Frappe's own exports, noted in the access log first; named in ``hooks.override_whitelisted_methods``."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.permissions.limits import limited
from hocbaso_app.services import exports


@frappe.whitelist()
@limited(limit=200, seconds=3600)
def export_list() -> Any:
    """``frappe.desk.reportview.export_query``."""
    from frappe.desk.reportview import export_query

    asked = frappe.local.form_dict
    exports.note_list(asked.get("doctype"), asked.get("filters"), asked.get("selected_items"))
    return export_query()


@frappe.whitelist()
@limited(limit=200, seconds=3600)
def export_report() -> Any:
    """``frappe.desk.query_report.export_query``."""
    from frappe.desk.query_report import export_query

    asked = frappe.local.form_dict
    exports.note_report(asked.get("report_name"), asked.get("filters"))
    return export_query()


@frappe.whitelist()
@limited(limit=200, seconds=3600)
def export_template(
    doctype: str,
    export_fields: str | dict[str, Any] | None = None,
    export_records: str | None = None,
    export_filters: str | dict[str, Any] | list[Any] | None = None,
    file_type: str = "CSV",
) -> Any:
    """``frappe.core.doctype.data_import.data_import.download_template``, which gives data to whoever may read."""
    from frappe.core.doctype.data_import.data_import import download_template

    exports.readable(export_fields)
    if export_records != "blank_template":
        exports.require_export(doctype)
        exports.note_list(doctype, export_filters, None)
    return download_template(doctype, export_fields, export_records, export_filters, file_type)


@frappe.whitelist()
@limited(limit=200, seconds=3600)
def export_data(
    doctype: str | list[str] | None = None,
    parent_doctype: str | None = None,
    all_doctypes: bool | int | str = True,
    with_data: bool | int | str = False,
    select_columns: str | dict[str, Any] | None = None,
    file_type: str = "CSV",
    template: bool | int | str = False,
    filters: str | dict[str, Any] | list[Any] | None = None,
    export_without_column_meta: bool | int | str = False,
) -> Any:
    """``frappe.core.doctype.data_export.exporter.export_data``."""
    from frappe.core.doctype.data_export.exporter import export_data as original

    exports.readable(select_columns)
    named = doctype[0] if isinstance(doctype, list) and doctype else doctype
    exports.note_list(str(named) if named else None, filters, None)
    return original(
        doctype=doctype,
        parent_doctype=parent_doctype,
        all_doctypes=all_doctypes,
        with_data=with_data,
        select_columns=select_columns,
        file_type=file_type,
        template=template,
        filters=filters,
        export_without_column_meta=export_without_column_meta,
    )
