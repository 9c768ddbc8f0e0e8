"""A practice service for people: on its port until Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.serving import BaseWSGIServer

from .folder import DemoError


def until_stopped(make: Callable[[int], BaseWSGIServer], port: int, tell: Callable[[BaseWSGIServer], None]) -> None:
    """``make`` binds the server to the port; ``tell`` says how to use it. :class:`DemoError` for a port in use."""
    try:
        made = make(port)
    except (OSError, SystemExit) as error:
        raise DemoError("PORT_IN_USE", f"Không mở được cổng {port}; hãy chọn --port khác.", str(error)) from error
    tell(made)
    try:
        made.serve_forever()
    except KeyboardInterrupt:
        print("Đã dừng.")
    finally:
        made.server_close()
