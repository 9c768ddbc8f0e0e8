"""Which keys a machine or an account has, whether their certificates may be used, and whether they sign."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from cryptography import x509
from rich.table import Table

from hocbaso_app.record.times import VIETNAM
from hocbaso_app.signing.certificate import SigningCertificate
from hocbaso_app.signing.keys import KeySourceError, SourceDescription
from hocbaso_app.signing.test_signature import check_test, prepare_test
from hocbaso_app.signing.trust import TrustStore

from .exits import ExitCode
from .sources import OpenedSource, SourceKind

_KEYS = {"rsa": "RSA", "ec": "ECDSA P-256", None: "không được chấp nhận"}


@dataclass(frozen=True)
class FoundKey:
    """One certificate and where its key is; ``fault`` says why it can't be used."""

    where: str
    key: str
    holder: str
    number: str
    """CCCD or tax code."""
    algorithm: str
    valid_from: str
    valid_to: str
    sha256: str
    warning: str
    fault: str


def found(description: SourceDescription, password_file: Path | None, trust: TrustStore | None) -> list[FoundKey]:
    """All keys of the tokens that are plugged in, or the one of another source."""
    now = datetime.now(timezone.utc)
    if description.kind != SourceKind.PKCS11.value:
        opened = OpenedSource.open(description, password_file)
        return [_found(opened.certificate, description.kind, "", "", trust, now)]
    from hocbaso_app.signing.keys.drivers import drivers_of
    from hocbaso_app.signing.keys.tokens import list_tokens

    tokens = list_tokens(drivers_of(description.settings.get("module")))
    if not tokens:
        raise KeySourceError(
            "TOKEN_UNKNOWN",
            "Không thấy thiết bị ký nào. Hãy cắm thiết bị, đợi vài giây rồi thử lại; vẫn không thấy thì cài trình điều "
            "khiển của nơi cấp, hoặc chỉ ra nó: --set module=đường-dẫn.",
            "no token is plugged in",
        )
    return [
        _found(one.certificate, f"{token.label} (số {token.serial})", one.id.hex(), token.pin.warning, trust, now)
        for token in tokens
        for one in token.certificates
    ]


def _found(
    certificate: x509.Certificate, where: str, key: str, warning: str, trust: TrustStore | None, now: datetime
) -> FoundKey:
    facts = SigningCertificate.of(certificate)
    return FoundKey(
        where,
        key,
        facts.common_name,
        facts.person_id or facts.tax_code or "",
        _KEYS[facts.algorithm],
        _day(facts.not_before),
        _day(facts.not_after),
        facts.sha256,
        warning,
        _fault(facts, trust, now),
    )


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(VIETNAM):%d/%m/%Y}"


def _fault(facts: SigningCertificate, trust: TrustStore | None, now: datetime) -> str:
    if facts.algorithm is None:
        return "Khóa không được chấp nhận; cần RSA từ 2048 bit hoặc ECDSA P-256."
    if now < facts.not_before:
        return "Chứng thư số chưa có hiệu lực."
    if now > facts.not_after:
        return "Chứng thư số đã hết hạn. Hãy gia hạn với nơi cấp."
    if not (facts.person_id or facts.tax_code):
        return "Chứng thư số không ghi số CCCD hoặc mã số thuế. Hãy xin nơi cấp cấp lại đúng mẫu."
    if trust is not None:
        result = trust.paths.check(facts.x509, now)
        if not result.ok:
            return result.message_vi
    return ""


def picture(keys: Iterable[FoundKey]) -> Table:
    """For a terminal."""
    table = Table("Ở đâu", "Mã khóa", "Người giữ", "CCCD hoặc MST", "Khóa", "Hiệu lực", "Tình trạng")
    for key in keys:
        state = " ".join(text for text in (key.fault or "Dùng được.", key.warning) if text)
        table.add_row(
            key.where, key.key, key.holder, key.number, key.algorithm, f"{key.valid_from} – {key.valid_to}", state
        )
    return table


def exit_code(keys: Sequence[FoundKey]) -> ExitCode:
    """0 when one at least can be used."""
    return ExitCode.OK if any(not key.fault for key in keys) else ExitCode.FAILED


@dataclass(frozen=True)
class TriedKey:
    """A test signature that was checked."""

    certificate: x509.Certificate
    octets: bytes
    value: bytes

    def to_dict(self) -> dict[str, Any]:
        """Everything that somebody else needs to check it."""
        return {
            "certificate_sha256": SigningCertificate.of(self.certificate).sha256,
            "text": self.octets.decode(),
            "value": base64.b64encode(self.value).decode(),
        }

    def to_text(self) -> str:
        """For a terminal."""
        facts = SigningCertificate.of(self.certificate)
        number = facts.person_id or facts.tax_code or "không ghi số CCCD hoặc mã số thuế"
        return f"Ký thử được: {facts.common_name} ({number}), {_KEYS[facts.algorithm]}, đến {_day(facts.not_after)}."


def tried(opened: OpenedSource) -> TriedKey:
    """Sign a test text and check the value; the source's own error when it can't."""
    octets = prepare_test(opened.certificate, secrets.token_urlsafe(24), datetime.now(timezone.utc))
    while True:
        try:
            (value,) = opened.source.sign([octets])
            break
        except KeySourceError as error:
            if not opened.answer(error):
                raise
    if not check_test(opened.certificate, octets, value):
        raise KeySourceError(
            "VALUE_WRONG",
            "Chữ ký thử không khớp với chứng thư số. Hãy kiểm tra thiết bị ký, hoặc liên hệ nơi cấp.",
            "the test signature does not verify with the certificate",
        )
    return TriedKey(opened.certificate, octets, value)
