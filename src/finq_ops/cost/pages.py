"""The tables of docs/cost.md and docs/capacity.md, between their marks. `python -m finq_ops.cost` rewrites them."""

from collections.abc import Sequence
from pathlib import Path

from finq_local.functions import load_functions
from finq_ops.cost.capacity import bounds
from finq_ops.cost.figures import Figures, load_figures
from finq_ops.cost.month import ARCHITECTURE, answer_price, month, switches

BEGIN, END = "<!-- computed: python -m finq_ops.cost -->", "<!-- end -->"
_SCALES = (1e6, 1e7, 1e8)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines: list[tuple[str, ...]] = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _usd(value: float) -> str:
    return f"{value:.10f}".rstrip("0").rstrip(".")


def cost_tables(figures: Figures) -> str:
    """Parts by scale, what answers alone cost, what switches cost, and the prices with their origin."""
    months = [month(figures, requests) for requests in _SCALES]
    rows: list[tuple[str, ...]] = [
        (part, f"{ARCHITECTURE[part]:,.2f}" if part in ARCHITECTURE else "", *(f"{m.parts[part]:,.2f}" for m in months))
        for part in months[0].parts
    ]
    totals = (f"{sum(ARCHITECTURE.values()):,.2f}", *(f"{m.total:,.2f}" for m in months))
    rows.append(("**total**", *(f"**{total}**" for total in totals)))
    shares = [
        (f"{share:.1%}", f"{1e6 * share:,.0f}", f"{m.parts['Bedrock, chat']:,.0f}", f"{m.total:,.0f}")
        for share in (0.001, 0.01, 0.05, 0.2, 1.0)
        for m in [month(figures, 1e6, share)]
    ]
    price = answer_price(figures)
    prices = [
        (
            name.replace("_", " "),
            f"{figure.value:.10f}".rstrip("0"),
            "yes" if figure.checked else "**no**",
            figure.origin,
        )
        for name, figure in figures.prices.items()
    ]
    return "\n\n".join(
        (
            _table(("USD a month", "architecture, 1 M", "1 M requests", "10 M", "100 M"), rows),
            f"One answer costs {price:.4f} USD at Bedrock: the architecture's 15 USD buy {15 / price:,.0f} of them.",
            _table(("of 1 M requests are questions", "answers", "Bedrock, chat", "total"), shares),
            _table(("switch", "USD a month"), [(name, f"{usd:,.2f}") for name, usd in switches(figures).items()]),
            f"Prices of {figures.day}:",
            _table(("price", "USD", "read for Seoul", "where"), prices),
        )
    )


def capacity_table(figures: Figures, project: Path) -> str:
    """Quotas, the first to bind on top."""
    chatbot = load_functions(project / "functions.yaml")["finkurn-chatbot"]
    found = sorted(bounds(figures, getattr(chatbot, "reserved_concurrency", None)), key=lambda bound: bound.chats)
    rows = [(b.quota, f"{b.limit:,.0f}", f"{b.chats:,.0f}", b.then, b.origin) for b in found]
    return _table(("quota", "default", "answers at a time", "then", "where"), rows)


def pages(project: Path) -> dict[Path, str]:
    """Page -> its text with tables computed anew."""
    figures = load_figures()
    tables = {"cost.md": cost_tables(figures), "capacity.md": capacity_table(figures, project)}
    texts = {}
    for name, table in tables.items():
        page = project / "docs" / name
        before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        texts[page] = f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}"
    return texts
