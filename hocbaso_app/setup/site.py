"""The desk of a new site in Vietnamese, with the company and school year that ERPNext and Education ask for."""

from __future__ import annotations

import frappe

COMPANY = "Trường Tiểu học Hoa Phượng (thử nghiệm)"
LANGUAGE, TIME_ZONE, COUNTRY = "vi", "Asia/Ho_Chi_Minh", "Vietnam"


def prepare() -> None:
    """Language, time zone and country; ERPNext's first-use pages are answered once."""
    if not frappe.db.get_single_value("System Settings", "setup_complete"):
        _answer_setup_wizard()
    settings = frappe.get_single("System Settings")
    settings.update({"language": LANGUAGE, "time_zone": TIME_ZONE, "country": COUNTRY, "setup_complete": 1})
    settings.flags.ignore_mandatory = True
    settings.save(ignore_permissions=True)
    frappe.db.set_default("lang", LANGUAGE)
    for user in ("Administrator", "Guest"):
        frappe.db.set_value("User", user, "language", LANGUAGE)
    frappe.db.commit()  # nosemgrep: run from the command line, outside a request


def _answer_setup_wizard() -> None:
    from frappe.desk.page.setup_wizard.setup_wizard import setup_complete

    year = frappe.utils.getdate().year
    setup_complete(
        {
            "language": "Tiếng Việt",
            "country": COUNTRY,
            "timezone": TIME_ZONE,
            "currency": "VND",
            "company_name": COMPANY,
            "company_abbr": "THHP",
            "chart_of_accounts": "Standard",
            "fy_start_date": f"{year}-01-01",
            "fy_end_date": f"{year}-12-31",
            "full_name": "Administrator",
            "email": "administrator@example.invalid",
            "setup_demo": 0,
        }
    )
