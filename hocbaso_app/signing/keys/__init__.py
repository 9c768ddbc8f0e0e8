"""Where signatures come from: one interface for every key source.

A source gets octets (canonical SignedInfo or a COSE Sig_structure) and returns
raw values: RSA PKCS#1 v1.5 with SHA-256, or ECDSA P-256 with SHA-256 as r‖s.
"""

from __future__ import annotations

from .choose import open_source
from .local import LocalKey, Pkcs12Key, load_pkcs12
from .source import DeferredKeySource, KeySource, KeySourceError, Secrets, SourceDescription, SteadyKeySource, Ticket

__all__ = [
    "DeferredKeySource",
    "KeySource",
    "KeySourceError",
    "LocalKey",
    "Pkcs12Key",
    "Secrets",
    "SourceDescription",
    "SteadyKeySource",
    "Ticket",
    "load_pkcs12",
    "open_source",
]
