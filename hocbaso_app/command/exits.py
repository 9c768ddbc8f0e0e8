"""Exit codes, and the one place where an error becomes a line for the user; nobody ever sees a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from functools import partial
from typing import Any

import typer
from typer.core import TyperGroup

from hocbaso_app.record.errors import FormatError, HocBaSoError
from hocbaso_app.signing.trust import TrustError
from hocbaso_app.signing.verify import UNREADABLE


class ExitCode(IntEnum):
    """0 to 3 are the contract of ``verify`` and ``validate``; the others come from ``sysexits.h``."""

    OK = 0
    FAILED = 1
    INDETERMINATE = 2
    UNREADABLE = 3
    USAGE = 64
    INTERNAL = 70
    INTERRUPTED = 130


_SEVERITY = (ExitCode.INTERNAL, ExitCode.UNREADABLE, ExitCode.FAILED, ExitCode.INDETERMINATE, ExitCode.OK)
_UNREADABLE_CODES = UNREADABLE | {"JSON_MALFORMED"}


class InputError(HocBaSoError):
    """A file or folder named on the command line can't be read or written."""


def worst(codes: Iterable[int]) -> ExitCode:
    """Of several files: 70 before 3 before 1 before 2 before 0; 3 when there is none."""
    found = set(codes)
    return next((code for code in _SEVERITY if code in found), ExitCode.UNREADABLE)


def exit_code_of(error: HocBaSoError) -> ExitCode:
    """3 for what can't be read, 1 for a refusal."""
    if isinstance(error, FormatError):
        return ExitCode.UNREADABLE if error.code in _UNREADABLE_CODES else ExitCode.FAILED
    return ExitCode.UNREADABLE if isinstance(error, InputError | TrustError) else ExitCode.FAILED


def complain(code: str, message_vi: str, message_en: str) -> None:
    """Two lines on stderr: what happened and what to do, in both languages."""
    print(f"[{code}] {message_vi}\n  {message_en}", file=sys.stderr)


class CommandGroup(TyperGroup):
    """Typer's group with our exit codes, however it is called: console script, ``python -m``, test runner."""

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **options: Any
    ) -> Any:
        """See :meth:`click.Command.main`."""
        if options.pop("standalone_mode", True):
            sys.exit(run(partial(super().main, args, prog_name, standalone_mode=False, **options)))
        return super().main(args, prog_name, standalone_mode=False, **options)


def run(command: Callable[[], object]) -> int:
    """The exit code of a command. ``HOCBASO_DEBUG=1`` lets unexpected errors through with their traceback."""
    try:
        result = command()
        sys.stdout.flush()
        return result if isinstance(result, int) else ExitCode.OK
    except HocBaSoError as error:
        complain(error.code, error.message_vi, error.message_en)
        return exit_code_of(error)
    except typer.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, typer.Abort):
        complain("INTERRUPTED", "Đã dừng theo yêu cầu.", "interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except Exception as error:
        if os.environ.get("HOCBASO_DEBUG"):
            raise
        return _unexpected(error)


def _unexpected(error: Exception) -> int:
    usage = getattr(error, "format_message", None)  # click's, whether Typer brings its own copy or not
    if usage is not None:
        if not usage():  # a bare call, which has shown the help
            return ExitCode.OK
        complain("USAGE", f"Sai cách gọi lệnh: {usage()} Xem: hocbaso --help", "wrong usage")
        return ExitCode.USAGE
    if isinstance(error, OSError):
        where = error.filename or ""
        complain("INPUT_OUTPUT", f"Không đọc hoặc ghi được {where}: {error.strerror or error}.", f"{error}")
        return ExitCode.UNREADABLE
    told = unexpected(error)
    complain(told.code, told.message_vi, told.message_en)
    return ExitCode.INTERNAL


def unexpected(error: Exception) -> HocBaSoError:
    """What is told of an error that this app did not foresee."""
    return HocBaSoError(
        "INTERNAL",
        "Lỗi ngoài dự kiến của phần mềm. Hãy chạy lại với HOCBASO_DEBUG=1 và gửi kết quả cho nhà phát triển.",
        f"{type(error).__name__}: {error}",
    )
