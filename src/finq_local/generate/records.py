"""Generated policies in the native record form, with the frequencies of the real corpus."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

from finq.policies import codes, regions
from finq_local.generate import frequencies, topics
from finq_local.generate.texts import Filler, write_texts
from finq_local.generate.topics import Topic

REFERENCE_DAY = date(2026, 6, 1)  # the day round which application periods lie unless the caller names one
_CATEGORY_2026 = {"교육": "교육･직업훈련", "복지문화": "금융･복지･문화", "참여권리": "참여･기반"}
_MIDDLE_2026 = {"문화활동": "문화활동 및 생활지원", "온라인교육": "온·오프라인교육 "}


def generate(count: int, seed: int, *, today: date = REFERENCE_DAY) -> Iterator[dict[str, str]]:
    """`count` native records, one at a time; the n-th depends on `seed`, `today` and n alone.

    Raises:
        ValueError: count is negative.
    """
    if count < 0:
        raise ValueError(f"count must not be negative, not {count}")
    rng = random.Random(f"policies {seed}")  # noqa: S311 - data for benchmarks, no secret
    for number in range(count):
        yield _record(rng, number, today)


def _record(rng: random.Random, number: int, today: date) -> dict[str, str]:
    era_2026 = rng.random() < 0.24
    topic = pick_topic(rng)
    zip_codes, place, institution = _region(rng)
    registered = today - timedelta(days=rng.randint(0, 150) if era_2026 else rng.randint(151, 516))
    minimum, maximum = frequencies.AGES.draw(rng)
    job = frequencies.JOBS.draw(rng)
    if topic.job and job == "0013010" and rng.random() < 0.5:
        job = topic.job
    income, income_max = frequencies.INCOMES.draw(rng), str(rng.randrange(2400, 9000, 100))
    central = institution == _CENTRAL
    fill = Filler(rng, place)
    kind, dates = _period(rng, registered)
    business = rng.random() < 0.63
    institution_code = f"99{zip_codes[:2]}{rng.randrange(1000):03d}"
    return {
        "plcyNo": f"{registered:%Y%m%d}98{number:010d}",
        "bscPlanCycl": "2" if era_2026 else "1",
        "bscPlanPlcyWayNo": f"{list(codes.CATEGORIES).index(topic.category) + 1:03d}",
        "bscPlanFcsAsmtNo": f"{rng.randint(1, 17):03d}",
        "bscPlanAsmtNo": f"{rng.randint(1, 45):03d}",
        "pvsnInstGroupCd": "0054001" if central else "0054002",
        "plcyPvsnMthdCd": frequencies.METHODS.draw(rng),
        "plcyAprvSttsCd": "0044002",
        "plcyNm": fill(rng.choice(topic.names)) + (" " if rng.random() < 0.03 else ""),
        "plcyKywdNm": topic.keyword,
        "plcyExplnCn": "",
        "lclsfNm": _CATEGORY_2026.get(topic.category, topic.category) if era_2026 else topic.category,
        "mclsfNm": _MIDDLE_2026.get(topic.subcategory, topic.subcategory) if era_2026 else topic.subcategory,
        "plcySprtCn": "",
        "sprvsnInstCd": institution_code,
        "sprvsnInstCdNm": institution,
        "sprvsnInstPicNm": "",
        "operInstCd": "       ",
        "operInstCdNm": "",
        "operInstPicNm": "",
        "sprtSclLmtYn": "Y" if rng.random() < 0.27 else "N",
        "aplyPrdSeCd": kind,
        "bizPrdSeCd": "0056001" if business else "0056002",
        "bizPrdBgngYmd": f"{registered:%Y}0101" if business else " " * 8,
        "bizPrdEndYmd": f"{registered:%Y}1231" if business else " " * 8,
        "bizPrdEtcCn": "" if business else rng.choice(("상시", "연중", "예산 소진시까지", "")),
        "plcyAplyMthdCn": "",
        "srngMthdCn": "",
        "aplyUrlAddr": f"https://youth-{rng.randrange(10_000)}.example/apply" if rng.random() < 0.35 else "",
        "sbmsnDcmntCn": "",
        "etcMttrCn": "",
        "refUrlAddr1": "www.policy.example" if rng.random() < 0.02 else "",
        "refUrlAddr2": "",
        "sprtSclCnt": str(rng.randrange(5, 2000)) if rng.random() < 0.42 else "0",
        "sprtArvlSeqYn": frequencies.FIRST_COME.draw(rng),
        "sprtTrgtMinAge": minimum,
        "sprtTrgtMaxAge": maximum,
        "sprtTrgtAgeLmtYn": "Y" if (minimum, maximum) == ("0", "0") or rng.random() < 0.2 else "N",
        "mrgSttsCd": frequencies.MARITAL.draw(rng),
        "earnCndSeCd": {"any": "0043001", "annual": "0043002", "text": "0043003"}[income],
        "earnMinAmt": "0",
        "earnMaxAmt": income_max if income == "annual" else "0",
        "earnEtcCn": fill(rng.choice(topics.INCOME_TEXTS)) if income == "text" else "",
        "addAplyQlfcCndCn": "",
        "ptcpPrpTrgtCn": "",
        "inqCnt": str(int(rng.paretovariate(0.9) * 20) % 100_000),
        "rgtrInstCd": institution_code,
        "rgtrInstCdNm": institution,
        "rgtrUpInstCd": "",
        "rgtrUpInstCdNm": "",
        "rgtrHghrkInstCd": "",
        "rgtrHghrkInstCdNm": "",
        "zipCd": zip_codes,
        "plcyMajorCd": frequencies.MAJORS.draw(rng),
        "jobCd": job,
        "schoolCd": frequencies.SCHOOLS.draw(rng),
        "aplyYmd": dates,
        "frstRegDt": f"{registered:%Y-%m-%d} {rng.randint(9, 18):02d}:{rng.randrange(60):02d}:00",
        "lastMdfcnDt": f"{registered:%Y-%m-%d} 18:30:{rng.randrange(60):02d}",
        "sbizCd": frequencies.SPECIALS.draw(rng),
    } | write_texts(rng, topic, fill)


def pick_topic(rng: random.Random) -> Topic:
    """A subject, its category as often as the real corpus has it."""
    return rng.choice(topics.BY_CATEGORY[frequencies.CATEGORIES.draw(rng)])


def pick_sido(rng: random.Random) -> str:
    """A 시도 (2 digits), as often as the real corpus has programmes there."""
    return frequencies.SIDO.draw(rng)


_CENTRAL = "청년정책지원처"


def _region(rng: random.Random) -> tuple[str, str, str]:
    """(zipCd, name of the place for texts, institution)."""
    scope = frequencies.SCOPES.draw(rng)
    if scope == "nationwide":
        return _nationwide(), "전국", _CENTRAL
    sido = pick_sido(rng)
    name = regions.sido_names()[sido]
    districts = sigungu_of(sido)
    if scope == "sido" or len(districts) == 1:
        return ",".join(districts), regions.SIDO_SHORT[sido], f"{name} 청년정책과"
    chosen = sorted(rng.sample(districts, 1 if scope == "one" else min(len(districts), rng.randint(2, 5))))
    place = regions.names()[chosen[0]][1]
    return ",".join(chosen), place, f"{name} {place}"


@cache
def sigungu_of(sido: str) -> tuple[str, ...]:
    """Codes of a 시도's 시군구, without the cities that have districts of their own."""
    parents = {regions.parent(code) for code in regions.names()}
    return tuple(code for code in sorted(regions.names()) if code[:2] == sido and code not in parents)


@cache
def _nationwide() -> str:
    return ",".join(code for sido in sorted(regions.SIDO_SHORT) for code in sigungu_of(sido))


def _period(rng: random.Random, registered: date) -> tuple[str, str]:
    """(aplyPrdSeCd, aplyYmd)."""
    kind = frequencies.PERIODS.draw(rng)
    if kind != "0057001":
        return kind, ""
    start = registered + timedelta(days=rng.randint(-90, 60))
    end = start + timedelta(days=rng.choice((0, 6, 13, 13, 20, 30, 30, 60, 90, 180, 240, 364)))
    return kind, f"{start:%Y%m%d} ~ {end:%Y%m%d}"
