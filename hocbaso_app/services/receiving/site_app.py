"""The core's portal over HTTP, on this site: the same paths, answers and checks as the sandbox."""

from __future__ import annotations

import traceback

import frappe
from werkzeug.wrappers import Request, Response

from hocbaso_app.exchange.codes import ASSUMED, code_set
from hocbaso_app.exchange.extensions import EXTENSION_PATH, REGISTRY_PATH, TRUST_LIST_PATH
from hocbaso_app.exchange.recalls import STATUS_LIST_PATH
from hocbaso_app.exchange.receiving.accounts import Account
from hocbaso_app.exchange.receiving.app import PortalApp
from hocbaso_app.services.receiving import contention, extensions
from hocbaso_app.services.receiving.logins import SiteAccounts
from hocbaso_app.services.receiving.office import portal

LOOKUPS_PER_MINUTE = 60


def serves(path: str) -> bool:
    """Whether a path is the portal's; a cheap question, asked of every request."""
    known = code_set(ASSUMED)
    return (
        path in (known.token_path, STATUS_LIST_PATH, REGISTRY_PATH, TRUST_LIST_PATH)
        or path in known.paths.values()
        or path.startswith(f"{EXTENSION_PATH}/")
    )


class SiteApp(PortalApp):
    """For one request. ``taken``: whether a message came in that is to be settled now."""

    def __init__(self) -> None:
        """Over this site's office."""
        own = portal()
        self.taken = False
        super().__init__(own, SiteAccounts(own.office.codes), extensions.table(), _may_look_up)

    def submit(self, account: Account, message_id: str, content: str) -> Response:
        """Transaction 1; the very same message twice at once is one message."""
        try:
            answer = super().submit(account, message_id, content)
        except Exception as error:
            if not contention.wrote_the_same(error):
                raise
            answer = super().submit(account, message_id, content)
        self.taken = True
        return answer


def respond(request: Request) -> tuple[Response, bool]:
    """The answer, and whether a message waits to be settled; what nobody thought of is logged and answered 500."""
    try:
        app = SiteApp()
        return app.respond(request), app.taken
    except Exception:
        frappe.db.rollback()
        frappe.log_error("Receiving: a request failed", traceback.format_exc())  # without values: they are pupils' data
        frappe.db.commit()  # nosemgrep: the log is all that is left of it
        return Response(status=500), False


def _may_look_up(address: str) -> bool:
    """So many a minute from each address, counted for all processes together."""
    key = frappe.cache.make_key(f"hbs-look-up:{frappe.local.request_ip or address}")
    count = frappe.cache.incrby(key, 1)
    if count == 1:
        frappe.cache.expire(key, 60)
    return int(count) <= LOOKUPS_PER_MINUTE
