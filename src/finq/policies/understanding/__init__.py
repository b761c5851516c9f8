"""What a message says about the person and their wish, by rules alone: pure, quick, no model."""

from datetime import date

from finq.policies.understanding import ages, residence, topic
from finq.policies.understanding.stated import Age, Fact, Stated

__all__ = ["Age", "Fact", "Stated", "understand"]


def understand(text: str, today: date) -> Stated:
    """Facts that `text` states; `today` turns years of birth into ages. Never raises, whatever the text."""
    age = ages.find(text, today)
    home = residence.find(text)
    return Stated(
        topic=topic.without(text, [fact for fact in (age, home.region) if fact]),
        age=age,
        region_code=home.region,
        region_candidates=home.candidates,
    )
