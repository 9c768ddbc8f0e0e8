"""docs/api: the description says what the code does, where each field comes from; examples fit their schemas."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from hocbaso_app.exchange import transactions
from hocbaso_app.exchange.codes import code_set
from hocbaso_app.exchange.contract import examples, openapi, schemas
from hocbaso_app.exchange.transactions import Kind

ROOT = Path(__file__).resolve().parents[1]
DESCRIPTION = openapi.describe()


def test_the_file_is_what_the_code_says() -> None:
    done = subprocess.run([sys.executable, "scripts/contract_docs.py", "--check"], cwd=ROOT, check=False)
    assert done.returncode == 0, "run make docs"
    text = (ROOT / "docs" / "api" / "openapi.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(text) == DESCRIPTION


def test_every_message_and_field_is_described() -> None:
    known = [kind for kind in vars(transactions).values() if isinstance(kind, type) and is_dataclass(kind)]
    assert set(known) <= set(schemas.MESSAGES)
    for kind in schemas.MESSAGES:
        assert list(schemas.meanings()[kind.__name__]) == [f.name for f in fields(kind)], kind
    assert {kind.__name__ for kind in schemas.MESSAGES} == set(schemas.meanings())
    origins = {origin for rows in schemas.meanings().values() for origin, _meaning in rows.values()}
    assert origins == set(schemas.ORIGINS)


def test_official_names_stand_in_the_transactions_as_cv_2088_prints_them() -> None:
    """II.2.2 to II.2.7, copied by hand from the text, misprints too."""
    printed = {
        "Authentication": "token user_name password ma_don_vi nam_hoc messageid type function",
        "Query": "messageid ma_don_vi type function",
        "CertificateQuery": "messageid ma_don_vi ma_nam_hoc",
        "Registration": (
            "messageid type function ma_don_vi serial_number ngay_hieu_luc ma_kieu_chu_ky nha_phat_hanh content"
        ),
        "Answer": "MessageId Error ErrorDescription ResponseCode ResponseDescription",
        "RegistrationAnswer": "messageid error error_filed_title error_description",
        "RecordAnswer": (
            "ma_hoc_sinh ten_hoc_sinh so_cccd ma_tra_cuu_uuid trang_thai error error_field_title error_description"
        ),
        "CertificateAnswer": (
            "messageid ma_don_vi serial_number trang_thai_phe_duyet error error_field_title error_description"
        ),
        "RecallItem": "MA_TRA_CUU_UUID HO_VA_TEN GIOI_TINH NGAY_SINH SO_CCCD TEN_TRUONG MA_TRUONG TEN_NAM_HOC",
    }
    for message, names in printed.items():
        ours = [name for name, (origin, _meaning) in schemas.meanings()[message].items() if origin != "ours"]
        assert ours == names.split(), message


def test_every_error_code_is_described() -> None:
    assert DESCRIPTION["x-error-codes"].keys() == code_set().errors.keys()
    for code, row in DESCRIPTION["x-error-codes"].items():
        assert row["vi"] and row["en"] and row["disposition"], code


def bodies() -> list[Any]:
    found = []
    for path, methods in DESCRIPTION["paths"].items():
        for operation in methods.values():
            parts = [operation.get("requestBody", {}), *operation["responses"].values()]
            for part in parts:
                media = part.get("content", {}).get("application/json", {})
                for name, example in media.get("examples", {}).items():
                    found.append(pytest.param(media["schema"], example["value"], id=f"{path} {name}"))
    return found


@pytest.mark.parametrize(("schema", "value"), bodies())
def test_examples_fit_their_schemas(schema: dict[str, Any], value: Any) -> None:
    whole = {**schema, "components": DESCRIPTION["components"]}
    jsonschema.Draft202012Validator(whole).validate(value)
    if isinstance(value, dict) and len(value) > 1:
        first = next(name for name in value if not isinstance(value[name], list))
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(whole).validate({**value, first: ["x"]})


def test_all_six_transactions_have_examples_of_request_and_answer() -> None:
    assert len(bodies()) >= 20
    for kind in Kind:
        assert examples.request(kind, code_set()) and examples.answers(kind, code_set())


def test_another_code_set_gives_another_description() -> None:
    known = code_set()
    changed = type(known)(
        "other", False, "x", "/dang-nhap", known.functions, {k.value: f"/v2/{k.value}" for k in Kind}, known.errors
    )
    assert "/v2/1" in str(list(openapi.describe(changed)["paths"]))
