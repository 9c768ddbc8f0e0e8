"""The authority's anchors and its registry of approved seals, fetched so that this site trusts what it trusts."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.exceptions import HbsError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import audit, connector, trust


def fetch(unit: str, school_year: str) -> bool:
    """Whether a newer one came; what is not the authority's changes nothing and is raised as the core's error."""
    from hocbaso_app.exchange.extensions import REGISTRY_PATH
    from hocbaso_app.signing.trust import take_registry

    client = connector.client(unit, school_year)
    if not client.endpoint.receipts:
        return False
    anchors = _take_anchors(client)
    newer = take_registry(trust.folder(), client.get(REGISTRY_PATH)) or anchors
    if newer:
        frappe.local.hbs_trust = None
        audit.write("registry", "HBS Unit", unit, unit, {"issued_at": trust.store().registry.issued_at})
    return newer


def _take_anchors(client: Any) -> bool:
    """Before the registry, which may rest on a new one; a portal without a list answers 404."""
    from hocbaso_app.exchange.errors import UncertainError
    from hocbaso_app.exchange.extensions import TRUST_LIST_PATH
    from hocbaso_app.signing.trust_list.publishing import take_list

    try:
        token = client.get(TRUST_LIST_PATH)
    except UncertainError:
        return False
    return take_list(trust.folder(), token)


def fetch_all() -> None:
    """Every night: what the authority has approved or withdrawn since."""
    from hocbaso_app.services import registering

    if not connector.is_on():
        return
    for unit in frappe.get_all(connector.ACCOUNT, pluck="name", order_by="name"):
        try:
            fetch(unit, registering.school_year())
        except (HbsError, HocBaSoError) as error:
            frappe.db.rollback()
            connector.note_run(unit, error.message_vi if isinstance(error, HocBaSoError) else str(error))
        frappe.db.commit()  # nosemgrep: one school's trouble is not another's
