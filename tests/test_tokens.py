"""Tokens and HSMs over PKCS#11: SoftHSM as it is, and behind a driver that locks PINs and is pulled out."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sample_records import sample_record
from signing_world import CLERK, NOW, World, world

from hocbaso_app.demo.signers.soft_token import SoftTokens, missing
from hocbaso_app.record.document import build
from hocbaso_app.signing.crypto import value_is_right
from hocbaso_app.signing.keys import KeySource, KeySourceError, LocalKey, Secrets, SourceDescription, open_source
from hocbaso_app.signing.keys.drivers import drivers_of, installed
from hocbaso_app.signing.keys.tokens import PinState, list_tokens, opened
from hocbaso_app.signing.sign import seal_role, sign_slot
from hocbaso_app.signing.slots import Stage
from hocbaso_app.signing.verify import verify

pytest.importorskip("pkcs11", reason="the extra “pkcs11” is not installed")
pytestmark = pytest.mark.skipif(missing() is not None, reason=missing() or "")

LABEL, PIN = "Cô An", "123456"
ITEMS = [b"hoc ba %d" % n for n in range(35)]


@cache
def teacher(algorithm: str = "rsa") -> LocalKey:
    return world().ca.person("Nguyễn Thị An", "031199000001", algorithm=algorithm)


@pytest.fixture
def tokens(tmp_path: Path) -> Iterator[SoftTokens]:
    made = SoftTokens(tmp_path / "softhsm")
    with made.in_use():
        yield made


@pytest.fixture
def token(tokens: SoftTokens) -> SoftTokens:
    """One token with the teacher's RSA key."""
    tokens.make(LABEL, PIN)
    tokens.put(LABEL, PIN, teacher())
    return tokens


def opened_by(tokens: SoftTokens, pin: str | None = PIN, **settings: str) -> KeySource:
    return open_source(SourceDescription("pkcs11", {"module": str(tokens.driver.path), **settings}), Secrets(pin=pin))


def test_what_is_missing_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "pkcs11", None)
        assert "pkcs11" in (missing() or "") and "\n" not in (missing() or "")
    monkeypatch.setenv("PATH", "")
    assert "softhsm2" in (missing() or "")


def refusal(work: object) -> KeySourceError:
    with pytest.raises(KeySourceError) as caught:
        work()  # type: ignore[operator]
    assert caught.value.message_vi.endswith(".") and "Hãy" in caught.value.message_vi
    return caught.value


def all_right(key: LocalKey, items: Sequence[bytes], values: Sequence[bytes]) -> bool:
    public = key.certificate.public_key()
    return all(value_is_right(public, item, value) for item, value in zip(items, values, strict=True))  # type: ignore[arg-type]


@pytest.mark.parametrize("algorithm", ["rsa", "ec"])
def test_a_class_is_signed_with_one_pin(tokens: SoftTokens, algorithm: str) -> None:
    key = teacher(algorithm)
    tokens.make(LABEL, PIN)
    tokens.put(LABEL, PIN, key)
    source = opened_by(tokens)
    assert source.certificate == key.certificate
    assert all_right(key, ITEMS, source.sign(ITEMS))
    assert PIN not in repr(source)


def test_the_driver_is_found_where_it_is_known_to_lie(token: SoftTokens) -> None:
    source = open_source(SourceDescription("pkcs11", {"token": LABEL}), Secrets(pin=PIN), teacher().certificate)
    assert all_right(teacher(), [b"x"], source.sign([b"x"]))


def test_a_wrong_pin_says_so_and_the_next_right_one_signs(token: SoftTokens) -> None:
    wrong = refusal(lambda: opened_by(token, "654321").sign([b"x"]))
    assert (wrong.code, wrong.signed) == ("PIN_WRONG", [])
    assert "lần nhập còn lại" in wrong.message_vi  # SoftHSM sets CKF_USER_PIN_COUNT_LOW
    assert "654321" not in f"{wrong.message_vi} {wrong}"
    (facts,) = list_tokens(drivers_of(str(token.driver.path)))
    assert facts.pin is PinState.LOW and "cẩn thận" in facts.pin.warning
    assert opened_by(token).sign([b"x"])


