"""A native 온통청년 record (Open API `getPlcy`, all values strings) to a `Policy`."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from finq.policies import codes, regions
from finq.policies.documents import parse_documents
from finq.policies.model import IncomeKind, Marital, Policy
from finq.policies.periods import application, parse_date
from finq.policies.readings import (
    age_extension,
    education_forgotten,
    employment_forgotten,
    is_for_couples,
    local_to,
    place_forgotten,
    place_named,
    place_of,
)
from finq.policies.text import clean, clean_url, stated

# 2026 names of categories, by the 2025 names that FinQ uses throughout.
_CATEGORY_RENAMED = {"교육･직업훈련": "교육", "금융･복지･문화": "복지문화", "참여･기반": "참여권리"}
_DOTS = re.compile("[･‧․⋅·᭼ㆍ∙•]")
_NUMBER = re.compile(r"[0-9]{1,12}")
_AGE_MEANS_NO_LIMIT = 99
_WON_PER_MANWON = 10_000
_IMPLAUSIBLE_MANWON = 1_000_000  # 10 billion won a year: such an amount was typed in won
_INT_MAX = 2_147_483_647


class MalformedRecord(ValueError):
    """A document that cannot be a policy; the message says why, for the quarantine report."""


def normalise(record: Mapping[str, Any]) -> Policy:
    """Read one record. Odd values become "not stated"; only a record without an id or a name is refused.

    Raises:
        MalformedRecord: not an object, or without a usable `plcyNo` or `plcyNm`.
    """
    if not isinstance(record, Mapping):
        raise MalformedRecord(f"expected a JSON object, got {type(record).__name__}")
    get = _Reader(record)
    policy_id, policy_name = get.text("plcyNo"), get.text("plcyNm")
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,40}", policy_id):
        raise MalformedRecord("plcyNo is missing or not 1-40 letters, digits, '_' or '-'")
    if not policy_name:
        raise MalformedRecord("plcyNm is missing")
    kind, periods = application(get.text("aplyPrdSeCd"), get.text("aplyYmd"), get.text("bizPrdEtcCn"))
    region_codes, nationwide = _region_codes(get.raw("zipCd"))
    for_whom = get.words()
    words = get.words("ptcpPrpTrgtCn", "etcMttrCn")
    for code in (place_named(policy_name, region_codes), place_forgotten(region_codes, words)):
        if code:
            region_codes = tuple(sorted({*region_codes, code}))
    employment_codes, education_codes = get.codes("jobCd"), get.codes("schoolCd")
    max_age = _age(get.number("sprtTrgtMaxAge"))
    income_kind, min_income, max_income = _income(get)
    business_dates = parse_date(get.text("bizPrdBgngYmd")), parse_date(get.text("bizPrdEndYmd"))
    documents_text = get.text("sbmsnDcmntCn")
    try:
        return Policy(
            id=policy_id,
            name=policy_name,
            summary=get.text("plcyExplnCn"),
            support=get.text("plcySprtCn"),
            keywords=get.items("plcyKywdNm"),
            categories=_categories(get.items("lclsfNm")),
            subcategories=get.items("mclsfNm"),
            institution=_institution(get),
            operator=get.text("operInstCdNm"),
            min_age=_age(get.number("sprtTrgtMinAge")),
            max_age=max_age,
            age_extension=age_extension(max_age, words),
            nationwide=nationwide,
            local_to=local_to(get.text("pvsnInstGroupCd"), _registrar(get), words) if nationwide else None,
            region_codes=region_codes,
            employment_codes=(*employment_codes, *employment_forgotten(employment_codes, for_whom)),
            education_codes=(*education_codes, *education_forgotten(education_codes, for_whom)),
            major_codes=get.codes("plcyMajorCd"),
            special_codes=get.codes("sbizCd"),
            marital_status=_marital(get.text("mrgSttsCd"), words),
            income_kind=income_kind,
            min_income=min_income,
            max_income=max_income,
            income_text=get.stated("earnEtcCn"),
            application_kind=kind,
            application_periods=periods,
            application_text=get.text("aplyYmd"),
            business_start=business_dates[0],
            business_end=business_dates[1],
            business_text=get.stated("bizPrdEtcCn"),
            how_to_apply=get.stated("plcyAplyMthdCn"),
            selection=get.stated("srngMthdCn"),
            apply_url=clean_url(get.raw("aplyUrlAddr")),
            reference_urls=tuple(filter(None, (clean_url(get.raw(f"refUrlAddr{n}")) for n in (1, 2)))),
            documents_text=documents_text,
            documents=parse_documents(documents_text),
            extra_conditions=get.stated("addAplyQlfcCndCn"),
            exclusions=get.stated("ptcpPrpTrgtCn"),
            notes=get.stated("etcMttrCn"),
            first_come={"Y": True, "N": False}.get(get.text("sprtArvlSeqYn")),
            quota=get.number("sprtSclCnt") or None,
            views=get.number("inqCnt") or 0,
            registered_at=get.timestamp("frstRegDt"),
            modified_at=get.timestamp("lastMdfcnDt"),
            raw=dict(record),
        )
    except ValidationError as error:
        raise MalformedRecord("; ".join(str(problem["msg"]) for problem in error.errors())) from None


class _Reader:
    """Typed look at a record whose keys may be missing and whose values may be anything."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self._record = record
        self._texts: dict[str, str] = {}

    def raw(self, key: str) -> str:
        value = self._record.get(key)
        if isinstance(value, str):
            return value
        return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""

    def text(self, key: str) -> str:
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = clean(self.raw(key))
        return text

    def stated(self, key: str) -> str:
        return stated(self.raw(key))

    def words(self, *more: str) -> str:
        """What the record says in words about whom it is for, and the fields `more`."""
        return "\n".join(self.text(key) for key in ("plcyNm", "plcyExplnCn", "plcySprtCn", "addAplyQlfcCndCn", *more))

    def items(self, key: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(filter(None, map(str.strip, self.text(key).split(",")))))

    def codes(self, key: str) -> tuple[str, ...]:
        """Codes of a condition; empty where the "no limit" code is among them."""
        listed = self.items(key)
        return () if codes.NO_LIMIT[key] in listed else listed

    def number(self, key: str) -> int | None:
        digits = self.text(key).replace(",", "")
        value = int(digits) if _NUMBER.fullmatch(digits) else None
        return value if value is not None and value <= _INT_MAX else None

    def timestamp(self, key: str) -> datetime | None:
        try:
            return datetime.fromisoformat(self.text(key)).replace(tzinfo=None)
        except ValueError:
            return None


