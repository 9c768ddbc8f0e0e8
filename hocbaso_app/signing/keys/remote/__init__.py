"""Remote signing services: the Cloud Signature Consortium API, VNPT SmartCA, Viettel MySign."""

from __future__ import annotations

from .settings import Settings
from .source import Credential, RemoteSource

__all__ = ["Credential", "RemoteSource", "Settings"]
