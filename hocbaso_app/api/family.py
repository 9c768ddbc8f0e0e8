"""Endpoint of the parents' portal; the pages are in ``www``."""

from __future__ import annotations

import frappe

from hocbaso_app.services import family


@frappe.whitelist(methods=["GET"])
def pdf(name: str, version: str | None = None) -> None:
    """The print “for information” of an own child's released record."""
    made = family.pdf(name, version)
    frappe.local.response.filename = made.file_name
    frappe.local.response.filecontent = made.data
    frappe.local.response.type = "pdf"
