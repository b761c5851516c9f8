"""What the stack gives the functions is what the functions ask for."""

from pathlib import Path

from pydantic import BaseModel

from finq import settings
from finq_local.stack import functions
from finq_local.stack.layout import COMPONENTS, Layout
from finq_local.stack.provision import UserPool


def test_every_variable_without_a_default_is_set(tmp_path: Path) -> None:
    groups = [group for group in vars(settings).values() if isinstance(group, type) and issubclass(group, BaseModel)]
    needed = {field.alias for group in groups for field in group.model_fields.values() if field.is_required()}
    assert "FINQ_DATABASE_HOST" in needed
    assert needed - set(functions.environment(Layout(tmp_path, 9000), UserPool("p", "c"))) == set()


def test_no_two_components_share_a_port(tmp_path: Path) -> None:
    ports = [Layout(tmp_path, 9000).port(name) for name in COMPONENTS]
    assert len(set(ports)) == len(COMPONENTS)
