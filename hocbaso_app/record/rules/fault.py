"""One broken rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Blocks = Literal["initialise", "sign", "release"]
"""The first step that the fault makes impossible; all later ones with it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A stable code, the element it is about, what to do (Vietnamese), the same for logs, and the clause.

    ``subject``: the code of the subject part that the element stands in; None elsewhere.
    """

    code: str
    field: str
    message_vi: str
    message_en: str
    clause: str
    blocks: Blocks = "sign"
    subject: str | None = None
