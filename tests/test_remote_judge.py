"""An independent maker's server for the API of version 1: certomancer-csc-dummy (MIT), in a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hocbaso_app.demo.ca import new_key
from hocbaso_app.signing.keys import Secrets, SourceDescription, open_source
from hocbaso_app.signing.keys.remote.source import RemoteSource
from hocbaso_app.signing.keys.values import right_value

ADDRESS = os.environ.get("HOCBASO_CSC_DUMMY", "")
VALID = {"valid-from": "2020-01-01T00:00:00+0000", "valid-to": "2120-01-01T00:00:00+0000"}
SIGNERS = {"rsa": "rsa", "ec": "ec"}

pytestmark = pytest.mark.skipif(
    not ADDRESS and find_spec("csc_dummy") is None,
    reason="certomancer-csc-dummy is not installed and HOCBASO_CSC_DUMMY names no address of one",
)


def configuration(folder: Path) -> Path:
    """A made-up authority with an RSA and an EC signer; YAML reads JSON."""
    for name, algorithm in {"root": "ec", **SIGNERS}.items():
        key = new_key(algorithm)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{name}.pem").write_bytes(pem)
    names = ["root", *SIGNERS]
    certificates: dict[str, object] = {
        "root": {"issuer": "root", "validity": VALID, "profiles": [{"id": "simple-ca", "params": {"max-path-len": 1}}]}
    }
    for name in SIGNERS:
        certificates[name] = {"issuer": "root", "validity": VALID, "profiles": ["digsig-commitment"]}
    made = {
        "external-url-prefix": "http://judge.invalid",
        "keysets": {"keys": {"path-prefix": str(folder), "keys": {n: {"path": f"{n}.pem"} for n in names}}},
        "pki-architectures": {
            "judge": {
                "keyset": "keys",
                "entity-defaults": {"country-name": "VN"},
                "entities": {n: {"common-name": f"Judge {n}"} for n in names},
                "certs": certificates,
            }
        },
    }
    path = folder / "judge.yml"
    path.write_text(json.dumps(made), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if ADDRESS:
        yield ADDRESS
        return
    folder = tmp_path_factory.mktemp("judge")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "csc_dummy", str(configuration(folder)), str(port), "2"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as running:
        try:
            address = f"http://localhost:{port}"
            wait_for(address, running, folder / "log")
            yield address
        finally:
            running.terminate()


def wait_for(address: str, running: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(100):
        try:
            if requests.post(f"{address}/csc/v1/info", json={}, timeout=1).ok:
                return
        except requests.ConnectionError:
            assert running.poll() is None, log.read_text()
            time.sleep(0.1)
    raise AssertionError(log.read_text())


def source(address: str, credential: str) -> RemoteSource:
    made = open_source(SourceDescription("csc", {"address": address, "credential": credential}), Secrets())
    assert isinstance(made, RemoteSource)
    return made


@pytest.mark.parametrize("name", SIGNERS)
def test_a_class_of_35_is_signed_with_a_maker_s_server_of_its_own(judge: str, name: str) -> None:
    signer = source(judge, f"judge/{name}")
    items = [f"học bạ {n}".encode() for n in range(35)]
    assert signer.confirmations(35) == 4  # it allows ten hashes for each authorisation
    values = signer.sign(items)
    assert len(values) == 35
    for item, value in zip(items, values, strict=True):
        assert right_value(signer.certificate, item, value) == value
    assert signer.chain


def test_its_credentials_are_told_apart(judge: str) -> None:
    found = {c.id: c for c in source(judge, "").credentials()}
    assert {f"judge/{name}" for name in SIGNERS} <= set(found)
    assert all(c.fault is None and c.batch_limit == 10 for c in found.values())