def test_a_pin_of_wrong_length_is_a_wrong_pin(token: SoftTokens) -> None:
    assert refusal(lambda: opened_by(token, "1").sign([b"x"])).code == "PIN_WRONG"


def test_no_pin_is_asked_for(token: SoftTokens) -> None:
    assert refusal(lambda: opened_by(token, None).sign([b"x"])).code == "PIN_NEEDED"


class PulledOut(list[bytes]):
    """A batch in whose middle something happens."""

    def __init__(self, items: Sequence[bytes], at: int, then: object) -> None:
        super().__init__(items)
        self.at, self.then = at, then

    def __iter__(self) -> Iterator[bytes]:
        for number, item in enumerate(super().__iter__()):
            if number == self.at:
                self.then()  # type: ignore[operator]
            yield item


def test_token_pulled_out_at_20_keeps_20_and_15_go_on_after_plugging_in(token: SoftTokens) -> None:
    source = opened_by(token)
    gone = refusal(lambda: source.sign(PulledOut(ITEMS, 20, token.pull_out)))
    assert gone.code == "TOKEN_REMOVED" and len(gone.signed) == 20
    assert "20 chữ ký đã làm vẫn giữ" in gone.message_vi
    assert refusal(lambda: source.sign(ITEMS[20:])).code == "TOKEN_REMOVED"
    token.plug_in()
    assert all_right(teacher(), ITEMS, [*gone.signed, *source.sign(ITEMS[20:])])


def test_the_rest_may_go_on_with_another_kind_of_source(token: SoftTokens) -> None:
    gone = refusal(lambda: opened_by(token).sign(PulledOut(ITEMS, 20, token.pull_out)))
    assert all_right(teacher(), ITEMS, [*gone.signed, *teacher().sign(ITEMS[20:])])


def test_of_several_tokens_one_is_chosen_by_label_serial_or_certificate(token: SoftTokens) -> None:
    other = world().ca.person("Trần Văn Bình", "031199000002", algorithm="ec")
    token.make("Thầy Bình", "222222")
    token.put("Thầy Bình", "222222", other)
    several = refusal(lambda: opened_by(token))
    assert several.code == "SEVERAL_TOKENS" and LABEL in several.message_vi and "Thầy Bình" in several.message_vi
    facts = {f.label: f for f in list_tokens(drivers_of(str(token.driver.path)))}
    assert opened_by(token, token=LABEL).certificate == teacher().certificate
    by_serial = opened_by(token, "222222", serial=facts["Thầy Bình"].serial)
    assert by_serial.certificate == other.certificate and by_serial.sign([b"x"])
    description = SourceDescription("pkcs11", {"module": str(token.driver.path)})
    chosen = open_source(description, Secrets(pin="222222"), other.certificate)
    assert all_right(other, [b"x"], chosen.sign([b"x"]))
    assert refusal(lambda: opened_by(token, token="Cô Cúc")).code == "TOKEN_UNKNOWN"


def test_of_two_tokens_with_one_label_the_serial_decides(token: SoftTokens) -> None:
    token.make(LABEL, PIN)
    several = refusal(lambda: opened_by(token, token=LABEL))
    assert several.code == "SEVERAL_TOKENS"
    assert all(f.serial in several.message_vi for f in list_tokens(drivers_of(str(token.driver.path))))


def test_of_several_keys_one_is_chosen_and_an_ended_certificate_steps_back(tokens: SoftTokens) -> None:
    ca = world().ca
    # ended long ago by any clock, while the others of this made-up world run far into the future
    ended = ca.person("Nguyễn Thị An", "031199000001", algorithm="ec", not_after=NOW - timedelta(days=300))
    tokens.make(LABEL, PIN)
    tokens.put(LABEL, PIN, ended, b"\x01")
    tokens.put(LABEL, PIN, teacher(), b"\x02")
    assert opened_by(tokens).certificate == teacher().certificate
    assert opened_by(tokens, key="01").certificate == ended.certificate
    tokens.put(LABEL, PIN, teacher("ec"), b"\x03")
    several = refusal(lambda: opened_by(tokens))
    assert several.code == "KEY_UNKNOWN" and "02" in several.message_vi and "03" in several.message_vi
    chosen = opened_by(tokens, key="03")
    assert all_right(teacher("ec"), [b"x"], chosen.sign([b"x"]))
    assert refusal(lambda: opened_by(tokens, key="09")).code == "KEY_UNKNOWN"


