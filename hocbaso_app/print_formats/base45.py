"""Base45 (RFC 9285): octets in the alphabet that QR codes store most tightly."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}


def encode(data: bytes) -> str:
    """Three characters per two octets, two for a last single one."""
    out = []
    for start in range(0, len(data), 2):
        chunk = data[start : start + 2]
        number = int.from_bytes(chunk, "big")
        for _ in range(len(chunk) + 1):
            number, digit = divmod(number, 45)
            out.append(ALPHABET[digit])
    return "".join(out)


def decode(text: str) -> bytes:
    """The inverse of :func:`encode`; ``ValueError`` for anything else."""
    out = bytearray()
    for start in range(0, len(text), 3):
        chunk = text[start : start + 3]
        try:
            number = sum(_VALUES[character] * 45**power for power, character in enumerate(chunk))
        except KeyError as error:
            raise ValueError(f"not a base45 character: {error}") from None
        length = len(chunk) - 1
        if length == 0 or number >= 256**length:
            raise ValueError("not base45")
        out += number.to_bytes(length, "big")
    return bytes(out)
