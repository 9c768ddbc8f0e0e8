"""Waiting for a signer who answers on a phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tenacity import RetryCallState, Retrying, retry_if_result, stop_never, wait_fixed

from ..source import DeferredKeySource, KeySourceError, Ticket
from .failures import UNREACHABLE, AnswerLostError


def wait_for(
    source: DeferredKeySource,
    ticket: Ticket,
    poll_seconds: float,
    clock: Callable[[], datetime],
    tell: Callable[[], None] = lambda: None,
) -> list[bytes]:
    """The values, asked for again and again until ``collect`` ends it; ``tell`` is called before each pause."""

    def before_sleep(_state: RetryCallState) -> None:
        tell()

    waiting = Retrying(
        retry=retry_if_result(lambda values: values is None),
        wait=wait_fixed(poll_seconds),
        stop=stop_never,  # collect ends it when the ticket's time is over
        before_sleep=before_sleep,
    )
    return waiting(_look, source, ticket, clock) or []


def _look(source: DeferredKeySource, ticket: Ticket, clock: Callable[[], datetime]) -> list[bytes] | None:
    """The order stands whether the service is reached just now or not."""
    try:
        return source.collect(ticket)
    except AnswerLostError:
        raise
    except KeySourceError as error:
        if error.code != UNREACHABLE.code or clock() > ticket.expires_at:
            raise
        return None
