"""From a description to a source: the one list of kinds.

A kind's module is imported when it is asked for, so that nobody needs the
driver or the library of a source that he does not use.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from cryptography import x509

from .source import KeySource, KeySourceError, Secrets, SourceDescription

Opener = Callable[[SourceDescription, Secrets, x509.Certificate | None], KeySource]

# kind -> the module whose open_source(description, secrets, certificate) opens it
MODULES = {
    "pkcs12": ".local",
    "pkcs11": ".pkcs11",
    "csc": ".remote.csc",
    "smartca": ".remote.smartca",
    "mysign": ".remote.mysign",
    "plugin": ".plugin",
}


def open_source(
    description: SourceDescription, secrets: Secrets, certificate: x509.Certificate | None = None
) -> KeySource:
    """The source that a description names, a :class:`~.source.DeferredKeySource` for signers who answer on a phone.

    ``certificate`` is the one that was chosen and checked; a source that has
    another one now is refused with CERTIFICATE_CHANGED.
    """
    module = MODULES.get(description.kind)
    if module is None:
        raise KeySourceError(
            "KIND_UNKNOWN",
            f"Phần mềm không có cách ký “{description.kind}”. Hãy chọn một trong: {', '.join(MODULES)}.",
            f"no key source of kind {description.kind}",
        )
    opener: Opener = import_module(module, __package__).open_source
    source = opener(description, secrets, certificate)
    if certificate is not None and source.certificate != certificate:
        raise KeySourceError(
            "CERTIFICATE_CHANGED",
            "Chứng thư số trên thiết bị hoặc dịch vụ không phải chứng thư số đã đăng ký. Hãy dùng đúng thiết bị, hoặc "
            "đăng ký và duyệt chứng thư số mới trước khi ký.",
            "the source has another certificate than the one chosen",
        )
    return source
