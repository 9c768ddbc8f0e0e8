"""Opening a statement of the authority: sealed by a key that the trust list knows as the department's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from hocbaso_app.record.times import read_instant
from hocbaso_app.signing.cose import SealError, open_seal
from hocbaso_app.signing.identity import tax_code
from hocbaso_app.signing.trust import TrustStore

from .errors import UncertainError

T = TypeVar("T")


def open_statement(
    token: bytes,
    kind: str,
    trust: TrustStore,
    read: Callable[..., T],
    moment_of: Callable[[T], str],
    at: datetime | None,
) -> T:
    """The claims as ``read(**claims)``; :class:`UncertainError` unless the authority sealed them.

    The seal must be valid at ``at``, by default when the statement says it was made.
    """
    try:
        sealed = open_seal(token, kind=kind)
        statement = read(**sealed.claims)
        moment = at or read_instant(moment_of(statement))
    except (SealError, TypeError, ValueError) as error:
        raise _wrong(kind, str(error)) from error
    result = trust.paths.check(sealed.certificate, moment, "if-present")
    if not result.ok or tax_code(sealed.certificate) != trust.registry.department_tax_code:
        raise _wrong(kind, "not sealed by the authority of the trust list")
    return statement


def _wrong(kind: str, why: str) -> UncertainError:
    return UncertainError(
        "STATEMENT_WRONG",
        "Biên nhận hoặc danh sách trạng thái không phải của cơ quan tiếp nhận; hãy hỏi lại.",
        f"{kind}: {why}",
    )
