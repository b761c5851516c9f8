"""Whether a person meets a policy's limits: eligible, not, or unknown, with the reasons in Korean.

What was decided, and why:

- What a person has not told never rules a policy out; it makes the verdict "unknown".
- Only coded limits rule out (`coded`). Free text (`wording`) contradicts itself and the codes too often: what is
  read there makes a verdict "unknown", or confirms a limit that is met, and never turns anybody away.
- A record without any limit is "eligible". One that states further conditions in words (3 in 10 do: "졸업 후 2년
  이내", "관내 기업 재직") is "unknown" with the words as the reason: nearly all of them do limit, and telling
  somebody "가능" who then is refused costs more than one look at the conditions. Words that limit nobody ("제한없음",
  "저소득층 우선") do not count.
- Exclusions in words ("중복 수혜자 제외") are exceptions and taken not to apply, unless they name what the person
  said to be ("대학 재학생 제외" to a student): that is "unknown".
- A birth year leaves two ages (`Applicant.maybe_younger`). Where one of them fits, the verdict is "unknown". So it is
  for somebody a few years too old for a policy that adds the years of military service.

The searches' filters (`finq.policies.filters`) let through exactly what is not "not_eligible" here.
"""

from finq.policies.eligibility.applicant import Applicant
from finq.policies.eligibility.coded import accepted_codes, age_text, income_text, ruled_out_groups
from finq.policies.eligibility.rule import assess
from finq.policies.eligibility.verdict import Limit, Reason, Verdict, VerdictStatus

__all__ = [
    "Applicant",
    "Limit",
    "Reason",
    "Verdict",
    "VerdictStatus",
    "accepted_codes",
    "age_text",
    "assess",
    "income_text",
    "ruled_out_groups",
]
