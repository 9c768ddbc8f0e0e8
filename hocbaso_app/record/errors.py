"""The one base of every error a user may meet."""

from __future__ import annotations


class HocBaSoError(Exception):
    """A refusal with a stable code, a Vietnamese sentence for the desk and an English one for logs."""

    def __init__(self, code: str, message_vi: str, message_en: str) -> None:
        super().__init__(f"{code}: {message_en}")
        self.code = code
        self.message_vi = message_vi
        self.message_en = message_en


class FormatError(HocBaSoError):
    """The bytes are not an HBS file of a known format version (QĐ Đ2.k5)."""
