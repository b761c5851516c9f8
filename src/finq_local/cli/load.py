"""`finq load`: put records into the policy bucket and run the loader."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from finq_local.cli.terminal import command, err, fail, out, running_stack
from finq_local.stack.service import StackError

if TYPE_CHECKING:
    from finq_local.stack.documents import Document

Source = Annotated[str, typer.Argument(help="A folder or file of .json/.jsonl records, or s3://bucket/prefix on AWS.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(load)


@command
def load(source: Source) -> None:
    """Copy policy records into the stack's bucket and load them; ends with the loader's report.

    s3:// reads from AWS with your own credentials. Records already in the bucket stay.
    """
    from finq_local.stack import documents, loading  # noqa: PLC0415
    from finq_local.stack.provision import client  # noqa: PLC0415

    layout = running_stack()
    found = _from_s3(source) if source.startswith("s3://") else _from_disk(Path(source))
    with _bar() as bar:
        task = bar.add_task("copying", total=len(found))
        documents.upload(client("s3", layout.port("aws")), found, lambda: bar.advance(task))
    with err.status("loading …") as status:
        report = loading.run(layout, lambda so_far: status.update(f"loading: {loading.describe(so_far)}"))
    _show(report)
    if report["milvus"] == "incomplete":
        fail("Milvus did not take all of it; load again to make up for it. See: finq logs milvus")


def _from_disk(path: Path) -> "list[Document]":
    from finq_local.stack import documents  # noqa: PLC0415

    if not path.exists():
        raise StackError(f"There is no {path}.")
    return documents.read(path)


def _from_s3(address: str) -> "list[Document]":
    import boto3  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    from finq_local.stack.documents import PREFIX, Document  # noqa: PLC0415

    parts = urlsplit(address)
    prefix = parts.path.lstrip("/")
    try:
        s3 = boto3.client("s3")
        pages: Iterable[dict[str, Any]] = s3.get_paginator("list_objects_v2").paginate(
            Bucket=parts.netloc, Prefix=prefix
        )
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", []) if entry["Key"].endswith(".json")]
        with _bar() as bar:
            found = [
                Document(f"{PREFIX}{Path(key).name}", s3.get_object(Bucket=parts.netloc, Key=key)["Body"].read())
                for key in bar.track(keys, description="reading")
            ]
    except (BotoCoreError, ClientError) as error:
        raise StackError(f"{address} cannot be read: {error}") from None
    if not found:
        raise StackError(f"There are no .json objects under {address}.")
    return found


def _bar() -> Any:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, transient=True)


def _show(report: dict[str, Any]) -> None:
    from rich.table import Table  # noqa: PLC0415

    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in report.items():
        if isinstance(value, int | float | str):
            table.add_row(name, str(value))
    out.print(table)
    for item in report["reasons"]:
        out.print(f"  {item['key']}: {item['reason']}", style="yellow", markup=False)
