"""A USB token or an HSM through its PKCS#11 driver.

Settings, all optional: ``module`` (path of the driver; else the known ones are
tried), ``token`` (label), ``serial``, ``key`` (hex identifier or label of the
certificate), ``certificate`` (PEM or DER file, where the token has none).
``secrets.pin`` is asked once for a whole batch; a token with its own keypad needs none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..identity import common_name
from ..usage import is_authority
from .drivers import Driver, drivers_of
from .source import KeySourceError, Secrets, SourceDescription, gathered
from .tokens import (
    CertificateOnToken,
    PinState,
    TokenFacts,
    list_tokens,
    opened,
    package,
    pin_state,
    serial_of,
    tokens_in,
)
from .values import checked, digest_info, require_allowed, sha256


@dataclass(frozen=True)
class Pkcs11Key:
    """A key on a token; the token is looked up anew for every batch."""

    driver: Driver
    label: str
    serial: str
    certificate: x509.Certificate
    key_id: bytes
    chain: tuple[x509.Certificate, ...] = ()
    pin: str | None = field(default=None, repr=False)

    def sign(self, to_be_signed: Sequence[bytes]) -> list[bytes]:
        """See :class:`~.source.KeySource`."""
        return gathered(self.each(to_be_signed))

    def each(self, to_be_signed: Iterable[bytes]) -> Iterator[bytes]:
        """See :class:`~.source.SteadyKeySource`; one login for the batch."""
        made = 0
        try:
            with opened(self.driver) as library:
                token = self._token(library)
                with self._login(library, token) as session:
                    sign = _signer(token, _private_key(session, self.certificate, self.key_id), self.pin)
                    for item in to_be_signed:
                        (value,) = checked(self.certificate, [item], [sign(item)])
                        made += 1
                        yield value
        except package().PKCS11Error as error:
            raise self._broken_off(error, made) from error

    def _token(self, library: Any) -> Any:
        for token in tokens_in(library):
            if (serial_of(token), token.label) == (self.serial, self.label):
                return token
        raise _removed(0, f"token {self.label} ({self.serial}) is not there")

    def _login(self, library: Any, token: Any) -> Any:
        pkcs11 = package()
        flags = pkcs11.TokenFlag
        if pin_state(token) is PinState.LOCKED:
            raise _locked()
        has_keypad = flags.PROTECTED_AUTHENTICATION_PATH in token.flags
        if self.pin is None and flags.LOGIN_REQUIRED in token.flags and not has_keypad:
            sentence = f"{pin_state(token).warning} Hãy nhập mã PIN của thiết bị ký.".strip()
            raise KeySourceError("PIN_NEEDED", sentence, "the token needs a PIN")
        try:
            return token.open(user_pin=pkcs11.PROTECTED_AUTH if self.pin is None and has_keypad else self.pin)
        except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange, pkcs11.PinLocked) as error:
            raise _pin_refused(pin_state(self._token(library)), error) from error
        except (pkcs11.FunctionCancelled, pkcs11.FunctionRejected) as error:
            raise KeySourceError(
                "REFUSED_BY_SIGNER", "Chưa nhập mã PIN trên thiết bị. Hãy ký lại khi sẵn sàng.", f"{error!r}"
            ) from error
        except (pkcs11.PinExpired, pkcs11.UserPinNotInitialized) as error:
            raise KeySourceError(
                "PIN_EXPIRED",
                "Mã PIN của thiết bị chưa đặt hoặc phải đổi. Hãy đổi bằng phần mềm của nơi cấp thiết bị rồi ký lại.",
                f"{error!r}",
            ) from error

    def _broken_off(self, error: Exception, made: int) -> KeySourceError:
        """A token that is not there any more was pulled out, whatever its driver calls that."""
        if _is_removal(error) or not self._still_there():
            return _removed(made, repr(error))
        return KeySourceError(
            "SERVICE_ANSWER",
            f"Thiết bị ký báo lỗi “{type(error).__name__}”. Hãy rút ra, cắm lại rồi ký tiếp; nếu lặp lại, liên hệ nơi "
            "cấp thiết bị.",
            repr(error),
        )

    def _still_there(self) -> bool:
        try:
            with opened(self.driver) as library:
                self._token(library)
        except (KeySourceError, package().PKCS11Error):
            return False
        return True


def open_source(
    description: SourceDescription, secrets: Secrets, certificate: x509.Certificate | None = None
) -> Pkcs11Key:
    """The key that the settings and the chosen certificate name; no PIN is tried yet."""
    settings = description.settings
    beside = certificate or _certificate_file(settings.get("certificate"))
    tokens = list_tokens(drivers_of(settings.get("module")))
    token = _choose_token(tokens, settings.get("token"), settings.get("serial"), beside)
    if beside is not None:
        here = next((c for c in token.certificates if c.certificate == beside), None)
        chosen = here or CertificateOnToken(beside, b"", "")
    else:
        chosen = _choose_certificate(token, settings.get("key"), datetime.now(timezone.utc))
    authorities = tuple(c.certificate for c in token.certificates if is_authority(c.certificate))
    return Pkcs11Key(token.driver, token.label, token.serial, chosen.certificate, chosen.id, authorities, secrets.pin)


def _choose_token(
    tokens: Sequence[TokenFacts], label: str | None, serial: str | None, certificate: x509.Certificate | None
) -> TokenFacts:
    fitting = [t for t in tokens if label in (None, t.label) and serial in (None, t.serial)]
    if certificate is not None and len(fitting) > 1:
        fitting = [t for t in fitting if any(c.certificate == certificate for c in t.certificates)] or fitting
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        named = "; ".join(f"{t.label} (số {t.serial})" for t in fitting)
        raise KeySourceError(
            "SEVERAL_TOKENS",
            f"Đang cắm nhiều thiết bị ký: {named}. Hãy chọn một thiết bị, hoặc rút các thiết bị khác ra.",
            f"several tokens: {named}",
        )
    wanted = " ".join(part for part in (label, serial and f"số {serial}") if part)
    raise KeySourceError(
        "TOKEN_UNKNOWN",
        f"Không thấy thiết bị ký {wanted}".rstrip() + ". Hãy cắm thiết bị, đợi vài giây rồi thử lại.",
        f"no token {wanted}; plugged in: {', '.join(t.label for t in tokens) or 'none'}",
    )


def _choose_certificate(token: TokenFacts, wanted: str | None, now: datetime) -> CertificateOnToken:
    signers = [c for c in token.certificates if not is_authority(c.certificate)]
    fitting = [c for c in signers if wanted in (None, c.id.hex(), c.label)]
    if len(fitting) > 1:  # a renewed certificate beside the one that ended
        valid = [c for c in fitting if c.certificate.not_valid_before_utc <= now <= c.certificate.not_valid_after_utc]
        fitting = valid or fitting
    if len(fitting) != 1:
        named = "; ".join(f"{common_name(c.certificate)} (mã {c.id.hex() or c.label})" for c in fitting or signers)
        what = "có nhiều chứng thư số" if fitting else "không có chứng thư số cần dùng"
        raise KeySourceError(
            "KEY_UNKNOWN",
            f"Thiết bị {token.label} {what}: {named or 'trống'}. Hãy chọn đúng chứng thư số, hoặc chỉ ra tệp của nó.",
            f"{len(fitting)} certificates fit; on the token: {named or 'none'}",
        )
    require_allowed(fitting[0].certificate)
    return fitting[0]


def _private_key(session: Any, certificate: x509.Certificate, key_id: bytes) -> Any:
    """By the certificate's identifier, else by the public key itself."""
    pkcs11 = package()
    attribute, kind = pkcs11.Attribute, pkcs11.ObjectClass
    keys = list(session.get_objects({attribute.CLASS: kind.PRIVATE_KEY}))
    if key_id:
        named = [key for key in keys if key[attribute.ID] == key_id]
    else:
        public = certificate.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            modulus = public.public_numbers().n
            named = [key for key in keys if _modulus(key) == modulus]
        else:
            point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            halves = session.get_objects({attribute.CLASS: kind.PUBLIC_KEY, attribute.KEY_TYPE: pkcs11.KeyType.EC})
            ids = {half[attribute.ID] for half in halves if half[attribute.EC_POINT].endswith(point)}
            named = [key for key in keys if key[attribute.ID] in ids]
    if len(named) != 1:
        raise KeySourceError(
            "KEY_UNKNOWN",
            "Thiết bị đang cắm không có khóa của chứng thư số này. Hãy cắm đúng thiết bị rồi ký tiếp.",
            f"{len(named)} private keys on the token belong to the certificate",
        )
    return named[0]