@pytest.mark.parametrize("algorithm", ["rsa", "ec"])
def test_a_certificate_beside_the_token_finds_its_key(tokens: SoftTokens, tmp_path: Path, algorithm: str) -> None:
    key, other = teacher(algorithm), world().ca.person("Trần Văn Bình", "031199000002", algorithm="ec")
    tokens.make(LABEL, PIN)
    tokens.put(LABEL, PIN, other, b"\x07")
    tokens.put(LABEL, PIN, key, b"\x08", certificate=False)
    for name, encoding in (("c.cer", Encoding.DER), ("c.pem", Encoding.PEM)):
        file = tmp_path / name
        file.write_bytes(key.certificate.public_bytes(encoding))
        source = opened_by(tokens, certificate=str(file))
        assert all_right(key, [b"x"], source.sign([b"x"]))
    stranger = tmp_path / "s.cer"
    stranger.write_bytes(world().principal.certificate.public_bytes(Encoding.DER))
    assert refusal(lambda: opened_by(tokens, certificate=str(stranger)).sign([b"x"])).code == "KEY_UNKNOWN"
    stranger.write_bytes(b"no certificate")
    assert refusal(lambda: opened_by(tokens, certificate=str(stranger))).code == "KEY_UNKNOWN"


def test_no_token_and_no_driver_are_told_apart(tokens: SoftTokens, tmp_path: Path) -> None:
    assert refusal(lambda: opened_by(tokens)).code == "TOKEN_UNKNOWN"
    assert refusal(lambda: opened_by(tokens, module=str(tmp_path / "none.so"))).code == "DRIVER_MISSING"
    broken = tmp_path / "broken.so"
    broken.write_bytes(b"\x7fELF")
    assert refusal(lambda: opened_by(tokens, module=str(broken))).code == "DRIVER_MISSING"
    assert installed("plan9") == []


def test_nothing_stays_open_after_success_or_failure(token: SoftTokens) -> None:
    import pkcs11

    for pin, items in ((PIN, [b"x"]), ("654321", [b"x"]), (PIN, PulledOut([b"x"], 0, _fail))):
        with suppress(KeySourceError, ZeroDivisionError):
            opened_by(token, pin).sign(items)
        assert not pkcs11._loaded[str(token.driver.path)].initialized


def _fail() -> None:
    raise ZeroDivisionError


def test_a_token_plugged_in_later_is_seen(tokens: SoftTokens) -> None:
    assert list_tokens(drivers_of(str(tokens.driver.path))) == []
    tokens.make(LABEL, PIN)
    (facts,) = list_tokens(drivers_of(str(tokens.driver.path)))
    assert (facts.label, facts.certificates, facts.pin) == (LABEL, (), PinState.FINE)


def test_the_seal_in_an_hsm_is_used_by_many_requests_of_a_server(tokens: SoftTokens) -> None:
    """Each request opens the source anew, in threads of one process, as a web worker does."""
    here: World = world()
    tokens.make("Con dấu", PIN)
    tokens.put("Con dấu", PIN, here.school)
    open_document = here.sign(build(sample_record()), until=Stage.MANAGER)
    sealed, failures = [], []

    def request() -> None:
        try:
            key = opened_by(tokens, token="Con dấu")
            sealed.append(sign_slot(open_document, "ky-phat-hanh", key, NOW, seal_role(CLERK)))
        except KeySourceError as error:
            failures.append(error)

    threads = [threading.Thread(target=request) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [] and len(sealed) == 8
    report = verify(sealed[0], here.trust, at=NOW).report
    assert report.conclusion.value == "TOTAL-PASSED"
    assert CLERK in sealed[0].data.decode()


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler for the driver that locks PINs (Debian, Ubuntu: apt-get install gcc libc6-dev)")
    made = tmp_path_factory.mktemp("shim") / "shim.so"
    source = Path(__file__).with_name("token_shim.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-Wall", "-Werror", "-o", made, source, "-ldl"], check=True)
    return made


