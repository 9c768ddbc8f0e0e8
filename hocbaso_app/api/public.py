"""Pages that anyone may open without an account, and the same as JSON for who asks for it."""

from __future__ import annotations

import json
from typing import Any

import frappe
from frappe.website.page_renderers.template_page import TemplatePage
from werkzeug.wrappers import Response

from hocbaso_app.exchange.look_up import LOOK_UP_PATH
from hocbaso_app.services.public import answers

ROUTE = LOOK_UP_PATH.strip("/")


class LookUpPage:
    """``/tra-cuu`` and ``/tra-cuu/<code>``: a page, or JSON; a file handed in comes as a POST to the same address.

    A page renderer (hook ``page_renderer``), because Frappe's pages can't answer in JSON.
    """

    def __init__(self, path: str, http_status_code: int | None = None) -> None:
        """``path``: as asked for, without slashes around it."""
        self.path = path.strip("/ ")

    def can_render(self) -> bool:
        """Whether it is one of these addresses, and this site is one of the authority."""
        first, _, rest = self.path.partition("/")
        return first == ROUTE and "/" not in rest and answers.is_served()

    def render(self) -> Response:
        """By what the asker accepts."""
        text = self.path.partition("/")[2] or str(frappe.form_dict.ma or "")
        status, said = answers.answer(frappe.request.method, text, frappe.request.files.get("tep"))
        accepted = frappe.request.accept_mimetypes.best_match(["text/html", "application/json"])
        if accepted == "application/json":
            response = _json(said.to_json(), status)
        else:
            frappe.local.hbs_answer = said
            response = TemplatePage(ROUTE, status).render()
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex"
        response.headers["Referrer-Policy"] = "no-referrer"
        if said.wait:
            response.headers["Retry-After"] = str(said.wait)
        return response


def _json(value: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), status, mimetype="application/json")
