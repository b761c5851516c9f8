"""Free texts of generated policies, as long as real ones."""

import math
import random
from collections.abc import Callable
from itertools import cycle

from finq_local.generate import topics
from finq_local.generate.topics import Topic

# Characters of all texts of a record: log-normal with median 279 and 90th percentile 856, longest seen 3,570.
_LENGTH_MEDIAN = 279
_LENGTH_SIGMA = math.log(856 / 279) / 1.2816
_LENGTH_MAX = 3_500

_AMOUNTS = (5, 10, 15, 20, 25, 30, 40, 50, 60, 70)
_MONTHS = (3, 4, 6, 8, 10, 12, 18, 24, 36)


class Filler:
    """Fills the slots of a sentence, each time with other figures."""

    def __init__(self, rng: random.Random, place: str) -> None:
        self._rng, self._place = rng, place

    def __call__(self, sentence: str) -> str:
        if "{" not in sentence:
            return sentence
        draw = self._rng.random
        return sentence.format(
            place=self._place,
            amount=_AMOUNTS[int(draw() * len(_AMOUNTS))],
            months=_MONTHS[int(draw() * len(_MONTHS))],
            count=10 + 5 * int(draw() * 180),
            percent=1 + int(draw() * 4),
            times=2 + int(draw() * 9),
        )


def write_texts(rng: random.Random, topic: Topic, fill: Filler) -> dict[str, str]:
    """The free text fields of a record, together about as long as the record's drawn length."""
    budget = min(rng.lognormvariate(math.log(_LENGTH_MEDIAN), _LENGTH_SIGMA), _LENGTH_MAX) - 60
    bullet, newline = rng.choice(topics.BULLETS), "\r\n" if rng.random() < 0.05 else "\n"
    support = [fill(line) for line in topic.lines]
    texts = {"plcyExplnCn": fill(f"{{place}} 청년을 위한 {topic.ask} 사업으로 부담을 덜고 자립을 도움")}
    optional: dict[str, tuple[float, Callable[[], str]]] = {
        "plcyAplyMthdCn": (0.57, lambda: fill(rng.choice(topics.HOW_TO_APPLY))),
        "srngMthdCn": (0.34, lambda: rng.choice(topics.SELECTION)),
        "sbmsnDcmntCn": (0.36, lambda: _documents(rng, newline)),
        "addAplyQlfcCndCn": (0.35, lambda: fill(topics.DETAILS[0])),
        "ptcpPrpTrgtCn": (0.24, lambda: fill(rng.choice(topics.DETAILS[3:5]))),
        "etcMttrCn": (0.19, lambda: fill(rng.choice(topics.DETAILS[10:]))),
    }
    for key, (share, write) in optional.items():
        if rng.random() < share:
            texts[key] = write()
    used = sum(map(len, texts.values())) + sum(map(len, support))
    details = cycle(rng.sample(topics.DETAILS, len(topics.DETAILS)))
    while used < budget:
        line = fill(next(details))
        support.append(line)
        used += len(line) + len(bullet) + 1
    return texts | {"plcySprtCn": newline.join(bullet + line for line in support)}


def _documents(rng: random.Random, newline: str) -> str:
    papers = rng.sample(topics.DOCUMENTS, rng.randint(2, 6))
    style = rng.randrange(6)
    if style == 0:
        return rng.choice(("-", "해당없음", "별도 안내", "붙임 공고문 참고"))
    if style in (1, 2):
        return ", ".join(papers)
    numbers = {3: "{}. ", 4: "- ", 5: "①②③④⑤⑥"}[style]
    marks = [numbers[i] if style == 5 else numbers.format(i + 1) for i in range(len(papers))]
    return newline.join(mark + paper for mark, paper in zip(marks, papers, strict=True))