@pytest.fixture
def strict(token: SoftTokens, shim: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Settings for a token that gives three tries."""
    monkeypatch.setenv("HBS_REAL", str(token.driver.path))
    monkeypatch.setenv("HBS_STATE", str(tmp_path / "wrong-pins"))
    monkeypatch.setenv("HBS_TRIES", "3")
    return {"module": str(shim)}


def test_tries_are_told_until_the_pin_is_locked_and_then_none_is_wasted(
    token: SoftTokens, strict: dict[str, str], tmp_path: Path
) -> None:
    def attempt(pin: str) -> KeySourceError:
        return refusal(lambda: opened_by(token, pin, **strict).sign([b"x"]))

    first, second, third, later = (attempt(pin) for pin in ("000000", "111111", "222222", PIN))
    assert (first.code, first.tries_left) == ("PIN_WRONG", None)
    assert (second.code, second.tries_left) == ("PIN_WRONG", 1) and "một lần" in second.message_vi
    assert (third.code, third.tries_left) == ("PIN_LOCKED", 0) and "nơi cấp" in third.message_vi
    assert later.code == "PIN_LOCKED"
    assert (tmp_path / "wrong-pins").read_text() == "3"
    (facts,) = list_tokens(drivers_of(strict["module"]))
    assert facts.pin is PinState.LOCKED


def test_the_right_pin_gives_the_tries_back(token: SoftTokens, strict: dict[str, str]) -> None:
    for _ in range(4):
        assert refusal(lambda: opened_by(token, "000000", **strict).sign([b"x"])).code == "PIN_WRONG"
        assert opened_by(token, PIN, **strict).sign([b"x"])


def test_a_token_that_signs_digests_only_gives_the_same_values(
    token: SoftTokens, strict: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = opened_by(token).sign(ITEMS[:3])
    monkeypatch.setenv("HBS_NO_HASH", "1")
    assert opened_by(token, **strict).sign(ITEMS[:3]) == whole == teacher().sign(ITEMS[:3])


def test_a_token_with_a_keypad_asks_for_the_pin_itself(
    token: SoftTokens, strict: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HBS_KEYPAD", PIN)
    assert all_right(teacher(), ITEMS[:3], opened_by(token, None, **strict).sign(ITEMS[:3]))
    monkeypatch.setenv("HBS_KEYPAD", "000000")
    assert refusal(lambda: opened_by(token, None, **strict).sign([b"x"])).code == "PIN_WRONG"


@pytest.mark.parametrize(
    ("answer", "code"),
    [(0xA3, "PIN_EXPIRED"), (0x102, "PIN_EXPIRED"), (0x50, "REFUSED_BY_SIGNER"), (0x05, "SERVICE_ANSWER")],
)
def test_other_refusals_say_what_to_do(
    token: SoftTokens, strict: dict[str, str], monkeypatch: pytest.MonkeyPatch, answer: int, code: str
) -> None:
    monkeypatch.setenv("HBS_LOGIN", str(answer))
    assert refusal(lambda: opened_by(token, PIN, **strict).sign([b"x"])).code == code


def test_a_key_that_wants_the_pin_for_each_signature_gets_it_for_a_class(tokens: SoftTokens) -> None:
    import pkcs11
    from pkcs11.util.rsa import decode_rsa_private_key

    tokens.make(LABEL, PIN)
    tokens.put(LABEL, PIN, teacher())
    private = teacher().private_key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    own = {pkcs11.Attribute.ID: b"\x01", pkcs11.Attribute.TOKEN: True, pkcs11.Attribute.ALWAYS_AUTHENTICATE: True}
    with opened(tokens.driver) as library, library.get_token(token_label=LABEL).open(rw=True, user_pin=PIN) as session:
        session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY).destroy()
        session.create_object({**decode_rsa_private_key(private), **own})
    assert all_right(teacher(), ITEMS[:5], opened_by(tokens).sign(ITEMS[:5]))


def test_a_driver_that_reports_the_removal_itself_keeps_what_was_signed(
    token: SoftTokens, strict: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HBS_GONE", "20")
    gone = refusal(lambda: opened_by(token, **strict).sign(ITEMS))
    assert gone.code == "TOKEN_REMOVED" and "DeviceRemoved" in gone.message_en and len(gone.signed) == 20
    monkeypatch.delenv("HBS_GONE")
    assert all_right(teacher(), ITEMS, [*gone.signed, *opened_by(token, **strict).sign(ITEMS[20:])])
