"""Running a remote signing service for people: until Ctrl-C, with made-up subscribers, and how to use it."""

from __future__ import annotations

import json
import secrets
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from werkzeug.serving import BaseWSGIServer

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.school import make_school
from hocbaso_app.demo.serving import until_stopped
from hocbaso_app.exchange.sandbox.server import HOST, bound
from hocbaso_app.signing.identity import common_name

from .app import SignerApp, now
from .phone import PATH
from .subscribers import Subscriber, staff_of

CLIENT_ID = "truong-thu-nghiem"


class Make(Protocol):
    """Makes the service; ``client`` is the application's id and secret."""

    def __call__(self, subscribers: Sequence[Subscriber], client: tuple[str, str], /) -> SignerApp:
        """A new one."""


def serve(make: Make, kind: str, port: int, faults: Sequence[str], *, path: str = "", **guards: Any) -> None:
    """``guards``: how the subscribers' keys are guarded (see :class:`Subscriber`)."""
    ca = DemoCA.create(now(), name="HBS Sandbox")
    subscribers = [replace(person, **guards) for person in staff_of(make_school(), ca)]
    client = (CLIENT_ID, secrets.token_urlsafe(12))
    app = make(subscribers, client)
    app.faults.switch_all(faults)
    with tempfile.TemporaryDirectory(prefix="hocbaso-signer-") as folder:
        ca.write_trust(Path(folder), schools=())

        def tell(made: BaseWSGIServer) -> None:
            address = f"http://{HOST}:{made.server_port}"
            settings = {"address": address + path, "client_id": client[0], "account": subscribers[0].account}
            print(f"{address}  (Ctrl-C để dừng; khóa chỉ có trong bộ nhớ, không có giá trị pháp lý)")
            print(f"  --source {kind} --set '{json.dumps(settings)}'")
            print(f"  HOCBASO_CLIENT_SECRET={client[1]}   --trust {folder}")
            print(f"  điện thoại của người ký (đồng ý, từ chối, mã OTP): {address}{PATH}")
            for one in subscribers:
                name = common_name(one.key.certificate)
                print(f"  {one.account}  {name}{f'  PIN {one.pin}' if one.pin else ''}")
            sys.stdout.flush()

        until_stopped(lambda port: bound(app, port, quiet=False), port, tell)
