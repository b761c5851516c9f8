"""Limits that a record carries in codes and numbers. These, and only these, rule people out."""

from collections.abc import Iterable

from finq.policies import codes, regions
from finq.policies.eligibility.applicant import Applicant
from finq.policies.eligibility.verdict import Limit, Reason, failed, met, unsure
from finq.policies.model import Policy

_OTHER = "other"  # 기타: may mean anything, so it never rules anybody out
_KIND: dict[Limit, str] = {"employment": "취업 상태", "education": "학력", "major": "전공", "special": "대상"}


def accepted_codes(table: dict[str, tuple[str, str]], name: str) -> frozenset[str]:
    """Native codes that may concern somebody who is `name`: their own, near ones, and 기타, which may be anything."""
    near = (also for also in codes.MAY_COUNT_AS.get(name, ()) if also in table)
    return frozenset(table[other][0] for other in (name, _OTHER, *near))


def ruled_out_groups(applicant: Applicant) -> frozenset[str]:
    """Native codes of the special groups that the person said they are not in."""
    names = applicant.not_special - applicant.special - {_OTHER}
    return frozenset(codes.SPECIAL[name][0] for name in names if name in codes.SPECIAL)


def age_text(policy: Policy) -> str:
    """Like "만 19~34세", "만 19세 이상", "만 39세 이하" or "나이 제한 없음"."""
    low, high = policy.min_age, policy.max_age
    if low is None and high is None:
        return "나이 제한 없음"
    if high is None:
        return f"만 {low}세 이상"
    if low is None:
        return f"만 {high}세 이하"
    return f"만 {low}세" if low == high else f"만 {low}~{high}세"


def income_text(policy: Policy) -> str:
    """Like "연 5,000만원 이하", the record's own words, or "" when income does not matter."""
    if policy.income_kind != "annual":
        return policy.income_text
    low, high = policy.min_income, policy.max_income
    if low and high:
        return f"연 {low:,}만~{high:,}만원"
    return f"연 {high:,}만원 이하" if high else f"연 {low:,}만원 이상" if low else policy.income_text


def age(policy: Policy, applicant: Applicant) -> Reason | None:
    """Both ages that a birth year leaves count, and the years by which the upper limit is wider for some."""
    low, high, most, least = policy.min_age, policy.max_age, applicant.age, applicant.least_age
    if low is None and high is None:
        return None
    what = age_text(policy)
    if most is None or least is None:
        return unsure("age", what)
    too_young = low is not None and most < low
    too_old = high is not None and least > high + policy.age_extension
    if too_young or too_old:
        return failed("age", what, f"만 {most}세" if least == most else f"만 {least}~{most}세")
    if high is not None and least > high:
        up_to = high + policy.age_extension
        return unsure("age", what, f"병역을 마쳤거나 다른 조건이 맞으면 만 {up_to}세까지 될 수 있어요")
    if (low is not None and least < low) or (high is not None and most > high):
        return unsure("age", what, "생일에 따라 달라요")
    return met("age", what)


def region(policy: Policy, applicant: Applicant) -> Reason | None:
    """Where one must live. A local government's programme open to the whole country may still ask for residence."""
    here = applicant.region_code
    if policy.nationwide:
        return _local_to(policy.local_to, here) if policy.local_to else None
    what = regions.describe(policy.region_codes, nationwide=False)
    if here is None or not policy.region_codes:
        return unsure("region", what)
    match regions.coverage(policy.region_codes, here):
        case "full":
            return met("region", what)
        case "partial":
            return unsure("region", what, "사는 시·군·구에 따라 달라요")
        case "none":
            return failed("region", what, _place(here))


def _local_to(place: str, here: str | None) -> Reason:
    what = f"전국({_place(place)} 사업)"
    at_home = here is not None and (here in regions.related(place) if len(place) == 5 else here[:2] == place)
    return met("region", what) if at_home else unsure("region", what, "거주 조건 확인 필요")


def _place(code: str) -> str:
    try:
        return regions.name(code)
    except KeyError:  # a code that has been abolished since it was stored
        return "다른 지역"


def employment(policy: Policy, applicant: Applicant) -> Reason | None:
    """Working or not, and how."""
    return _one_of("employment", codes.EMPLOYMENT, policy.employment_codes, applicant.employment)


def education(policy: Policy, applicant: Applicant) -> Reason | None:
    """The school one is at or has finished."""
    return _one_of("education", codes.EDUCATION, policy.education_codes, applicant.education)


def major(policy: Policy, applicant: Applicant) -> Reason | None:
    """What one studies or has studied."""
    return _one_of("major", codes.MAJOR, policy.major_codes, applicant.major)


def marital_status(policy: Policy, applicant: Applicant) -> Reason | None:
    """Married or not."""
    if policy.marital_status is None:
        return None
    what, told = codes.MARITAL[policy.marital_status][1], applicant.marital_status
    if told is None:
        return unsure("marital_status", what)
    if told == policy.marital_status:
        return met("marital_status", what)
    return failed("marital_status", what, codes.MARITAL[told][1])


def special(policy: Policy, applicant: Applicant) -> Reason | None:
    """Groups of which one must be in one: 여성, 장애인, 농업인, ..."""
    listed = policy.special_codes
    if not listed:
        return None
    what = _labels("special", codes.SPECIAL, listed)
    if {code for name, (code, _) in codes.SPECIAL.items() if name in applicant.special}.intersection(listed):
        return met("special", what)
    if ruled_out_groups(applicant).issuperset(listed):
        return Reason("special", "not_eligible", f"{what}: 해당 없음")
    return unsure("special", what)


def annual_income(policy: Policy, applicant: Applicant) -> Reason | None:
    """Amounts in 만원 a year.

    Where there are two, the lower one rules nobody out: in every real record that has two they are the upper limits
    of two groups (single people and couples), not a floor. Who is between them may belong to either.
    """
    if policy.income_kind != "annual":
        return None
    low, high, told = policy.min_income, policy.max_income, applicant.annual_income
    what = f"소득 {income_text(policy)}".rstrip()
    if told is None:
        return unsure("income", what)
    if (high is not None and told > high) or (low is not None and high is None and told < low):
        return failed("income", what, f"연 {told:,}만원")
    between = low and high and low < told < high
    return unsure("income", what, "대상에 따라 달라요") if between else met("income", what)


def _one_of(
    limit: Limit, table: dict[str, tuple[str, str]], listed: tuple[str, ...], name: str | None
) -> Reason | None:
    if not listed:
        return None
    what = _labels(limit, table, listed)
    if name is None or name not in table:
        return unsure(limit, what)
    if table[name][0] in listed:
        return met(limit, what)
    if accepted_codes(table, name).isdisjoint(listed):
        return failed(limit, what, table[name][1])
    return unsure(limit, what)


def _labels(limit: Limit, table: dict[str, tuple[str, str]], listed: Iterable[str]) -> str:
    labels = dict(table.values())
    named = [labels.get(code, code) for code in listed]
    return f"기타 {_KIND[limit]}" if named == ["기타"] else ", ".join(named)
