"""The receiving portal's own paths on this site: CV 2088's transactions, look-up, status list, registry, extensions.

Other people's software speaks here, with the portal's token and not with a
login of Frappe; so these paths are taken out of Frappe's hands before it looks
for one of its own.
"""

from __future__ import annotations

import json
from typing import Any

import frappe
from werkzeug.wrappers import Response

from hocbaso_app.jobs import receiving as worker
from hocbaso_app.services.receiving import settings, site_app

PLACE = "/hbs-portal"
"""Where the page renderer finds a request whose path Frappe would keep for its own REST."""


def take_over() -> None:
    """Hook ``before_request``: the bearer token of these paths is not one of Frappe's."""
    request = frappe.local.request
    if not site_app.serves(request.path) or not settings.is_on():
        return
    frappe.local.hbs_portal_token = request.environ.pop("HTTP_AUTHORIZATION", "")
    frappe.local.form_dict = frappe._dict()
    request.path = PLACE + request.path


def say_unreadable(response: Any = None, request: Any = None) -> None:
    """Hook ``after_request``: a body that is no JSON fails inside Frappe, before anybody is asked; the sender erred."""
    if response is None or response.status_code < 500 or not request.is_json or not site_app.serves(request.path):
        return
    try:
        json.loads(request.get_data(as_text=True))
    except (ValueError, RecursionError):
        response.status_code = 400
        response.set_data(b"")


class PortalPage:
    """Hook ``page_renderer``."""

    def __init__(self, path: str, http_status_code: int | None = None) -> None:
        self.path = path

    def can_render(self) -> bool:
        """Only what :func:`take_over` has marked."""
        return getattr(frappe.local, "hbs_portal_token", None) is not None

    def render(self) -> Response:
        """The answer; the workers are woken when something came in."""
        request = frappe.local.request
        request.environ["HTTP_AUTHORIZATION"] = frappe.local.hbs_portal_token
        response, taken = site_app.respond(request)
        if taken:
            worker.wake()
        return response