def _modulus(key: Any) -> int | None:
    pkcs11 = package()
    if key.key_type != pkcs11.KeyType.RSA:
        return None
    return int.from_bytes(key[pkcs11.Attribute.MODULUS], "big")


def _signer(token: Any, key: Any, pin: str | None) -> Any:
    """A function from octets to a value, by the mechanism that the token has."""
    pkcs11 = package()
    mechanism = pkcs11.Mechanism
    able = token.slot.get_mechanisms()
    options = {"pin": pin} if _asks_each_time(key) else {}
    if key.key_type == pkcs11.KeyType.EC:
        return lambda item: key.sign(sha256(item), mechanism=mechanism.ECDSA, **options)
    if mechanism.SHA256_RSA_PKCS in able:
        return lambda item: key.sign(item, mechanism=mechanism.SHA256_RSA_PKCS, **options)
    return lambda item: key.sign(digest_info(sha256(item)), mechanism=mechanism.RSA_PKCS, **options)


def _asks_each_time(key: Any) -> bool:
    pkcs11 = package()
    try:
        return bool(key[pkcs11.Attribute.ALWAYS_AUTHENTICATE])
    except pkcs11.PKCS11Error:
        return False


def _certificate_file(path: str | None) -> x509.Certificate | None:
    if not path:
        return None
    try:
        data = Path(path).read_bytes()
        return x509.load_pem_x509_certificate(data) if b"-----BEGIN" in data else x509.load_der_x509_certificate(data)
    except (OSError, ValueError) as error:
        raise KeySourceError(
            "KEY_UNKNOWN",
            f"Không đọc được tệp chứng thư số {path}. Hãy chỉ đúng tệp .cer, .crt hoặc .pem do nơi cấp gửi.",
            f"{path}: {error}",
        ) from error


