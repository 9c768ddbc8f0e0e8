"""Evidence for folders of thousands of files: made, renewed, looked at, foretold. Only digests stay in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from hocbaso_app.progress import Progressing, Steps
from hocbaso_app.record.document import Document
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.record.times import VIETNAM, write_instant
from hocbaso_app.signing.evidence.bundle import SUFFIX, Bundle, Unreadable, read_bundle
from hocbaso_app.signing.evidence.forecast import REASONS_VI, Forecast, Reason, due, forecast, newest_ends
from hocbaso_app.signing.evidence.gathering import Gatherer, unsettled
from hocbaso_app.signing.evidence.linking import digests_of
from hocbaso_app.signing.evidence.making import Round, Stamper, renewal_key, tree_key, vouch_for
from hocbaso_app.signing.evidence.reading import MAX_BYTES
from hocbaso_app.signing.evidence.record import EvidenceError, EvidenceRecord
from hocbaso_app.signing.identity import common_name
from hocbaso_app.signing.timestamps import read_token
from hocbaso_app.signing.timestamps.check import CLOCK_SKEW
from hocbaso_app.signing.trust import TrustStore
from hocbaso_app.signing.validation_data import ValidationData
from hocbaso_app.signing.verify import Verification

from .exits import ExitCode
from .inputs import read, read_document, read_record_file, write

LISTED = 20


@dataclass
class Outcome:
    """What became of the files."""

    done: int = 0
    left: int = 0
    """With nothing to do."""
    refused: list[tuple[Path, str, str]] = field(default_factory=list)
    """File, code, sentence."""

    def refuse(self, path: Path, error: HocBaSoError) -> None:
        """Note why nothing was done."""
        self.refused.append((path, error.code, error.message_vi))

    @property
    def exit_code(self) -> ExitCode:
        """1 when something was refused."""
        return ExitCode.FAILED if self.refused else ExitCode.OK

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        refused = [{"file": str(path), "code": code, "message_vi": text} for path, code, text in self.refused]
        return {"done": self.done, "left": self.left, "refused": refused}

    def to_text(self, verb: str) -> str:
        """For people."""
        lines = [f"{verb}: {self.done} học bạ; không cần làm: {self.left}; không làm được: {len(self.refused)}"]
        lines += [f"  ! {path}: [{code}] {text}" for path, code, text in self.refused[:LISTED]]
        more = len(self.refused) - LISTED
        return "\n".join(lines + ([f"  … và {more} tệp nữa"] if more > 0 else []))


def evidence_path(record: Path) -> Path:
    """``<code>.evidence`` beside ``<code>.xml``; beside nothing for stdin."""
    return record.with_suffix(SUFFIX)


def bundle_beside(record: Path, named: Path | None = None) -> Bundle | Unreadable | None:
    """What lies beside a record, or in a folder or file named for it."""
    if named is not None and not named.is_dir():
        return read_bundle(read(named, MAX_BYTES))
    path = evidence_path(record)
    if named is not None:
        path = named / path.name
    return read_bundle(read(path, MAX_BYTES)) if path.exists() else None


def make(
    files: Sequence[Path],
    trust: TrustStore,
    stamper: Stamper,
    at: datetime,
    progress: Progressing,
    *,
    at_once: bool = False,
) -> Outcome:
    """One timestamp for every valid record that has no evidence yet.

    Unless ``at_once``, only where the authorities have spoken of the signers after their signatures are known: by
    timestamps in them, or because the file lies here (its status change, which no archive brings along).
    """
    outcome, gatherer, one = Outcome(), Gatherer(trust, at), Round()
    waiting: list[tuple[Path, frozenset[bytes], ValidationData]] = []
    with progress.stage("check", "Kiểm tra học bạ, gom dữ liệu xác thực", len(files), "tệp") as steps:
        for path in _each(files, steps):
            if evidence_path(path).exists():
                outcome.left += 1
                continue
            try:
                document = read_document(path)
                data = gatherer.of(document)
                verified = _require_valid(document, data, gatherer)
                if not at_once:
                    _require_settled(verified, data, min(at, _here_since(path)))
            except HocBaSoError as error:
                outcome.refuse(path, error)
                continue
            key = one.add(digests_of(document.data, data.to_bytes())(one.algorithm))
            waiting.append((path, key, data))
    if waiting:
        one.stamp(stamper, gatherer.vouch)
    with progress.stage("write", "Lấy một dấu thời gian, ghi bằng chứng", len(waiting), "tệp") as steps:
        for path, key, data in _each(waiting, steps):
            bundle = Bundle(data, EvidenceRecord((one.chain(key),)))
            if not outcome.done:
                _require_holding(bundle, path, trust, at)
            _write(outcome, path, bundle)
    return outcome


def _here_since(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_ctime, timezone.utc).replace(microsecond=0)


def _require_valid(document: Document, data: ValidationData, gatherer: Gatherer) -> Verification:
    result = gatherer.verify(document, data)
    if not result.valid:
        raise EvidenceError(
            "NOT_VALID",
            "Học bạ chưa hợp lệ, hoặc thiếu dữ liệu thu hồi, nên chưa lập được bằng chứng. Hãy xem hocbaso verify.",
            result.report.to_text("en"),
        )
    return result


def _require_settled(verified: Verification, data: ValidationData, had: datetime) -> None:
    since = unsettled(verified, data, had)
    if since is not None:
        raise EvidenceError(
            "TOO_EARLY",
            f"Danh sách thu hồi, trả lời OCSP đang có đều cũ hơn chữ ký được biết từ {write_instant(since)}. "
            "Hãy cập nhật thư mục tin cậy (hocbaso trust fetch) rồi lập lại, hoặc dùng --at-once.",
            "nothing about the signers is newer than their signatures are known",
        )


@dataclass(frozen=True)
class _Renewal:
    record: Path
    kind: str
    algorithm: str


def renew(
    files: Sequence[Path],
    trust: TrustStore,
    stamper: Stamper,
    at: datetime,
    before: datetime,
    progress: Progressing,
    *,
    algorithm: str = "sha512",
    advised: bool = False,
) -> Outcome:
    """Whatever would fail ``before`` then gets a new timestamp, or where its digest algorithm ends a new hash tree."""
    outcome, gatherer = Outcome(), Gatherer(trust, at)
    rounds: dict[str, Round] = {}
    waiting: list[tuple[_Renewal, frozenset[bytes]]] = []
    with progress.stage("check", "Kiểm tra bằng chứng đang có", len(files), "tệp") as steps:
        for path in _each(files, steps):
            try:
                bundle, file = _kept(path), read_record_file(path)
                verdict = bundle.check(file, trust, at)
                if not verdict.ok:
                    raise EvidenceError(verdict.sub_indication or "", verdict.message_vi, verdict.message_en)
                kind = due(bundle, trust, at, before, advised=advised)
                if kind is None:
                    outcome.left += 1
                    continue
                chosen = algorithm if kind == "tree" else bundle.record.chains[-1].algorithm
                renewal = _Renewal(path, kind, chosen)
                key = _key(renewal, bundle, file, gatherer)
            except HocBaSoError as error:
                outcome.refuse(path, error)
                continue
            waiting.append((renewal, rounds.setdefault(chosen, Round(chosen)).add(key)))
    for one in rounds.values():
        one.stamp(stamper, gatherer.vouch)
    tried: set[tuple[str, str]] = set()
    with progress.stage("write", "Lấy dấu thời gian mới, ghi bằng chứng", len(waiting), "tệp") as steps:
        for renewal, key in _each(waiting, steps):
            old = _kept(renewal.record)
            new = _renewed(old, renewal, key, rounds[renewal.algorithm], gatherer)
            if (renewal.kind, renewal.algorithm) not in tried:
                _require_holding(new, renewal.record, trust, at)
                tried.add((renewal.kind, renewal.algorithm))
            soonest = [next(newest_ends(one, trust, at, advised=advised)).moment for one in (old, new)]
            if soonest[1] > soonest[0]:
                _write(outcome, renewal.record, new)
            else:
                outcome.refuse(renewal.record, _NOT_LONGER)
    return outcome


def _require_holding(bundle: Bundle, record: Path, trust: TrustStore, at: datetime) -> None:
    """Tried once a timestamp before anything is written: nothing may rest on a service that is unknown here."""
    verdict = bundle.check(read_record_file(record), trust, at + CLOCK_SKEW)
    if not verdict.ok:
        raise EvidenceError(verdict.sub_indication or "", verdict.message_vi, verdict.message_en)


_NOT_LONGER = EvidenceError(
    "NOT_LONGER",
    "Dấu thời gian mới không dùng được lâu hơn dấu đang có nên không ghi. Hãy dùng dịch vụ dấu thời gian khác.",
    "the new timestamp lasts no longer than the present one",
)


def _write(outcome: Outcome, record: Path, bundle: Bundle) -> None:
    try:
        write(evidence_path(record), bundle.to_bytes())
        outcome.done += 1
    except HocBaSoError as error:
        outcome.refuse(record, error)


def _kept(path: Path) -> Bundle:
    if not evidence_path(path).exists():
        raise EvidenceError("NO_EVIDENCE", "Chưa có bằng chứng. Hãy chạy: hocbaso evidence make.", "no evidence yet")
    return Bundle.from_bytes(read(evidence_path(path), MAX_BYTES))


def _key(renewal: _Renewal, bundle: Bundle, file: bytes, gatherer: Gatherer) -> frozenset[bytes]:
    record = vouch_for(bundle.record, gatherer.vouch)
    if renewal.kind == "tree":
        return tree_key(record, bundle.group(file), renewal.algorithm)
    return renewal_key(record)


def _renewed(bundle: Bundle, renewal: _Renewal, key: frozenset[bytes], one: Round, gatherer: Gatherer) -> Bundle:
    record = vouch_for(bundle.record, gatherer.vouch)
    record = record.with_chain(one.chain(key)) if renewal.kind == "tree" else record.renewed(one.timestamp(key))
    return bundle.with_record(record)


def foretell(
    files: Sequence[Path],
    trust: TrustStore,
    now: datetime,
    until: datetime,
    progress: Progressing,
    *,
    advised: bool = False,
) -> tuple[Forecast, Outcome]:
    """The forecast, and the files that are no records."""
    outcome = Outcome()
    with progress.stage("forecast", "Xem trước", len(files), "tệp") as steps:

        def items() -> Iterator[tuple[str, Document, Bundle | Unreadable | None]]:
            for path in _each(files, steps):
                try:
                    yield str(path), read_document(path), bundle_beside(path)
                except HocBaSoError as error:
                    outcome.refuse(path, error)

        return forecast(items(), trust, now=now, until=until, advised=advised), outcome


def forecast_to_dict(found: Forecast) -> dict[str, Any]:
    """For programs."""
    return {
        "until": write_instant(found.until),
        "records": found.records,
        "without_evidence": found.without_evidence,
        "reasons": {reason.value: found.reasons[reason] for reason in Reason},
        "failing": [
            {
                "file": one.name,
                "reason": one.reason.value if one.reason else None,
                "ends": write_instant(one.ends) if one.ends else None,
                "message_vi": one.message_vi,
            }
            for one in found.failing
        ],
    }


def forecast_to_text(found: Forecast) -> str:
    """For people."""
    day = f"{found.until.astimezone(VIETNAM):%d/%m/%Y}"
    lines = [
        f"Nếu không làm gì, đến {day} có {len(found.failing)} trong {found.records} học bạ không còn kiểm tra được; "
        f"{found.without_evidence} học bạ chưa có bằng chứng."
    ]
    lines += [f"  {count:>6}  {REASONS_VI[reason]}" for reason, count in found.reasons.most_common()]
    lines += [f"  - {one.name}: {one.message_vi}" for one in found.failing[:LISTED]]
    more = len(found.failing) - LISTED
    return "\n".join(lines + ([f"  … và {more} học bạ nữa (--json để có đủ)"] if more > 0 else []))


def contents(bundle: Bundle) -> list[dict[str, Any]]:
    """Every timestamp of a bundle."""
    found = []
    for number, chain in enumerate(bundle.record.chains, 1):
        for one in chain.timestamps:
            token = read_token(one.stamp.token)
            data = one.stamp.data
            found.append(
                {
                    "chain": number,
                    "algorithm": chain.algorithm,
                    "time": write_instant(token.time),
                    "authority": common_name(token.certificate),
                    "authority_until": write_instant(token.certificate.not_valid_after_utc),
                    "tree_levels": len(one.path),
                    "certificates": len(data.certificates),
                    "crls": len(data.crls),
                    "ocsps": len(data.ocsps),
                }
            )
    return found


def contents_to_text(bundle: Bundle) -> str:
    """The same for people."""
    return "\n".join(
        f"{number}. {one['time']}, {one['authority']} (chứng thư đến {one['authority_until'][:10]}), "
        f"{one['algorithm']}; kèm {one['certificates']} chứng thư, {one['crls']} CRL, {one['ocsps']} OCSP"
        for number, one in enumerate(contents(bundle), 1)
    )


def _each(items: Sequence[Any], steps: Steps) -> Iterator[Any]:
    for item in items:
        yield item
        steps.advance()
