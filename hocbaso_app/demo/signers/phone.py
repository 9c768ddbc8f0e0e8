"""The signer's phone: what services ask him, and a page where a person says yes or no."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from threading import Event
from urllib.parse import quote

from werkzeug.exceptions import NotFound
from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from .subscribers import Subscriber, of_account

PATH = "/dien-thoai"
YES, NO = "dong-y", "tu-choi"


@dataclass
class Prompt:
    """One question on the phone."""

    account: str
    title: str
    count: int
    expires_at: datetime
    id: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    answer: bool | None = None
    answered: Event = field(default_factory=Event, repr=False)


class Phone:
    """All phones of a service's subscribers. ``habit`` answers at once: True yes, False no."""

    def __init__(self, subscribers: Sequence[Subscriber], clock: Callable[[], datetime]) -> None:
        self._subscribers = subscribers
        self._clock = clock
        self.prompts: dict[str, Prompt] = {}
        self.habit: bool | None = None

    def prompt(self, prompt: Prompt) -> Prompt:
        """Show a question."""
        self.prompts[prompt.id] = prompt
        if self.habit is not None:
            self.reply(prompt.id, self.habit)
        return prompt

    def reply(self, prompt_id: str, answer: bool) -> None:
        """What the signer pressed; once, and in time."""
        prompt = self.prompts.get(prompt_id)
        if prompt is None:
            raise NotFound
        if prompt.answer is None and self._clock() <= prompt.expires_at:
            prompt.answer = answer
            prompt.answered.set()

    def waiting(self, account: str | None = None) -> list[Prompt]:
        """Questions without an answer, oldest first."""
        now = self._clock()
        return [
            p
            for p in self.prompts.values()
            if p.answer is None and now <= p.expires_at and account in (None, p.account)
        ]

    def rules(self) -> list[Rule]:
        """The page and its buttons."""
        return [
            Rule(PATH, endpoint=self._page, methods=["GET"]),
            Rule(f"{PATH}/<prompt>/<answer>", endpoint=self._pressed, methods=["POST"]),
        ]

    def _page(self, request: Request) -> Response:
        account = request.args.get("account") or None
        rows = [_row(p) for p in self.waiting(account)] or ["<p>Không có yêu cầu ký nào đang chờ.</p>"]
        shown = of_account(self._subscribers, account) if account else self._subscribers
        codes = [f"<li>{escape(s.account)}: {escape(s.code)}</li>" for s in shown if s.otp]
        body = _HEAD + "".join(rows) + (f"<h2>Mã OTP</h2><ul>{''.join(codes)}</ul>" if codes else "")
        return Response(body, mimetype="text/html")

    def _pressed(self, request: Request, prompt: str, answer: str) -> Response:
        if answer not in (YES, NO):
            raise NotFound
        self.reply(prompt, answer == YES)
        account = self.prompts[prompt].account
        return Response(status=303, headers={"Location": f"{PATH}?account={quote(account)}"})


_HEAD = (
    '<!doctype html><html lang="vi"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<meta http-equiv="refresh" content="5"><title>Điện thoại (thử nghiệm)</title>'
    "<style>body{font:18px sans-serif;max-width:26rem;margin:2rem auto;padding:0 1rem}"
    "section{border:1px solid #999;border-radius:8px;padding:1rem;margin:1rem 0}form{display:inline}"
    "button{font-size:1rem;padding:.6rem 1.2rem;margin-right:.5rem}</style>"
    "<h1>Điện thoại của người ký (thử nghiệm)</h1>"
)


def _row(prompt: Prompt) -> str:
    buttons = "".join(
        f'<form method="post" action="{PATH}/{quote(prompt.id)}/{press}"><button>{label}</button></form>'
        for press, label in ((YES, "Đồng ý"), (NO, "Từ chối"))
    )
    asked = f"{escape(prompt.title)} – {prompt.count} chữ ký"
    return f"<section><p><b>{escape(prompt.account)}</b></p><p>{asked}</p>{buttons}</section>"
