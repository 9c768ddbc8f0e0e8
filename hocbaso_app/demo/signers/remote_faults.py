"""Faults of remote signing services that can be switched on for the next orders."""

from __future__ import annotations

import socket
from enum import Enum
from typing import Any


class SignerFault(str, Enum):
    """What goes wrong."""

    DOWN = "down"
    """503 for everything."""
    LOST_BEFORE = "lost-before"
    """The connection is cut before the order is taken."""
    LOST_AFTER = "lost-after"
    """The order is taken, then the connection is cut."""
    SERVER_ERROR = "500-after"
    """The order is taken, then 500."""
    NOT_JSON = "not-json"
    """The order is taken, then a page for people."""
    FOREIGN_VALUE = "foreign-value"
    """One value is of another key."""
    MISSING_VALUE = "missing-value"
    """One value is missing."""
    REVERSED = "reversed"
    """The values come in another order."""
    TOKEN_OVER = "token-over"
    """The service forgets its tokens."""


def cut(environ: dict[str, Any]) -> None:
    """Cut the connection of a request under werkzeug's server: the client gets no answer at all."""
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)
