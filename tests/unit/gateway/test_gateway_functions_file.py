"""`functions.yaml`: the real one, and the mistakes that its loader must name."""

from pathlib import Path

import pytest
import yaml

from finq_local.functions import FunctionsError, load_functions
from finq_local.gateway.process import worker_environment
from finq_local.gateway.service import warm_functions
from finq_local.gateway.settings import GatewaySettings

ROOT = Path(__file__).parents[3]


def written(tmp_path, change):
    document = {
        "environment": {"g": ["FINQ_A", "FINQ_B"], "h": ["FINQ_C"]},
        "functions": {
            name: {
                "description": "d",
                "handler": "m.handler",
                "memory": 128,
                "timeout": 30,
                "package": "zip",
                "role": "r",
                "triggers": {"invoke": True},
                "environment": ["g"],
            }
            for name in ("one", "two")
        },
    }
    change(document["functions"])
    path = tmp_path / "functions.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def test_the_real_file():
    functions = load_functions(ROOT / "functions.yaml")
    assert functions.serving_route("$connect") == "finkurn-ws-connect"
    assert functions.serving_tag("auth") == "finkurn-api"
    assert functions.serving_tag("nothing") is None
    chatbot = functions["finkurn-chatbot"]
    assert (chatbot.memory, chatbot.timeout, chatbot.retries, chatbot.on_failure) == (
        3008,
        900,
        0,
        "finkurn-ws-message",
    )
    assert functions["finkurn-api"].retries == 2
    assert "FINQ_MILVUS_URI" in functions.variables("finkurn-chatbot")


def test_functions_that_people_wait_for_are_warm():
    functions = load_functions(ROOT / "functions.yaml")
    settings = GatewaySettings()
    ws = {"finkurn-ws-connect", "finkurn-ws-message", "finkurn-ws-disconnect"}
    assert warm_functions(functions, settings) == ws | {"finkurn-backend-v4", "finkurn-chatbot"}
    elsewhere = settings.model_copy(update={"external": ("finkurn-chatbot",)})
    assert "finkurn-chatbot" not in warm_functions(functions, elsewhere)
    assert warm_functions(functions, settings.model_copy(update={"external": ("*",)})) == set()
    assert warm_functions(functions, settings.model_copy(update={"warm": ("finkurn-api",)})) == {"finkurn-api"}


def test_a_worker_gets_its_functions_variables_and_no_others():
    functions = load_functions(ROOT / "functions.yaml")
    source = {
        "FINQ_DATABASE_HOST": "db",
        "FINQ_TAVILY_SECRET_ID": "t",
        "AWS_ENDPOINT_URL_S3": "http://s3",
        "AWS_BEARER_TOKEN_BEDROCK": "key",
        "AWS_PROFILE": "mine",
        "EDITOR": "vi",
    }
    seen = worker_environment(functions["finkurn-ws-connect"], functions, GatewaySettings(), source)
    assert (seen["FINQ_DATABASE_HOST"], seen["AWS_ENDPOINT_URL_S3"]) == ("db", "http://s3")
    assert seen["AWS_BEARER_TOKEN_BEDROCK"] == "key"
    assert seen["_HANDLER"] == "finq.functions.ws_connect.handler"
    assert not {"FINQ_TAVILY_SECRET_ID", "AWS_PROFILE", "EDITOR"} & seen.keys()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda f: f["one"].update(memory=64), "functions.one.memory"),
        (lambda f: f["one"].update(timeout=901), "functions.one.timeout"),
        (lambda f: f["one"].update(retries=3), "functions.one.retries"),
        (lambda f: f["one"].update(colour="red"), "functions.one.colour"),
        (lambda f: f["one"].update(environment=["g", "nothing"]), "one: unknown environment groups ['nothing']"),
        (lambda f: f["one"].update(on_failure="three"), "one: on_failure names no function: three"),
        (
            lambda f: [f[n].update(triggers={"rest": ["auth"]}) for n in f],
            "REST tag served by more than one function: auth",
        ),
        (
            lambda f: [f[n].update(triggers={"websocket": ["$default"]}) for n in f],
            "WebSocket route served by more than one function: $default",
        ),
        (lambda f: f.update(one="text"), "cannot be read"),
    ],
)
def test_mistakes_are_named(tmp_path, change, told):
    path = written(tmp_path, change)
    with pytest.raises(FunctionsError) as caught:
        load_functions(path)
    assert str(path) in str(caught.value)
    assert told in str(caught.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(FunctionsError, match=r"none\.yaml"):
        load_functions(tmp_path / "none.yaml")
