"""The few fields that the record needs on Education's DocTypes; created when missing, never overwritten."""

from __future__ import annotations

import frappe
from frappe.custom.doctype.custom_field.custom_field import create_custom_field

STUDENT = (
    ("hbs_section", "Section Break", "Digital record (học bạ số)", None),
    ("hbs_pupil_code", "Data", "Pupil code", 20),
    ("hbs_citizen_id", "Data", "Citizen ID", 12),
    ("hbs_birth_place", "Data", "Place of birth", 250),
    ("hbs_home_town", "Data", "Home town", 250),
    ("hbs_ethnic_group", "Data", "Ethnic group", 3),
    ("hbs_column", "Column Break", None, None),
    ("hbs_register_number", "Data", "Register number", 50),
    ("hbs_weight_kg", "Float", "Weight (kg)", None),
    ("hbs_height_cm", "Float", "Height (cm)", None),
    ("hbs_disability_not_assessed", "Check", "Disability, not assessed", None),
    ("hbs_priority_group", "Data", "Policy group", 250),
)
"""Field name, type, label, length in Student, after the date of leaving."""


def make_custom_fields() -> None:
    """Every field that is not there yet; nothing on a site without Education (a department's)."""
    if not frappe.db.exists("DocType", "Student"):
        return
    after = "siblings"
    for name, kind, label, length in STUDENT:
        if not frappe.db.exists("Custom Field", {"dt": "Student", "fieldname": name}):
            field = {"fieldname": name, "fieldtype": kind, "label": label, "length": length or 0, "insert_after": after}
            create_custom_field("Student", field, is_system_generated=True)
        after = name
    frappe.clear_cache(doctype="Student")
