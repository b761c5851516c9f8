"""Generated policies: the native form, the same for the same seed, distributed like the real corpus."""

import itertools
import json
import statistics
import tracemalloc
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from finq.policies import codes, regions
from finq.policies.normalise import normalise
from finq_local import sample
from finq_local.generate import REFERENCE_DAY, generate
from finq_local.generate.__main__ import main

RECORDS = list(generate(2_000, 7))
TEXTS = (  # noqa: SIM905 - readable
    "plcyNm plcyKywdNm plcyExplnCn lclsfNm mclsfNm plcySprtCn sprvsnInstCdNm bizPrdEtcCn plcyAplyMthdCn srngMthdCn "
    "sbmsnDcmntCn etcMttrCn earnEtcCn addAplyQlfcCndCn ptcpPrpTrgtCn"
).split()


def share(field: str, value: str) -> float:
    return sum(record[field] == value for record in RECORDS) / len(RECORDS)


def test_same_fields_in_the_same_order_as_the_sample() -> None:
    fields = list(next(sample.records(REFERENCE_DAY)))
    assert all(list(record) == fields for record in RECORDS)
    assert all(isinstance(value, str) for record in RECORDS for value in record.values())


def test_same_seed_same_records_and_a_longer_run_begins_with_a_shorter() -> None:
    assert list(generate(300, 7)) == RECORDS[:300]
    assert list(generate(300, 8)) != RECORDS[:300]
    assert len({record["plcyNo"] for record in RECORDS}) == len(RECORDS)


def test_every_record_normalises() -> None:
    loaded = [normalise(record) for record in RECORDS]
    assert {name for policy in loaded for name in policy.categories} == set(codes.CATEGORIES)
    assert {code for policy in loaded for code in policy.region_codes} <= set(regions.names())
    assert {code for policy in loaded for code in policy.sido_codes} == set(regions.SIDO_SHORT)


def test_distributions_are_those_of_the_real_corpus() -> None:
    assert share("sprtTrgtMinAge", "0") == pytest.approx(0.29, abs=0.04)
    ages = Counter((record["sprtTrgtMinAge"], record["sprtTrgtMaxAge"]) for record in RECORDS)
    assert [pair for pair, _ in ages.most_common(3)] == [("19", "39"), ("0", "0"), ("18", "39")]
    assert share("aplyPrdSeCd", "0057001") == pytest.approx(0.50, abs=0.04)
    assert share("aplyPrdSeCd", "0057002") == pytest.approx(0.09, abs=0.03)
    assert share("earnCndSeCd", "0043001") == pytest.approx(0.86, abs=0.03)
    assert share("mrgSttsCd", "0055003") == pytest.approx(0.97, abs=0.02)
    nationwide = sum(record["zipCd"].count(",") >= 224 for record in RECORDS) / len(RECORDS)
    assert nationwide == pytest.approx(0.18, abs=0.03)
    categories = Counter(normalise(record).categories[0] for record in RECORDS)
    assert [name for name, _ in categories.most_common()][:2] == ["일자리", "복지문화"]


def test_lengths_are_those_of_the_real_corpus() -> None:
    lengths = sorted(sum(len(record[field].strip()) for field in TEXTS) for record in RECORDS)
    assert statistics.median(lengths) == pytest.approx(279, rel=0.1)
    assert lengths[len(lengths) * 9 // 10] == pytest.approx(856, rel=0.12)
    assert lengths[-1] < 4_000


def test_periods_lie_round_the_day_named() -> None:
    day = date(2030, 3, 3)
    status = Counter(normalise(record).application_status(day) for record in generate(1_000, 1, today=day))
    assert set(status) == {"open", "upcoming", "always", "closed"}
    assert min(status.values()) >= 10


def test_memory_does_not_grow_with_the_count() -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in generate(count, 3):
            pass
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    peak(50)  # caches of names and regions
    assert peak(500) < peak(50) + 50_000


def test_a_million_records_start_at_once() -> None:
    assert len(list(itertools.islice(generate(1_000_000, 1), 3))) == 3


def test_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        next(generate(-1, 1))


def test_command_writes_one_file_a_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--count", "5", "--seed", "7", "--out", str(tmp_path / "new")]) == 0
    written = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "new").iterdir()}
    assert written == {record["plcyNo"]: record for record in RECORDS[:5]}
    assert "5 records" in capsys.readouterr().out


def test_command_refuses_a_negative_count(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["--count", "-5", "--out", str(tmp_path)])
