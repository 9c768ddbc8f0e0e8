"""Where a school sends its records, and as whom (settings; QĐ names the address, CV 2088 II.2.2 the account)."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.signing.online import is_this_machine

from .codes import CodeSet, code_set


@dataclass(frozen=True)
class Endpoint:
    """One portal and one account. ``timeouts``: seconds to connect and to wait for an answer.

    ``receipts``: whether the portal gives signed receipts (our extension); where
    it does, an approval counts only with its receipt. ``codes``: the portal's
    addresses, function and error codes.
    """

    address: str
    user_name: str
    password: str = field(repr=False)
    unit_code: str
    school_year: int
    timeouts: tuple[float, float] = (5.0, 60.0)
    question_attempts: int = 4
    longest_wait: float = 8.0
    receipts: bool = True
    codes: CodeSet = field(default_factory=code_set, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Real data never goes over plain http."""
        scheme = urlsplit(self.address).scheme
        if scheme != "https" and not (scheme == "http" and self.is_this_machine):
            raise HocBaSoError(
                "PLAIN_HTTP",
                f"Địa chỉ {self.address} không dùng https; dữ liệu thật không được gửi qua http.",
                "only https, or http to this machine, is allowed",
            )

    @property
    def is_this_machine(self) -> bool:
        """Whether the address is a loopback one."""
        return is_this_machine(self.address)
