"""What a message says about the person and their wish, by rules alone: pure, quick, no model."""

from datetime import date
from typing import cast

from finq.policies.understanding.merging import Merged, merge, together
from finq.policies.understanding.stated import Age, Fact, MaritalStatus, Stated

__all__ = ["Age", "Fact", "Merged", "Stated", "merge", "together", "understand"]


def understand(text: str, today: date) -> Stated:
    """Facts that `text` states; `today` turns years of birth into ages. Never raises, whatever the text."""
    # Compiling their patterns takes a tenth of the backend's cold start, and few of its requests ask for any.
    from finq.policies.understanding import (  # noqa: PLC0415
        ages,
        circumstances,
        money,
        residence,
        topic,
        wishes,
    )

    age = ages.find(text, today)
    home = residence.find(text)
    income, median = money.annual_income(text), money.median_percent(text)
    told, many = circumstances.find(text)
    owns = told.get("home")
    return Stated(
        topic=topic.without(text, [fact for fact in (age, home.region, income, median) if fact]),
        age=age,
        region_code=home.region,
        region_candidates=home.candidates,
        several_regions=home.several,
        other_regions=home.others,
        employment=told.get("employment"),
        education=told.get("education"),
        marital_status=cast(Fact[MaritalStatus] | None, told.get("marital_status")),
        annual_income=income,
        median_income_percent=median,
        owns_home=Fact(owns.value == "yes", owns.start, owns.end) if owns else None,
        major=told.get("major"),
        special=tuple(many["special"]),
        not_special=tuple(many["not_special"]),
        categories=wishes.categories(text),
        apply_by=wishes.apply_by(text, today),
        always_open=wishes.always_open(text),
        closed=wishes.asks_for_closed(text),
        employs=wishes.support_for_employing(text),
    )
