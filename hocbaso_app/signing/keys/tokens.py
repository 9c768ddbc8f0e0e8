"""Tokens behind a PKCS#11 driver: which are plugged in, whose certificates are on them, how their PIN stands.

A driver is opened for one use and closed again. So a token that was plugged in
since is seen, no login survives, and a forked worker starts afresh; within a
process one use of a driver waits for the other, as a login belongs to the process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

from cryptography import x509

from .drivers import Driver
from .source import KeySourceError

_locks: dict[Path, Lock] = {}
_locks_lock = Lock()


class PinState(Enum):
    """What a token's flags tell of the tries that are left."""

    FINE = "fine"
    LOW = "low"
    FINAL = "final"
    LOCKED = "locked"

    @property
    def warning(self) -> str:
        """A sentence for who is about to enter the PIN; empty when all is well."""
        return _WARNINGS.get(self, "")


_WARNINGS = {
    PinState.LOW: "Mã PIN của thiết bị này đã bị nhập sai trước đó. Hãy nhập thật cẩn thận.",
    PinState.FINAL: "Chỉ còn một lần nhập mã PIN; nhập sai nữa thiết bị sẽ bị khóa.",
    PinState.LOCKED: "Thiết bị đã bị khóa mã PIN. Hãy liên hệ nơi cấp thiết bị để mở khóa.",
}


@dataclass(frozen=True)
class CertificateOnToken:
    """A certificate with the identifier that its key has too."""

    certificate: x509.Certificate
    id: bytes
    label: str


@dataclass(frozen=True)
class TokenFacts:
    """What can be told of a token without its PIN."""

    driver: Driver
    label: str
    serial: str
    model: str
    maker: str
    pin: PinState
    certificates: tuple[CertificateOnToken, ...]


def package() -> ModuleType:
    """python-pkcs11; DRIVER_MISSING with how to install it."""
    try:
        import pkcs11
    except ImportError as error:
        raise KeySourceError(
            "DRIVER_MISSING",
            "Máy này chưa có thư viện nối với thiết bị ký. Hãy cài: pip install 'hocbaso_app[pkcs11]'.",
            f"the extra “pkcs11” is not installed: {error}",
        ) from error
    return pkcs11


@contextmanager
def opened(driver: Driver) -> Iterator[Any]:
    """The driver's library, initialised for this use only; DRIVER_MISSING when it can't be loaded."""
    pkcs11 = package()
    with _locks_lock:
        lock = _locks.setdefault(driver.path.resolve(), Lock())
    with lock:
        try:
            library = pkcs11.lib(str(driver.path))
        except (pkcs11.PKCS11Error, OSError) as error:
            raise KeySourceError(
                "DRIVER_MISSING",
                f"Không nạp được trình điều khiển {driver.name} ({driver.path}). Hãy cài lại bản 64 bit của nơi cấp.",
                f"{driver.path}: {error!r}",
            ) from error
        try:
            yield library
        finally:
            with suppress(pkcs11.PKCS11Error):
                library.finalize()


def tokens_in(library: Any) -> list[Any]:
    """The tokens that are plugged in and were set up."""
    pkcs11 = package()
    found = []
    for slot in library.get_slots(token_present=True):
        with suppress(pkcs11.PKCS11Error):  # pulled out, or not this driver's
            token = slot.get_token()
            if pkcs11.TokenFlag.TOKEN_INITIALIZED in token.flags:
                found.append(token)
    return found


def pin_state(token: Any) -> PinState:
    """From the token's flags as they were when it was asked for."""
    flag = package().TokenFlag
    for name, state in (
        (flag.USER_PIN_LOCKED, PinState.LOCKED),
        (flag.USER_PIN_FINAL_TRY, PinState.FINAL),
        (flag.USER_PIN_COUNT_LOW, PinState.LOW),
    ):
        if name in token.flags:
            return state
    return PinState.FINE


def serial_of(token: Any) -> str:
    """As its maker prints it."""
    serial: bytes = token.serial
    return serial.decode("utf-8", "replace").strip()


def certificates_in(session: Any) -> list[CertificateOnToken]:
    """Certificates that a session sees; objects that are none are passed over."""
    pkcs11 = package()
    attribute = pkcs11.Attribute
    found = []
    for item in session.get_objects({attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE}):
        with suppress(pkcs11.PKCS11Error, ValueError):
            certificate = x509.load_der_x509_certificate(item[attribute.VALUE])
            found.append(CertificateOnToken(certificate, _or(item, attribute.ID, b""), _or(item, attribute.LABEL, "")))
    return found


def _or(item: Any, attribute: Any, default: Any) -> Any:
    with suppress(package().PKCS11Error):
        return item[attribute]
    return default


def facts_of(driver: Driver, token: Any) -> TokenFacts:
    """All that can be told without the PIN."""
    with token.open() as session:
        certificates = tuple(certificates_in(session))
    return TokenFacts(
        driver,
        token.label,
        serial_of(token),
        token.model.strip(),
        token.manufacturer_id.strip(),
        pin_state(token),
        certificates,
    )


def list_tokens(drivers: Sequence[Driver]) -> list[TokenFacts]:
    """Every token behind these drivers; a driver that fails is passed over unless it is the only one."""
    pkcs11 = package()
    found: dict[tuple[str, str], TokenFacts] = {}
    for driver in drivers:
        try:
            with opened(driver) as library:
                for token in tokens_in(library):
                    with suppress(pkcs11.PKCS11Error):
                        facts = facts_of(driver, token)
                        found.setdefault((facts.serial, facts.label), facts)
        except (KeySourceError, pkcs11.PKCS11Error):
            if len(drivers) == 1:
                raise
    return list(found.values())
