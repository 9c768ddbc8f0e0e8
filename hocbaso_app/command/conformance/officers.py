"""Who decides about certificates and recalls while the checks run: nobody, or an officer of a practice portal."""

from __future__ import annotations

from typing import Protocol

import requests


class Officer(Protocol):
    """An officer that can be asked to decide now."""

    def decide_certificate(self, message_id: str, *, approve: bool, note: str = "") -> bool:
        """Whether it was decided; ``False`` where nobody can be asked."""
        ...

    def decide_recall(self, message_id: str, code: str, *, approve: bool, note: str = "") -> bool:
        """The same for one record of a recall list."""
        ...


class Nobody:
    """A portal whose officers are people who can't be woken for a check."""

    def decide_certificate(self, message_id: str, *, approve: bool, note: str = "") -> bool:
        """Never."""
        return False

    def decide_recall(self, message_id: str, code: str, *, approve: bool, note: str = "") -> bool:
        """Never."""
        return False


class SandboxOfficer:
    """The officer's desk of ``hocbaso sandbox``."""

    def __init__(self, address: str, token: str) -> None:
        """``token``: of an officer who is not the requester."""
        self._address = address.rstrip("/")
        self._token = token

    def decide_certificate(self, message_id: str, *, approve: bool, note: str = "") -> bool:
        """See :class:`Officer`."""
        return self._act("duyet-chung-thu", messageid=message_id, duyet=approve, ly_do=note)

    def decide_recall(self, message_id: str, code: str, *, approve: bool, note: str = "") -> bool:
        """See :class:`Officer`."""
        return self._act("duyet-thu-hoi", messageid=message_id, ma_tra_cuu_uuid=code, duyet=approve, ly_do=note)

    def _act(self, action: str, **body: object) -> bool:
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = requests.post(f"{self._address}/can-bo/{action}", json=body, headers=headers, timeout=30)
        if not answer.ok:
            raise ValueError(f"cán bộ: {answer.text}")
        return True
