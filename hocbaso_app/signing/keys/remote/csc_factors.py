"""Which authentication objects a credential of version 2 asks for (8.3), as an expression over their ids."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from ..source import KeySourceError, Secrets
from .failures import ANSWER, OTP_NEEDED, PIN_NEEDED
from .reading import listing, mapping, part, text, words

_TOKENS = re.compile(r"\s*(\(|\)|[^\s()]+)")
_OUT_OF_BAND = ("passwordoob", "challengeresponseoob")
MAX_ALTERNATIVES = 64


@dataclass(frozen=True)
class Factor:
    """One authentication object."""

    id: str
    kind: str
    generator: str

    @property
    def out_of_band(self) -> bool:
        """Answered elsewhere, on a phone: nothing is sent but its id."""
        return self.kind in _OUT_OF_BAND

    @property
    def one_time(self) -> bool:
        """A password that is good once."""
        return self.kind == "challengeresponse" or "otp" in self.generator or "otp" in self.id.casefold()

    def value(self, secrets: Secrets) -> str | None:
        """What the signer gave for it."""
        return secrets.otp if self.one_time else secrets.pin


def factors_of(info: dict[str, Any]) -> dict[str, Factor]:
    """By id."""
    found = {}
    for raw in listing(part(info, "auth").get("objects") or [], "objects"):
        item = mapping(raw, "authentication object")
        name = text(item, "id")
        found[name] = Factor(name, words(item, "type").casefold(), words(item, "generator").casefold())
    return found


def alternatives(info: dict[str, Any]) -> list[list[Factor]]:
    """Each a set of objects that suffices, in the expression's order; without one all are needed."""
    factors = factors_of(info)
    expression = words(part(info, "auth"), "expression")
    if not expression:
        return [list(factors.values())]
    names = _Expression(expression).read()
    try:
        return [[factors[name] for name in group] for group in names]
    except KeyError as error:
        raise ANSWER.error(f"unknown authentication object {error}") from error


def given_for(info: dict[str, Any], secrets: Secrets) -> tuple[list[dict[str, str]], list[Factor]]:
    """``authData`` of the first alternative that the secrets satisfy; else an error that says what is missing."""
    possible = alternatives(info)
    for group in possible:
        if all(f.out_of_band or f.value(secrets) for f in group):
            return [_data(f, secrets) for f in group], group
    raise _missing(possible[0], secrets)


def _data(factor: Factor, secrets: Secrets) -> dict[str, str]:
    value = None if factor.out_of_band else factor.value(secrets)
    return {"id": factor.id} if value is None else {"id": factor.id, "value": value}


def _missing(group: Sequence[Factor], secrets: Secrets) -> KeySourceError:
    lacking = [f for f in group if not f.out_of_band and not f.value(secrets)]
    if any(not f.one_time for f in lacking):
        return PIN_NEEDED.error("the credential needs a PIN")
    return OTP_NEEDED.error("the credential needs an OTP")


class _Expression:
    """``PIN AND (OTP OR mobile)`` as its alternatives; XOR like OR, for one of both is enough."""

    def __init__(self, expression: str) -> None:
        self._tokens = _TOKENS.findall(expression[:500])

    def read(self) -> list[list[str]]:
        found = self._either()
        if self._tokens:
            raise ANSWER.error("the authentication expression can't be read")
        return found

    def _either(self) -> list[list[str]]:
        found = self._all()
        while self._next_is("OR", "XOR"):
            self._tokens.pop(0)
            found = found + self._all()
        return found

    def _all(self) -> list[list[str]]:
        found = self._one()
        while self._next_is("AND"):
            self._tokens.pop(0)
            pairs = product(found, self._one())
            found = [[*left, *(name for name in right if name not in left)] for left, right in pairs]
            if len(found) > MAX_ALTERNATIVES:
                raise ANSWER.error("the authentication expression is too long")
        return found

    def _one(self) -> list[list[str]]:
        token = self._tokens.pop(0) if self._tokens else ""
        if token == "(":
            found = self._either()
            if not self._tokens or self._tokens.pop(0) != ")":
                raise ANSWER.error("the authentication expression can't be read")
            return found
        if not token or token in (")", "AND", "OR", "XOR"):
            raise ANSWER.error("the authentication expression can't be read")
        return [[token]]

    def _next_is(self, *words: str) -> bool:
        return bool(self._tokens) and self._tokens[0] in words
