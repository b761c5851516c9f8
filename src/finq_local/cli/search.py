"""`finq search`: policies by REST."""

import json
from typing import Annotated, Any

import typer

from finq_local.cli.terminal import command, out, running_stack

Text = Annotated[str | None, typer.Argument(help="What to look for; without it, the newest by default order.")]
Age = Annotated[int | None, typer.Option(min=0, max=120, help="Age in years.")]
Region = Annotated[str | None, typer.Option(help='"서울", "부산 남구" or a region code.')]
Category = Annotated[list[str] | None, typer.Option(help="일자리, 주거, 교육, 복지문화, 참여권리; may be repeated.")]
Status = Annotated[list[str] | None, typer.Option(help="open, upcoming, always, closed, unknown; may be repeated.")]
Limit = Annotated[int, typer.Option(min=1, max=50, help="How many.")]
Json = Annotated[bool, typer.Option("--json", help="One policy a line.")]

VERDICTS = {"eligible": ("가능", "green"), "not_eligible": ("불가", "red"), "unknown": ("확인 필요", "yellow")}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(search)


@command
def search(
    text: Text = None,
    *,
    age: Age = None,
    region: Region = None,
    category: Category = None,
    status: Status = None,
    limit: Limit = 10,
    as_json: Json = False,
) -> None:
    """Find policies; what a condition leaves open is shown, not hidden."""
    from finq_local.cli import session  # noqa: PLC0415
    from finq_local.cli.api import Api  # noqa: PLC0415

    layout = running_stack()
    given = {"q": text, "age": age, "region": region, "category": category, "status": status, "limit": limit}
    page = Api(layout).call(
        "GET",
        "/api/policies",
        token=session.current(layout).id_token,
        params={name: value for name, value in given.items() if value},
    )
    if as_json:
        for card in page["items"]:
            print(json.dumps(card, ensure_ascii=False))  # noqa: T201
    elif page["items"]:
        show(page["items"])
    else:
        out.print("조건에 맞는 정책이 없어요.")


def show(cards: list[dict[str, Any]]) -> None:
    """Print policy cards as a table."""
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text as Styled  # noqa: PLC0415

    table = Table("정책", "대상", "신청", "판정", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for card in cards:
        verdict, colour = VERDICTS.get(card["verdict"], (card["verdict"], "dim"))
        due = f" (D-{card['d_day']})" if card["d_day"] else " (오늘 마감)" if card["d_day"] == 0 else ""
        more = f" 외 {len(card['similar'])}건" if card.get("similar") else ""
        table.add_row(
            Styled.assemble(
                (card["name"], "bold"), (more, "dim"), "\n", (card["institution"], "dim"), (f" {card['id']}", "dim")
            ),
            Styled(f"{card['age_text']}\n{card['region_text']}"),
            Styled(f"{card['period_text']}{due}"),
            Styled(verdict, style=colour),
        )
    out.print(table)
