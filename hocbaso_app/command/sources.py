"""Which key source a command uses, and the secrets that its owner types, one when it is asked for."""

from __future__ import annotations

import getpass
import json
import os
import sys
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography import x509

from hocbaso_app.signing.keys import KeySource, KeySourceError, Secrets, SourceDescription, open_source

from .inputs import read

REMOTE = ("csc", "smartca", "mysign")
_ASKED = {"PIN_NEEDED": "pin", "OTP_NEEDED": "otp"}
_PROMPTS = {"pin": "PIN: ", "otp": "OTP: ", "client_secret": "Mật khẩu ứng dụng: "}


class SourceKind(str, Enum):
    """The kinds for the command line; :data:`hocbaso_app.signing.keys.choose.MODULES` opens them."""

    PKCS12 = "pkcs12"
    PKCS11 = "pkcs11"
    CSC = "csc"
    SMARTCA = "smartca"
    MYSIGN = "mysign"
    PLUGIN = "plugin"


SourceOption = Annotated[SourceKind | None, typer.Option("--source", help="Nguồn khóa; --pkcs12 thì không cần")]
Pkcs12Option = Annotated[Path | None, typer.Option("--pkcs12", help="Tệp chứng thư số .p12/.pfx")]
SettingOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", help="Thiết lập của nguồn khóa, tên=giá-trị hoặc JSON, ví dụ token=…, address=… (docs/keys.md)"
    ),
]
PasswordOption = Annotated[
    Path | None, typer.Option("--password-file", help="Tệp mã PIN hoặc mật khẩu; hoặc biến HOCBASO_PIN; không thì hỏi")
]


def described(kind: SourceKind | None, pkcs12: Path | None, settings: list[str]) -> SourceDescription:
    """The source that the options name; ``name=value`` each, or a JSON object as ``hocbaso sandbox`` prints it."""
    if kind is None and pkcs12 is None:
        raise typer.BadParameter("cần --source, hoặc --pkcs12 với tệp chứng thư số")
    kind = kind or SourceKind.PKCS12
    values = _settings(settings)
    if pkcs12 is not None:
        if kind is not SourceKind.PKCS12:
            raise typer.BadParameter(f"--pkcs12 không đi với --source {kind.value}")
        values["file"] = str(pkcs12)
    if kind is SourceKind.PKCS12:
        if "file" not in values:
            raise typer.BadParameter("--source pkcs12 cần --pkcs12 với tệp chứng thư số")
        read(Path(values["file"]))
    return SourceDescription(kind.value, values)


def _settings(texts: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if text.startswith("{"):
            try:
                values |= json.loads(text)
            except ValueError as error:
                raise typer.BadParameter(f"“{text}” không phải JSON") from error
        elif sign and name:
            values[name.strip()] = value
        else:
            raise typer.BadParameter(f"“{text}” không có dạng tên=giá-trị")
    return values


@dataclass
class OpenedSource:
    """A source with the secrets that were typed so far; a secret that it turns out to need is asked for once."""

    description: SourceDescription
    secrets: Secrets = field(repr=False)
    source: KeySource

    @classmethod
    def open(cls, description: SourceDescription, password_file: Path | None) -> OpenedSource:
        """Secrets come from the file, from HOCBASO_PIN, HOCBASO_OTP, HOCBASO_CLIENT_SECRET, else from the keyboard."""
        secrets = _known_secrets(description, password_file)
        return cls(description, secrets, open_source(description, secrets))

    @property
    def certificate(self) -> x509.Certificate:
        """Of the source as it is."""
        return self.source.certificate

    def answer(self, error: KeySourceError) -> bool:
        """Ask the signer for what the source misses; whether it is worth going on."""
        name = _ASKED.get(error.code)
        if name is None or not sys.stdin.isatty():
            return False
        print(error.message_vi, file=sys.stderr)
        self.secrets = replace(self.secrets, **{name: getpass.getpass(_PROMPTS[name])})
        self.source = open_source(self.description, self.secrets, self.certificate)
        return True


def _known_secrets(description: SourceDescription, password_file: Path | None) -> Secrets:
    pin = read(password_file).rstrip(b"\r\n").decode() if password_file else os.environ.get("HOCBASO_PIN")
    if description.kind == SourceKind.PKCS12.value:
        if pin is None:
            pin = os.environ.get("HOCBASO_PKCS12_PASSWORD")
        return Secrets(pin=getpass.getpass("PKCS#12: ") if pin is None else pin)
    client = os.environ.get("HOCBASO_CLIENT_SECRET")
    if client is None and description.kind in REMOTE and sys.stdin.isatty():
        client = getpass.getpass(_PROMPTS["client_secret"])
    return Secrets(pin=pin, otp=os.environ.get("HOCBASO_OTP"), client_secret=client)
