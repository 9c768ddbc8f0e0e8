"""Both sites' processes and the services below them, ruled by lines of JSON on standard input; one answer a line.

Runs as the bench's user (``scripts/site two``), with nothing but the standard library. Verbs: ``start`` a part,
``end`` it between two jobs, ``kill`` it as a power cut would, ``freeze`` and ``thaw`` it; ``database`` and
``redis``; ``keep`` a site's backup and ``restore`` it; ``execute`` a function on a site.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

BENCH = Path(os.environ["HOCBASO_BENCH"])
OWN = BENCH / "services"
SITES = {kind: os.environ[f"HOCBASO_{kind.upper()}_SITE"] for kind in ("school", "city")}
PORTS = {kind: int(os.environ[f"HOCBASO_{kind.upper()}_PORT"]) for kind in ("school", "city")}
SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "site"
FAKETIME = "*/faketime/libfaketime.so.1"
PATIENCE = 90.0


class House:
    """What runs, by name."""

    def __init__(self) -> None:
        self._parts: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, part: str, clock: str = "") -> None:
        """``school-web``, ``city-web``, ``worker…`` or ``schedule``; ``clock``: an offset as ``faketime`` takes it."""
        if self._runs(part):
            return
        command = self._command(part)
        if clock:
            # not the program faketime, which would stand between the worker and its signals
            command = ["env", f"LD_PRELOAD={next(Path('/usr/lib').glob(FAKETIME))}", f"FAKETIME={clock}", *command]
        log = (OWN / f"two-{part}.log").open("ab")
        self._parts[part] = subprocess.Popen(
            command, cwd=BENCH, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        kind = part.partition("-")[0]
        if kind in PORTS:
            _until(lambda: _answers(PORTS[kind]), f"{part} does not answer")

    def end(self, part: str) -> None:
        """Between two jobs, so that nothing is left in hand."""

        def ended() -> bool:
            self.freeze(part)
            if self._jobs_in_hand():
                self.thaw(part)
                return False
            self.kill(part)
            return True

        _until(ended, f"{part} is always at work")

    def kill(self, part: str) -> None:
        """At once, with all its children."""
        self._signal(part, signal.SIGKILL)
        self._forget(part)

    def freeze(self, part: str) -> None:
        """It stands still."""
        self._signal(part, signal.SIGSTOP)

    def thaw(self, part: str) -> None:
        """It goes on."""
        self._signal(part, signal.SIGCONT)

    def database(self, verb: str) -> None:
        """``kill`` the server of both sites, or ``start`` it (and Redis) again."""
        if verb == "kill":
            os.kill(int((OWN / "mariadb.pid").read_text()), signal.SIGKILL)
            _until(lambda: not self._database_answers(), "the database still answers")
        else:
            subprocess.run(["bash", SCRIPT, "start"], check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE)

    def redis(self, verb: str) -> None:
        """``flush``: everything that Redis knew, queues and cache, is forgotten."""
        assert verb == "flush", verb
        for name in ("redis_cache", "redis_queue"):
            self._redis(name, "flushall")

    def keep(self, kind: str, name: str) -> None:
        """A backup of a site's database."""
        with self._backup(kind, name).open("wb") as file:
            command = ["mariadb-dump", "--single-transaction", "--routines", self._database_of(kind)]
            subprocess.run(self._as_root(command), check=True, stdout=file, env=self._secret())

    def restore(self, kind: str, name: str) -> None:
        """The backup takes the place of what is there."""
        database = self._database_of(kind)
        anew = f"DROP DATABASE `{database}`; CREATE DATABASE `{database}`"
        subprocess.run(self._as_root(["mariadb", "-e", anew]), check=True, env=self._secret())
        with self._backup(kind, name).open("rb") as file:
            subprocess.run(self._as_root(["mariadb", database]), check=True, stdin=file, env=self._secret())
        self.redis("flush")

    def execute(self, kind: str, method: str, **arguments: Any) -> Any:
        """``bench execute`` on a site; its printed JSON."""
        command = ["bench", "--site", SITES[kind], "execute", method, "--kwargs", repr(arguments)]
        done = subprocess.run(command, cwd=BENCH, capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:] or done.stdout[-2000:])
        lines = done.stdout.strip().splitlines()
        return json.loads(lines[-1]) if lines else None

    def close(self) -> None:
        """Everything ends."""
        for part in list(self._parts):
            self.kill(part)

    def _jobs_in_hand(self) -> bool:
        """Whether RQ has a job that was begun and has not ended, in any of its queues."""
        return any(self._redis("redis_queue", "zcard", key) != "0" for key in self._begun())

    def _begun(self) -> list[str]:
        return self._redis("redis_queue", "--scan", "--pattern", "rq:wip:*").split()

    def _redis(self, name: str, *words: str) -> str:
        config = json.loads((BENCH / "sites" / "common_site_config.json").read_text())
        command = ["redis-cli", "-p", config[name].rpartition(":")[2], *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def _command(self, part: str) -> list[str]:
        kind = part.partition("-")[0]
        if kind in SITES:
            return [
                "env",
                "DEV_SERVER=1",
                "bench",
                "--site",
                SITES[kind],
                *f"serve --port {PORTS[kind]} --noreload".split(),
            ]
        return ["bench", "schedule" if part == "schedule" else "worker"]

    def _runs(self, part: str) -> bool:
        return part in self._parts and self._parts[part].poll() is None

    def _signal(self, part: str, number: signal.Signals) -> None:
        if self._runs(part):
            os.killpg(self._parts[part].pid, number)

    def _forget(self, part: str) -> None:
        process = self._parts.pop(part, None)
        if process is not None:
            process.wait(PATIENCE)

    def _database_answers(self) -> bool:
        ping = self._as_root(["mariadb-admin", "ping"])
        return subprocess.run(ping, capture_output=True, env=self._secret()).returncode == 0

    def _as_root(self, command: list[str]) -> list[str]:
        return [command[0], f"--socket={OWN / 'mariadb.sock'}", "--user=root", *command[1:]]

    def _secret(self) -> dict[str, str]:
        lines = dict(line.split("=", 1) for line in (OWN / "passwords").read_text().splitlines() if "=" in line)
        return {**os.environ, "MYSQL_PWD": lines["database"]}

    def _database_of(self, kind: str) -> str:
        return str(json.loads((BENCH / "sites" / SITES[kind] / "site_config.json").read_text())["db_name"])

    def _backup(self, kind: str, name: str) -> Path:
        return OWN / f"two-{kind}-{name}.sql"


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/method/ping", timeout=20) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _until(holds: Callable[[], bool], otherwise: str) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(otherwise)
        time.sleep(0.2)


def main() -> None:
    """One order a line, until the input ends."""
    house = House()
    for part in ("city-web", "school-web", "worker", "schedule"):
        house.start(part)
    places = {
        kind: {"address": f"http://127.0.0.1:{PORTS[kind]}", "folder": str(BENCH / "sites" / SITES[kind])}
        for kind in SITES
    }
    print(json.dumps({"ready": places}), flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        for line in sys.stdin:
            order = json.loads(line)
            try:
                answer = {"answer": getattr(house, order.pop("do"))(**order)}
            except Exception as error:  # the caller is told, whatever it was
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), flush=True)
    finally:
        house.close()


if __name__ == "__main__":
    main()
