"""Taking a copy back to the original's exact octets, and saying what it is."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from hocbaso_app.record.document import Document
from hocbaso_app.record.errors import FormatError
from hocbaso_app.signing import xades
from hocbaso_app.signing.malformed import MALFORMED
from hocbaso_app.signing.timestamps import TimestampError, read_token

from .imprint import archive_timestamp_input
from .making import render_copy, signatures_of
from .slot import XADES141, ExportError, Extension, read_extension

MAX_BYTES = 64 << 20
_BLOCK = re.compile(
    b"<xades:UnsignedProperties><xades:UnsignedSignatureProperties>(.*?)"
    b"</xades:UnsignedSignatureProperties></xades:UnsignedProperties>",
    re.DOTALL,
)


@dataclass(frozen=True)
class Copy:
    """A copy whose every octet is the original's or its extensions'. Nothing of it was verified against any trust."""

    original: Document
    level: str
    extensions: dict[str, Extension]


def read_copy(data: bytes) -> Copy:
    """:class:`ExportError` unless these are exactly an original and our extensions, with timestamps over them."""
    try:
        if len(data) > MAX_BYTES:
            raise ValueError("too large")
        original = Document.parse(_BLOCK.sub(_original_block, data))
        blocks = _BLOCK.findall(data)
        extensions = {slot: read_extension(block.decode()) for slot, block in zip(original.slots, blocks, strict=True)}
        if render_copy(original, extensions) != data:
            raise ValueError("octets that are neither the original's nor a copy's")
        if not all(extension.data.certificates for extension in extensions.values()):
            raise ValueError("a signature without certificates for its path")
        levels = {"LT" if extension.archive is None else "LTA" for extension in extensions.values()}
        if len(levels) != 1:
            raise ValueError("some signatures are archived, some are not")
        copy = Copy(original, levels.pop(), extensions)
        _require_imprints(copy, data)
    except (FormatError, TimestampError, *MALFORMED) as error:
        raise ExportError(
            "COPY_MALFORMED",
            "Đây không phải bản sao XAdES-LT/LTA nguyên vẹn của một học bạ số. Hãy dùng tệp gốc hoặc lập lại bản sao.",
            f"no intact copy: {error}",
        ) from error
    return copy


def _original_block(found: re.Match[bytes]) -> bytes:
    extension = read_extension(found[1].decode())
    if extension.added:
        return b""
    stamp, _, _ = found[1].partition(b"</xades:SignatureTimeStamp>")
    return xades.unsigned_properties(f"{stamp.decode()}</xades:SignatureTimeStamp>").encode()


def _require_imprints(copy: Copy, data: bytes) -> None:
    signatures = signatures_of(data) if copy.level == "LTA" else {}
    for slot, extension in copy.extensions.items():
        token = read_token(extension.token)
        if token.imprint != xades.signature_value_digest(slot, copy.original.slot(slot)):
            raise ValueError(f"{slot}: the timestamp is over something else")
        if extension.archive is not None:
            stamp = next(signatures[slot].iter(f"{{{XADES141}}}ArchiveTimeStamp"))
            archive = read_token(extension.archive)
            octets = archive_timestamp_input(signatures[slot], stamp)
            if archive.imprint != hashlib.new(archive.algorithm, octets).digest():
                raise ValueError(f"{slot}: the archive timestamp is over something else")
