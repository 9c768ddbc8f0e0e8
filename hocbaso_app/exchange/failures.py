"""A request that got no answer: did it leave, and what should the person at the school do about it."""

from __future__ import annotations

import re
import ssl

import requests

from hocbaso_app.signing.online import causes

from .errors import NoAnswerError, UncertainError, UnreachableError

_HANDSHAKE = re.compile(
    "CERTIFICATE_VERIFY_FAILED|ALERT|WRONG_VERSION_NUMBER|UNSUPPORTED_PROTOCOL|NO_SHARED_CIPHER|HANDSHAKE_FAILURE|"
    "DH_KEY_TOO_SMALL|EE_KEY_TOO_SMALL|CA_MD_TOO_WEAK|HTTP_REQUEST|UNKNOWN_PROTOCOL|certificate verify failed|match"
)
"""TLS faults of the greeting, before which nothing is taken; a connection cut later may have been taken."""

_ASKS_FOR_CERTIFICATE = re.compile(
    "CERTIFICATE_REQUIRED|ALERT_HANDSHAKE_FAILURE|CERTIFICATE_UNKNOWN|UNKNOWN_CA|BAD_CERT"
)
_NO_PROXY_LEAVE = re.compile(r"\b407\b|Proxy Authentication Required")


ACCOUNT = "Tài khoản cổng tiếp nhận"
"""What the desk calls HBS Portal Account."""


def without_certificate(detail: str) -> UnreachableError:
    """The portal wants to know who connects, by a certificate of its own making."""
    return UnreachableError(
        "CLIENT_CERTIFICATE",
        "Cổng không chấp nhận chứng thư kết nối của trường hoặc trường chưa gắn chứng thư; chưa gửi gì. Người quản trị "
        f"gắn đúng tệp chứng thư và khóa do Sở cấp vào {ACCOUNT}.",
        detail,
    )


def explain(error: requests.RequestException) -> NoAnswerError:
    """The error in the words of the desk; :class:`UnreachableError` only when nothing can have been taken."""
    texts = " ".join(repr(cause) for cause in causes(error))
    if isinstance(error, requests.exceptions.ProxyError):
        if _NO_PROXY_LEAVE.search(texts):
            return _unreachable(
                "PROXY_LOGIN",
                "Máy chủ proxy từ chối tài khoản. Người quản trị kiểm tra tên và mật khẩu proxy trong Cài đặt "
                "học bạ số.",
                error,
            )
        if _connection_was_made(texts):
            return _uncertain(error)
        return _unreachable(
            "PROXY_UNREACHABLE",
            "Không đi được qua máy chủ proxy. Người quản trị kiểm tra địa chỉ proxy trong Cài đặt học bạ số; "
            "sẽ thử lại.",
            error,
        )
    if isinstance(error, requests.exceptions.SSLError) or any(isinstance(c, ssl.SSLError) for c in causes(error)):
        return _of_tls(texts, error)
    if isinstance(error, requests.ConnectTimeout) or (
        isinstance(error, requests.ConnectionError) and not _connection_was_made(texts)
    ):
        return _unreachable("UNREACHABLE", "Không kết nối được cổng tiếp nhận; sẽ thử lại.", error)
    return _uncertain(error)


def _of_tls(texts: str, error: requests.RequestException) -> NoAnswerError:
    if not _HANDSHAKE.search(texts):
        return UncertainError(
            "CONNECTION_CUT",
            "Cổng cắt kết nối an toàn giữa chừng; sẽ hỏi lại. Nếu lặp lại mãi, có thể cổng đòi chứng thư kết nối: "
            f"người quản trị gắn tệp chứng thư và khóa do Sở cấp vào {ACCOUNT}.",
            str(error),
        )
    if "CERTIFICATE_VERIFY_FAILED" in texts or "certificate verify failed" in texts or "match" in texts:
        return _unreachable(
            "SERVER_UNTRUSTED",
            "Chứng thư số của cổng không được tin cậy hoặc không đúng địa chỉ; chưa gửi gì. Người quản trị kiểm tra "
            "địa chỉ cổng và tệp chứng thư gốc trong Cài đặt học bạ số, báo Sở nếu vẫn lỗi.",
            error,
        )
    if _ASKS_FOR_CERTIFICATE.search(texts):
        return without_certificate(str(error))
    return _unreachable(
        "TLS", "Cổng và máy chủ của trường không thống nhất được kết nối an toàn (TLS); báo người quản trị.", error
    )


def _connection_was_made(texts: str) -> bool:
    never = ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "Name or service")
    return not any(sign in texts for sign in (*never, "Tunnel connection failed", "Cannot connect to proxy"))


def _unreachable(code: str, message_vi: str, error: BaseException) -> UnreachableError:
    return UnreachableError(code, message_vi, str(error))


def _uncertain(error: BaseException) -> UncertainError:
    return UncertainError("NO_ANSWER", "Mất kết nối hoặc cổng không trả lời kịp; sẽ hỏi lại.", str(error))