@lru_cache(maxsize=1_000)  # many policies list all of a 시도, or of the country
def _region_codes(listed: str) -> tuple[tuple[str, ...], bool]:
    codes = (code.strip() for code in clean(listed).split(","))
    return regions.normalise_codes(code for code in codes if re.fullmatch(r"[0-9]{5}", code))


def _categories(listed: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_CATEGORY_RENAMED.get(_DOTS.sub("･", item), item) for item in listed))


def _institution(get: _Reader) -> str:
    """The supervising office, led by its place where it names none ("북구", "인구정책과" say too little)."""
    supervisor, registrar = get.text("sprvsnInstCdNm"), get.text("rgtrInstCdNm")
    if not supervisor or registrar.endswith(supervisor):
        return registrar or supervisor
    words = registrar.split()
    place = next((words[:count] for count in (3, 2, 1) if regions.parse_region(" ".join(words[:count]))), [])
    if not place or supervisor.startswith(place[0]):
        return supervisor
    missing = [word for word in place if word not in supervisor]
    return " ".join([*missing, supervisor])


def _registrar(get: _Reader) -> str:
    """Who entered the record; the government above them where the office says no place."""
    keys = ("rgtrInstCdNm", "rgtrUpInstCdNm", "rgtrHghrkInstCdNm")
    return next((name for name in map(get.text, keys) if place_of(name)), "")


def _age(value: int | None) -> int | None:
    """0 and 99, 100, 999 mean "no limit on that side"; `sprtTrgtAgeLmtYn` is unreliable and not read."""
    return value if value and value < _AGE_MEANS_NO_LIMIT else None


def _marital(code: str, words: str) -> Marital | None:
    if code == codes.MARITAL["married"][0]:
        return "married"
    return "single" if code == codes.MARITAL["single"][0] and not is_for_couples(words) else None


def _income(get: _Reader) -> tuple[IncomeKind, int | None, int | None]:
    code = get.text("earnCndSeCd")
    low, high = (_manwon(get.number(key)) for key in ("earnMinAmt", "earnMaxAmt"))
    if code == "0043002" and (low or high):
        return "annual", low, high
    if code in ("0043002", "0043003"):
        return ("text", None, None) if get.stated("earnEtcCn") else ("any", None, None)
    return "any", None, None


def _manwon(amount: int | None) -> int | None:
    if not amount:
        return None
    return amount // _WON_PER_MANWON if amount >= _IMPLAUSIBLE_MANWON else amount
