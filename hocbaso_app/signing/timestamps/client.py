"""Asking a time-stamping authority over HTTP (RFC 3161 3.4): one request, one checked token."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone

import requests
from asn1crypto import cms, core, tsp
from requests.auth import AuthBase, HTTPBasicAuth

from hocbaso_app.signing.malformed import MALFORMED
from hocbaso_app.signing.online import NOBODY, body_of, carries_secrets
from hocbaso_app.signing.paths import PathChecker
from hocbaso_app.signing.usage import stamps_only

from .check import CLOCK_SKEW, check_token
from .token import HASHES, MAX_TOKEN_BYTES, TimestampError, TimestampToken, read_token

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"


class TimeStampResp(core.Sequence):  # type: ignore[misc]
    """RFC 3161 2.4.2; asn1crypto's own has no answer without a token."""

    _fields = [  # noqa: RUF012
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


def _now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass
class TimestampClient:
    """One time-stamping service. With ``paths`` its certificate must also lead to our trust, at once.

    ``user`` and ``password`` go over https only, or to this machine.
    """

    url: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    policy: str | None = None
    """OID of the policy to ask for; default the service's own."""
    paths: PathChecker | None = None
    timeout: float = 15.0
    clock: Callable[[], datetime] = _now

    def stamp(self, octets: bytes) -> bytes:
        """A token (DER) over the SHA-256 of ``octets``; see :meth:`stamp_digest`."""
        return self.stamp_digest(hashlib.sha256(octets).digest())

    def stamp_digest(self, digest: bytes, algorithm: str = "sha256") -> bytes:
        """A token over a digest, as a :data:`.Sha256Stamper`; :class:`TimestampError` without one that is right."""
        if algorithm not in HASHES or len(digest) != HASHES[algorithm].digest_size:
            raise ValueError(f"no {algorithm} digest")
        nonce = secrets.randbits(63) | 1 << 62
        answer = self._post(write_request(digest, algorithm, nonce, self.policy))
        token = read_token(_token_of(answer))
        self._require(token, digest, algorithm, nonce)
        return token.der

    def _post(self, query: bytes) -> bytes:
        headers = {"Content-Type": QUERY, "Accept": REPLY}
        auth: AuthBase = HTTPBasicAuth(self.user.encode(), (self.password or "").encode()) if self.user else NOBODY
        if self.user and not carries_secrets(self.url):
            raise TimestampError(
                "TSA_ADDRESS",
                "Dịch vụ dấu thời gian có tài khoản thì địa chỉ phải bắt đầu bằng https://. Hãy sửa địa chỉ.",
                f"{self.url}: no password goes over plain http",
            )
        try:
            with requests.post(
                self.url,
                data=query,
                headers=headers,
                auth=auth,
                timeout=self.timeout,
                allow_redirects=False,
                stream=True,
            ) as answer:
                body = body_of(answer, MAX_TOKEN_BYTES, self.timeout)
                status, kind = answer.status_code, answer.headers.get("Content-Type", "")
        except (requests.RequestException, OSError) as error:
            raise _unreachable(self.url, type(error).__name__) from error
        if status >= 500:
            raise _unreachable(self.url, f"status {status}")
        if status != 200 or kind.partition(";")[0].strip() != REPLY or len(body) > MAX_TOKEN_BYTES:
            raise TimestampError(
                "TSA_ANSWER",
                "Địa chỉ dịch vụ dấu thời gian trả lời sai chuẩn. Hãy kiểm tra địa chỉ, tài khoản, rồi thử lại.",
                f"{self.url}: status {status}, {kind or 'no type'}, {len(body)} octets",
            )
        return body

    def _require(self, token: TimestampToken, digest: bytes, algorithm: str, nonce: int) -> None:
        if token.nonce != nonce:
            raise _wrong("TSA_NONCE", "the nonce is not the request's")
        if (token.algorithm, token.imprint) != (algorithm, digest):
            raise _wrong("TSA_IMPRINT", "the imprint is not the request's")
        if self.policy is not None and token.policy != self.policy:
            raise _wrong("TSA_POLICY", f"policy {token.policy} instead of {self.policy}")
        if not token.signature_is_right or not stamps_only(token.certificate):
            raise _wrong("TSA_SIGNATURE", "the token's signature is wrong or its certificate no time-stamping one")
        certificate, now = token.certificate, self.clock()
        if not certificate.not_valid_before_utc <= token.time <= certificate.not_valid_after_utc:
            raise _wrong("TSA_EXPIRED", "stamped outside the validity of the service's certificate")
        if abs(token.time - now) > CLOCK_SKEW:
            raise TimestampError(
                "TSA_CLOCK",
                "Giờ của dịch vụ dấu thời gian và giờ của máy chủ lệch nhau quá 5 phút. Hãy chỉnh giờ máy chủ.",
                f"the token says {token.time}, the clock here {now}",
            )
        if self.paths is not None:
            verdict = check_token(token, digest, self.paths, now)
            if not verdict.ok:
                raise TimestampError("TSA_NOT_TRUSTED", verdict.message_vi, verdict.message_en)


def write_request(digest: bytes, algorithm: str, nonce: int, policy: str | None = None) -> bytes:
    """A TimeStampReq (DER) that wants the certificate in the answer."""
    body = {
        "version": "v1",
        "message_imprint": {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest},
        "nonce": nonce,
        "cert_req": True,
    }
    if policy is not None:
        body["req_policy"] = policy
    return bytes(tsp.TimeStampReq(body).dump())


def _token_of(answer: bytes) -> bytes:
    try:
        response = TimeStampResp.load(answer, strict=True)
        status = response["status"]
        granted = status["status"].native in ("granted", "granted_with_mods")
        failure = "" if isinstance(status["fail_info"], core.Void) else ", ".join(sorted(status["fail_info"].native))
        token = response["time_stamp_token"].dump() if granted else b""
    except MALFORMED as error:
        raise _wrong("TSA_ANSWER", f"no TimeStampResp: {error}") from error
    if not granted:
        raise TimestampError(
            "TSA_REFUSED",
            "Dịch vụ dấu thời gian từ chối yêu cầu. Hãy hỏi đơn vị cung cấp; chữ ký vẫn còn, dấu sẽ được lấy lại sau.",
            f"{status['status'].native} {failure}".strip(),
        )
    return bytes(token)


def _unreachable(url: str, why: str) -> TimestampError:
    return TimestampError(
        "TSA_UNREACHABLE",
        "Dịch vụ dấu thời gian không trả lời. Hãy kiểm tra địa chỉ và mạng rồi thử lại; chữ ký đã có vẫn nguyên vẹn.",
        f"{url}: {why}",
    )


def _wrong(code: str, message_en: str) -> TimestampError:
    return TimestampError(
        code,
        "Dịch vụ dấu thời gian trả về dấu không dùng được nên đã bỏ đi. Hãy báo đơn vị cung cấp dịch vụ.",
        message_en,
    )
