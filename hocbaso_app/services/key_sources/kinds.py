"""Kinds of key sources: the desk's words for them (``HBS Certificate.key_source``) and the core's."""

from __future__ import annotations

from hocbaso_app.services import keys

PKCS12 = keys.KEY_SOURCE
PKCS11 = "PKCS#11 token or HSM"
CSC = "CSC remote signing"
SMARTCA = "VNPT SmartCA"
MYSIGN = "Viettel MySign"
PLUGIN = "Browser plug-in (VGCA)"

KINDS = {PKCS12: "pkcs12", PKCS11: "pkcs11", CSC: "csc", SMARTCA: "smartca", MYSIGN: "mysign", PLUGIN: "plugin"}
"""The desk's word → the core's."""

REMOTE = frozenset({CSC, SMARTCA, MYSIGN})
"""Another company's server; the signer may be asked on his phone."""

OF_SERVICE = REMOTE | {PKCS11}
"""Kinds that need an HBS Signing Service."""

USUAL = PLUGIN
"""Certificates entered without a word about it."""
