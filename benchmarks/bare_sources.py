"""Each key source at its own bare limit: the same values with nothing of ours, no check of what comes back."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Sequence
from uuid import uuid4

import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from hocbaso_app.signing.keys import LocalKey
from hocbaso_app.signing.keys.drivers import Driver

CLIENT_ID, CLIENT_SECRET = CLIENT = ("truong-hoa-phuong", "bi-mat")
SHA256 = "2.16.840.1.101.3.4.2.1"


def local(key: LocalKey, items: Sequence[bytes]) -> int:
    private = key.private_key
    assert isinstance(private, rsa.RSAPrivateKey)
    return len([private.sign(item, padding.PKCS1v15(), hashes.SHA256()) for item in items])


def pkcs11(driver: Driver, pin: str, items: Sequence[bytes]) -> int:
    import pkcs11 as package

    library = package.lib(str(driver.path))
    try:
        with library.get_token(token_label="bench").open(user_pin=pin) as session:
            key = session.get_key(object_class=package.ObjectClass.PRIVATE_KEY)
            return len([key.sign(item, mechanism=package.Mechanism.SHA256_RSA_PKCS) for item in items])
    finally:
        library.finalize()


def plugin(address: str, items: Sequence[bytes]) -> int:
    from websockets.asyncio.client import connect

    async def run() -> int:
        answered = 0
        for item in items:
            digest = base64.b64encode(hashlib.sha256(item).digest()).decode()
            async with connect(f"{address}/SignMsg", proxy=None, compression=None) as socket:
                await socket.send(json.dumps({"HashAlg": "SHA256", "HashValue": digest, "Encode": "RSA"}))
                answered += bool(await socket.recv())
        return answered

    return asyncio.run(run())


class _Http:
    def __init__(self, address: str, account: str) -> None:
        self.address, self.account = address, account
        self.session = requests.Session()
        self.session.trust_env = False

    def post(self, path: str, body: object, token: str = "") -> object:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self.session.post(self.address + path, json=body, headers=headers, timeout=60)
        answer.raise_for_status()
        return answer.json()


def _digests(items: Sequence[bytes]) -> list[bytes]:
    return [hashlib.sha256(item).digest() for item in items]


def csc(address: str, account: str, pin: str, items: Sequence[bytes]) -> int:
    http = _Http(address, account)
    fields = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    token = http.session.post(f"{address}/oauth2/token", data=fields, timeout=60).json()["access_token"]
    (credential,) = http.post("/csc/v1/credentials/list", {"userID": account}, token)["credentialIDs"]  # type: ignore[index]
    hashed = [base64.b64encode(digest).decode() for digest in _digests(items)]
    asked = {"credentialID": credential, "numSignatures": len(hashed), "hash": hashed, "PIN": pin}
    sad = http.post("/csc/v1/credentials/authorize", asked, token)["SAD"]  # type: ignore[index]
    order = {
        "credentialID": credential,
        "SAD": sad,
        "hash": hashed,
        "hashAlgo": SHA256,
        "signAlgo": "1.2.840.113549.1.1.1",
    }
    return len(http.post("/csc/v1/signatures/signHash", order, token)["signatures"])  # type: ignore[index]


def smartca(address: str, account: str, serial: str, limit: int, items: Sequence[bytes]) -> int:
    http, who = _Http(address, account), {"sp_id": CLIENT_ID, "sp_password": CLIENT_SECRET, "user_id": account}
    digests, names = _digests(items), []
    for start in range(0, len(digests), limit):
        names.append(str(uuid4()))
        files = [
            {"data_to_be_signed": digest.hex(), "doc_id": str(number), "file_type": "xml", "sign_type": "hash"}
            for number, digest in enumerate(digests[start : start + limit])
        ]
        more = {"transaction_id": names[-1], "transaction_desc": "x", "time_stamp": "20260602010000Z"}
        http.post("/v1/signatures/sign", {**who, **more, "serial_number": serial, "sign_files": files})
    told = [http.post(f"/v1/signatures/sign/{name}/status", {}) for name in names]
    return sum(len(one["data"]["signatures"]) for one in told)  # type: ignore[index]


def mysign(address: str, account: str, credential: str, items: Sequence[bytes]) -> int:
    http, who = _Http(address, account), {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    user = {"profile_id": "adss:ras:profile:001", "user_id": account}
    token = http.post("/vtss/service/ras/v1/login", {**who, **user})["access_token"]  # type: ignore[index]
    order = {
        **who,
        "credentialID": credential,
        "numSignatures": len(items),
        "documents": [{"document_id": str(number), "document_name": "x"} for number in range(len(items))],
        "hash": [base64.b64encode(digest).decode() for digest in _digests(items)],
        "hashAlgo": SHA256,
        "signAlgo": "1.2.840.113549.1.1.1",
        "async": 2,
    }
    name = http.post("/vtss/service/signHash", order, token)["transactionId"]  # type: ignore[index]
    return len(http.post("/vtss/service/requests/status", {"transactionId": name}, token)["signatures"])  # type: ignore[index]
