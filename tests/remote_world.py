"""Simulated signing services for the tests: one authority, keys of both kinds, a clock that can be moved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

import pytest

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.signers.app import SignerApp
from hocbaso_app.demo.signers.serving import running
from hocbaso_app.demo.signers.subscribers import Subscriber
from hocbaso_app.signing.keys import KeySourceError, LocalKey, Secrets, SourceDescription, open_source
from hocbaso_app.signing.keys.remote.room import Room
from hocbaso_app.signing.keys.remote.source import RemoteSource
from hocbaso_app.signing.keys.values import right_value

NOW = datetime(2026, 5, 29, 3, tzinfo=timezone.utc)
CLIENT = ("truong-hoa-phuong", "bi-mat-cua-truong")
ACCOUNT = "031185000001"
CLASS = [f"học bạ {n}".encode() for n in range(35)]


@cache
def ca() -> DemoCA:
    return DemoCA.create(NOW)


@cache
def _key(algorithm: str) -> LocalKey:
    return ca().person("Nguyễn Thị An", ACCOUNT, algorithm=algorithm)


def key(algorithm: str = "ec") -> LocalKey:
    return _key(algorithm)


def subscriber(algorithm: str = "ec", **more: Any) -> Subscriber:
    return Subscriber(more.pop("account", ACCOUNT), more.pop("key", key(algorithm)), **more)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


class Service:
    """One simulator on the network, and sources that ask it."""

    def __init__(self, app: SignerApp, kind: str, address: str, clock: Clock, settings: dict[str, Any]) -> None:
        self.app, self.kind, self.address, self.clock = app, kind, address, clock
        self.settings = {
            "address": address,
            "client_id": CLIENT[0],
            "account": ACCOUNT,
            "poll_seconds": 0.02,
            **settings,
        }

    def source(
        self,
        *,
        pin: str | None = None,
        otp: str | None = None,
        secret: str | None = CLIENT[1],
        certificate: Any = None,
        **settings: Any,
    ) -> RemoteSource:
        description = SourceDescription(self.kind, {**self.settings, **settings})
        source = open_source(description, Secrets(pin=pin, otp=otp, client_secret=secret), certificate)
        assert isinstance(source, RemoteSource)
        source.clock = self.clock
        source.room = Room(
            source.base_address(), timeouts=(2.0, 3.0), pause=0.01, hidden=[s for s in (pin, otp, secret) if s]
        )
        if hasattr(source, "service"):
            source.service._room = source.room
        return source


@contextmanager
def serving(app: SignerApp, kind: str, clock: Clock, path: str = "", **settings: Any) -> Iterator[Service]:
    with running(app) as address:
        yield Service(app, kind, address + path, clock, settings)


def all_right(source: RemoteSource, items: list[bytes], values: list[bytes] | None) -> bool:
    return (
        values is not None
        and len(values) == len(items)
        and all(
            right_value(source.certificate, item, value) == value for item, value in zip(items, values, strict=True)
        )
    )


def fails(code: str, call: Any, *arguments: Any) -> KeySourceError:
    with pytest.raises(KeySourceError) as caught:
        call(*arguments)
    assert caught.value.code == code, caught.value
    assert caught.value.message_vi.endswith(".")
    return caught.value
