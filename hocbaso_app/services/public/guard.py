"""Against guessing: each address has a few wrong codes, all addresses together some more; right codes cost nothing.

A code is a random UUID, so guessing finds nothing in any human time; the limits keep a
guesser from trying, and from learning how long an answer takes.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic, sleep
from typing import TypeVar

from hocbaso_app.services.public.tally import Tally

SECONDS = 600
WRONG_OF_ONE = 20
"""Unknown codes of one address."""
ASKED_OF_ONE = 300
"""Codes of any kind of one address: a school's office checks a class, but nobody copies the city."""
PRESSED = 200
"""Unknown codes of all addresses from which on each address has one wrong code left, and no more."""
WRONG_OF_ALL = 1000
"""Unknown codes of all addresses after which nobody is answered until the stretch is over."""
FILES_OF_ONE, FILES_OF_ALL = 30, 600
ALL = "all"
LEAST_TIME = 0.06
"""Seconds that an answer about a code takes at least, whatever it says."""

_wrong, _asked, _files = Tally("wrong", SECONDS), Tally("asked", SECONDS), Tally("files", SECONDS)
T = TypeVar("T")


@dataclass(frozen=True)
class TooOften(Exception):  # noqa: N818  (an answer, not a fault)
    """Not answered now; ``seconds`` until it may be tried again."""

    seconds: int


def ask(address: str, question: Callable[[], T], is_known: Callable[[T], bool]) -> T:
    """The answer to a question about a code; :class:`TooOften` instead, and then the question was not asked.

    A wrong code is counted before it is known to be wrong, so a thousand at once are no way around.
    """
    who = network_of(address)
    if _wrong.count(ALL) >= WRONG_OF_ALL or _asked.add(who) > ASKED_OF_ONE:
        raise TooOften(_asked.ends_in())
    allowed = 1 if _wrong.count(ALL) >= PRESSED else WRONG_OF_ONE
    if _wrong.add(who) > allowed:
        raise TooOften(_wrong.ends_in())
    if _wrong.add(ALL) > WRONG_OF_ALL:
        raise TooOften(_wrong.ends_in())
    started = monotonic()
    answer = question()
    if is_known(answer):
        _wrong.add(who, -1)
        _wrong.add(ALL, -1)
    sleep(max(0.0, started + LEAST_TIME - monotonic()))
    return answer


def take_file(address: str) -> None:
    """One more file to look at; :class:`TooOften`."""
    if _files.add(network_of(address)) > FILES_OF_ONE or _files.add(ALL) > FILES_OF_ALL:
        raise TooOften(_files.ends_in())


def network_of(address: str) -> str:
    """Who an address counts as: an IPv6 connection owns 2^64 of them."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
