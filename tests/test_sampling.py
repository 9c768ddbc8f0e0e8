"""Inspection samples: anybody draws the same records from the same seed, with this program or without it."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hocbaso_app.exchange.sampling import ALGORITHM, SamplingError, draw, name_of, new_seed

CODES = tuple(f"00000000-0000-4000-8000-{number:012d}" for number in range(400))
KNOWN = ["08", "06", "09"]
KNOWN_POPULATION = "ee7c65b0ff14edaded839542e5f532cd1e37a1236531247969d403ae6cd72e80"


def test_known_sample() -> None:
    """Written down once; a change of the algorithm needs another name."""
    sample = draw(CODES[:10], 3, "Thanh tra 12/2026")
    assert sample.algorithm == ALGORITHM == "hbs-sample-1"
    assert [code[-2:] for code in sample.codes] == KNOWN
    assert sample.population_sha256 == KNOWN_POPULATION


@pytest.mark.requirement("Y052")
def test_another_program_draws_the_same() -> None:
    seed = "boc tham 07"
    lines = []
    for code in CODES[:40]:
        text = subprocess.run(["sha256sum"], input=f"{seed}\n{code}".encode(), capture_output=True, check=True).stdout
        lines.append((text.decode().split()[0], code))
    assert draw(CODES[:40], 5, seed).codes == tuple(code for _draw, code in sorted(lines)[:5])


@given(st.sets(st.uuids().map(str), max_size=60), st.integers(1, 70), st.uuids().map(str), st.randoms())
def test_order_of_the_list_does_not_matter(codes: set[str], size: int, seed: str, random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(codes)
    random.shuffle(shuffled)
    sample = draw(shuffled, size, seed)
    assert sample == draw(sorted(codes), size, seed)
    assert len(set(sample.codes)) == len(sample.codes) == min(size, len(codes))
    assert set(sample.codes) <= codes
    assert sample.population_sha256 == name_of(codes)


def test_a_larger_sample_holds_the_smaller_one() -> None:
    assert draw(CODES, 30, "a").codes[:10] == draw(CODES, 10, "a").codes


def test_every_record_is_as_likely_as_another() -> None:
    counts = dict.fromkeys(CODES, 0)
    for number in range(600):
        for code in draw(CODES, 40, f"{number}").codes:
            counts[code] += 1
    expected = 600 * 40 / len(CODES)
    assert sum((seen - expected) ** 2 / expected for seen in counts.values()) < 500  # chi-squared, 399 degrees


def test_seeds_of_the_site_differ() -> None:
    assert len({new_seed() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("codes", "size", "seed", "code"),
    [
        (("a", "a"), 1, "s", "SAMPLE_POPULATION"),
        (("a", "b\n"), 1, "s", "SAMPLE_POPULATION"),
        (("a", ""), 1, "s", "SAMPLE_POPULATION"),
        (("a",), 0, "s", "SAMPLE_SIZE"),
        (("a",), 1, "", "SAMPLE_SEED"),
        (("a",), 1, " s", "SAMPLE_SEED"),
        (("a",), 1, "s\nt", "SAMPLE_SEED"),
        (("a",), 1, "s" * 101, "SAMPLE_SEED"),
    ],
)
def test_what_cannot_be_drawn(codes: tuple[str, ...], size: int, seed: str, code: str) -> None:
    with pytest.raises(SamplingError) as caught:
        draw(codes, size, seed)
    assert caught.value.code == code
    assert caught.value.message_vi
