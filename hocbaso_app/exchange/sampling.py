"""Records drawn for an inspection so that anybody can draw them again.

Algorithm ``hbs-sample-1``: the draw of a record is SHA-256 over the seed, a line feed and the record's code, both
UTF-8; the ``size`` records with the smallest draws (as hex) are the sample, the smallest first. The population is
named by SHA-256 over its codes, sorted, each followed by a line feed. So ``printf '%s\\n%s' SEED CODE | sha256sum``
for every code and ``sort`` are enough to check a sample without this program.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from hocbaso_app.record.errors import HocBaSoError

ALGORITHM = "hbs-sample-1"
LONGEST_SEED = 100


class SamplingError(HocBaSoError):
    """Nothing can be drawn like this."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn from what; ``codes`` in the order of the draw."""

    algorithm: str
    seed: str
    population: int
    population_sha256: str
    codes: tuple[str, ...]


def new_seed() -> str:
    """For who has no lot of his own; nobody can choose it."""
    return secrets.token_hex(16)


def draw(codes: Iterable[str], size: int, seed: str) -> Sample:
    """``size`` records of a population, all of them where there are fewer; the same for the same seed, always."""
    population = sorted(codes)
    if len(set(population)) != len(population) or any("\n" in code or not code for code in population):
        raise SamplingError("SAMPLE_POPULATION", "Danh sách để lấy mẫu có mã trùng hoặc sai.", "codes are not unique")
    if size < 1:
        raise SamplingError("SAMPLE_SIZE", "Số hồ sơ lấy mẫu phải từ 1 trở lên.", "a sample has at least one record")
    if not seed.strip() or seed != seed.strip() or "\n" in seed or len(seed) > LONGEST_SEED:
        raise SamplingError(
            "SAMPLE_SEED",
            f"Số gieo để lấy mẫu phải là một dòng, từ 1 đến {LONGEST_SEED} ký tự, không có khoảng trắng ở hai đầu.",
            "the seed is one line of text",
        )
    drawn = sorted(population, key=lambda code: (draw_of(seed, code), code))[:size]
    return Sample(ALGORITHM, seed, len(population), name_of(population), tuple(drawn))


def draw_of(seed: str, code: str) -> str:
    """The draw of one record (hex)."""
    return hashlib.sha256(f"{seed}\n{code}".encode()).hexdigest()


def name_of(population: Iterable[str]) -> str:
    """SHA-256 (hex) of a population."""
    return hashlib.sha256("".join(f"{code}\n" for code in sorted(population)).encode()).hexdigest()
