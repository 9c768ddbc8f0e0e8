"""Tokens in software (SoftHSM 2) in a folder of their own, for demo, tests and benchmarks."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hocbaso_app.demo.folder import DemoError
from hocbaso_app.signing.keys import KeySourceError, LocalKey
from hocbaso_app.signing.keys.drivers import Driver, installed
from hocbaso_app.signing.keys.tokens import opened, package, tokens_in

SO_PIN = "87654321"


def missing() -> str | None:
    """One line on what to install; ``None`` when SoftHSM and the library that opens it are here."""
    if not (_driver() and shutil.which("softhsm2-util")):
        return "SoftHSM is not installed (Debian, Ubuntu: apt-get install softhsm2)"
    try:
        package()
    except KeySourceError as error:
        return error.message_en
    return None


def _driver() -> Driver | None:
    return next((driver for driver in installed() if driver.name == "SoftHSM"), None)


class SoftTokens:
    """The tokens of one folder; SoftHSM finds it by an environment variable, see :meth:`in_use`."""

    def __init__(self, folder: Path) -> None:
        driver = _driver()
        if driver is None:
            raise DemoError("NO_SOFTHSM", "Máy này chưa có SoftHSM. Hãy cài gói softhsm2.", str(missing()))
        self.driver = driver
        self.store, self._away = folder / "tokens", folder / "away"
        self.store.mkdir(parents=True)
        self._away.mkdir()
        self.config = folder / "softhsm2.conf"
        self.config.write_text(
            f"directories.tokendir = {self.store}\nobjectstore.backend = file\nlog.level = ERROR\n", encoding="utf-8"
        )

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Let SoftHSM look into this folder."""
        before = os.environ.get("SOFTHSM2_CONF")
        os.environ["SOFTHSM2_CONF"] = str(self.config)
        try:
            yield
        finally:
            if before is None:
                del os.environ["SOFTHSM2_CONF"]
            else:
                os.environ["SOFTHSM2_CONF"] = before

    def make(self, label: str, pin: str) -> None:
        """A new token."""
        self._util("--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", SO_PIN)

    def put(self, label: str, pin: str, key: LocalKey, key_id: bytes = b"\x01", *, certificate: bool = True) -> None:
        """A key, and its certificate unless that is kept beside the token."""
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:
            file.write(key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            file.flush()
            where = ("--token", label, "--pin", pin, "--label", label, "--id", key_id.hex())
            self._util("--import", file.name, *where)
        if certificate:
            self._put_certificate(label, pin, key, key_id)

    def pull_out(self) -> None:
        """Every token of the folder is gone, also for who is using one."""
        self._move(self.store, self._away)

    def plug_in(self) -> None:
        """What was pulled out is back."""
        self._move(self._away, self.store)

    @staticmethod
    def _move(here: Path, there: Path) -> None:
        for token in list(here.iterdir()):
            token.rename(there / token.name)

    def _put_certificate(self, label: str, pin: str, key: LocalKey, key_id: bytes) -> None:
        pkcs11 = package()
        attribute = pkcs11.Attribute
        with self.in_use(), opened(self.driver) as library:
            token = next(token for token in tokens_in(library) if token.label == label)
            with token.open(rw=True, user_pin=pin) as session:
                session.create_object(
                    {
                        attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE,
                        attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                        attribute.TOKEN: True,
                        attribute.PRIVATE: False,
                        attribute.SUBJECT: key.certificate.subject.public_bytes(),
                        attribute.VALUE: key.certificate.public_bytes(Encoding.DER),
                        attribute.ID: key_id,
                        attribute.LABEL: label,
                    }
                )

    def _util(self, *arguments: str) -> None:
        environment = {**os.environ, "SOFTHSM2_CONF": str(self.config)}
        subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True, env=environment)
