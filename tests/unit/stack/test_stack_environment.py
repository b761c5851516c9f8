"""What the stack gives the functions is what the functions ask for."""

from pathlib import Path

import yaml

from finq_local.stack import functions
from finq_local.stack.layout import COMPONENTS, PROJECT, Layout
from finq_local.stack.provision import UserPool

# Their defaults in finq.settings are right everywhere.
LEFT_TO_DEFAULTS = {
    "FINQ_VECTOR_STORE",
    "FINQ_MILVUS_SECRET_ID",  # the local Milvus asks for no token
    "FINQ_MILVUS_COLLECTION",
    "FINQ_EMBEDDING_MODEL_ID",
    "FINQ_EMBEDDING_DIMENSIONS",
    "FINQ_ANSWER_MODEL_ID",
    "FINQ_ROUTER_MODEL_ID",
    "FINQ_CHATBOT_FUNCTION",
    "FINQ_WEB_ORIGIN",
}


def test_every_variable_of_every_function_is_set_or_has_a_default(tmp_path: Path) -> None:
    groups = yaml.safe_load((PROJECT / "functions.yaml").read_text(encoding="utf-8"))["environment"]
    wanted = {variable for variables in groups.values() for variable in variables}
    given = set(functions.environment(Layout(tmp_path, 9000), UserPool("p", "c")))
    assert wanted - given == LEFT_TO_DEFAULTS


def test_no_two_components_share_a_port(tmp_path: Path) -> None:
    ports = [Layout(tmp_path, 9000).port(name) for name in COMPONENTS]
    assert len(set(ports)) == len(COMPONENTS)
