"""`python -m finq_ops.cost`: computes the tables of docs/cost.md and docs/capacity.md anew."""

from finq_local.stack.layout import PROJECT
from finq_ops.cost.pages import pages

if __name__ == "__main__":
    for page, text in pages(PROJECT).items():
        page.write_text(text, encoding="utf-8")
        print(page.relative_to(PROJECT))  # noqa: T201