def _is_removal(error: Exception) -> bool:
    pkcs11 = package()
    return isinstance(
        error,
        pkcs11.DeviceRemoved
        | pkcs11.TokenNotPresent
        | pkcs11.TokenNotRecognised
        | pkcs11.SessionHandleInvalid
        | pkcs11.SessionClosed
        | pkcs11.SlotIDInvalid,
    )


def _removed(made: int, why: str) -> KeySourceError:
    kept = f" {made} chữ ký đã làm vẫn giữ." if made else ""
    return KeySourceError(
        "TOKEN_REMOVED",
        f"Thiết bị ký đã bị rút ra.{kept} Hãy cắm lại, đợi vài giây rồi ký tiếp phần còn lại.",
        why,
    )


def _locked() -> KeySourceError:
    return KeySourceError("PIN_LOCKED", PinState.LOCKED.warning, "the user PIN is locked", tries_left=0)


def _pin_refused(state: PinState, error: Exception) -> KeySourceError:
    if state is PinState.LOCKED or isinstance(error, package().PinLocked):
        return _locked()
    left = {
        PinState.FINAL: "Chỉ còn một lần nhập nữa; sai lần này thiết bị sẽ bị khóa. Hãy chắc chắn rồi hãy nhập lại.",
        PinState.LOW: "Số lần nhập còn lại không nhiều. Hãy kiểm tra rồi nhập lại thật cẩn thận.",
    }.get(state, "Hãy kiểm tra phím Caps Lock, bộ gõ tiếng Việt rồi nhập lại.")
    return KeySourceError(
        "PIN_WRONG",
        f"Mã PIN không đúng, chưa ký gì. {left}",
        f"{type(error).__name__}; tries left: {state.value}",
        tries_left=1 if state is PinState.FINAL else None,
    )
