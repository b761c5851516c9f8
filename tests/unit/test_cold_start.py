"""What a cold start must not load, and what is left out of packages for its sake."""

import gzip
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import botocore
import pytest
from botocore import xform_name
from botocore.loaders import Loader
from botocore.session import Session

from finq_local.bundle.slim import AWS_OPERATIONS, slim
from finq_local.bundle.trial import NOWHERE
from finq_local.functions import load_functions
from finq_local.stack.layout import PROJECT

FUNCTIONS = load_functions(PROJECT / "functions.yaml").functions
# Packages that a start may load, by function; their own helpers are not told apart. An import of another package is to
# be worth its time: put it where it is first used, or add it here.
EVERY = {"aws_lambda_powertools", "botocore", "pydantic", "urllib3"}
PACKAGES = {
    "finkurn-api": {"yaml"},
    "finkurn-backend-v4": {"psycopg", "yaml"},
    "finkurn-chatbot": {
        "psycopg",
        "yaml",
        "langgraph",
        "langgraph_sdk",
        "langchain_aws",
        "langchain_core",
        "langsmith",
    },
    "finkurn-ws-connect": {"psycopg", "jwt", "Crypto"},
    "finkurn-load-policies": {"psycopg", "awscrt", "pymilvus", "pandas", "numpy", "grpc", "google"},
    "finkurn-install-pgvector": {"psycopg", "yoyo", "sqlparse"},
}
HELPERS = {
    "annotated_types", "cachetools", "certifi", "charset_normalizer", "dateutil", "dotenv", "idna",
    "importlib_metadata", "jmespath", "jsonpatch", "jsonpointer", "langchain_protocol", "lazy_importer", "orjson",
    "ormsgpack", "packaging", "psycopg_binary", "pydantic_core", "requests", "simplejson", "six", "tenacity",
    "typing_extensions", "typing_inspection", "uuid_utils", "xxhash",
}  # fmt: skip
# Parts of those packages, and of Python, that are dear and not needed to start.
DEAR = {
    "multiprocessing", "boto3", "s3transfer", "langgraph_sdk.client", "langchain_aws.llms", "langchain_aws.retrievers",
    "langchain_aws.chat_models.bedrock", "langsmith._client", "langsmith.schemas", "langsmith.types",
}  # fmt: skip
# PyJWT, PyCryptodome and botocore take these where they are; here tests or the loader have brought them.
SHIPPED_BY = {"cryptography": set(), "cffi": set(), "pyarrow": set(), "awscrt": {"finkurn-load-policies"}}
LOADED = """
import importlib, json, sys
module, *absent = sys.argv[1:]
sys.modules |= dict.fromkeys(absent)
before = set(sys.modules)  # what measures coverage may have loaded some
importlib.import_module(module)
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded(function: str, **environment: str) -> set[str]:
    """Names of the modules that a new interpreter loads for a function's handler."""
    absent = [package for package, functions in SHIPPED_BY.items() if function not in functions]
    done = subprocess.run(
        [sys.executable, "-c", LOADED, FUNCTIONS[function].handler.rpartition(".")[0], *absent],
        env=NOWHERE | {"PATH": str(Path(sys.executable).parent)} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_start_loads_these_packages_and_no_other(name):
    modules = loaded(name)
    packages = {module.partition(".")[0] for module in modules if not module.startswith("_")}
    others = packages - {"finq", "cython_runtime"} - sys.stdlib_module_names - HELPERS
    assert others == EVERY | PACKAGES.get(name, {"psycopg"})
    assert modules & DEAR == set()


def test_rest_reads_messages_only_when_asked_to_search():
    assert "finq.policies.understanding.surroundings" not in loaded("finkurn-backend-v4")


def test_service_models_keep_the_operations_that_are_called_and_no_prose(tmp_path):
    path = tmp_path / "botocore" / "data" / "s3" / "2006-03-01" / "service-2.json.gz"
    path.parent.mkdir(parents=True)

    def model(operations, shapes, prose):
        inside = {
            "A": {"type": "structure", "members": {"documentation": {"shape": "Text"}}, "documentation": prose},
            "Text": {"type": "list", "member": {"shape": "A"}},
            "B": {"type": "structure", "members": {}},
        }
        return {
            "metadata": {"endpointPrefix": "s3"},
            "operations": {name: {"input": {"shape": of}, "documentation": prose} for name, of in operations.items()},
            "shapes": {name: inside[name] for name in shapes},
            "documentation": prose,
        }

    whole = model({"GetObject": "A", "UnheardOf": "B"}, ["A", "Text", "B"], "<p>")
    path.write_bytes(gzip.compress(json.dumps(whole).encode()))
    slim(tmp_path)
    first = path.read_bytes()
    assert json.loads(gzip.decompress(first)) == model({"GetObject": "A"}, ["A", "Text"], "")
    slim(tmp_path)
    assert path.read_bytes() == first
    path.write_bytes(gzip.compress(json.dumps(whole).encode()))
    slim(tmp_path, every_operation=True)
    expected = model({"GetObject": "A", "UnheardOf": "B"}, ["A", "Text", "B"], "")
    assert json.loads(gzip.decompress(path.read_bytes())) == expected


@pytest.fixture(scope="module")
def bare_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """botocore's data as it ships."""
    data = tmp_path_factory.mktemp("packages") / "botocore" / "data"
    source = Path(botocore.__file__).parent / "data"
    for service in AWS_OPERATIONS:
        shutil.copytree(source / service, data / service)
    for file in source.glob("*.json"):
        shutil.copy(file, data)
    slim(data.parents[1])
    return data


class OnlyThere(Loader):
    """botocore's own data is looked at by every loader, before or after; not by this one."""

    def __init__(self, data: Path) -> None:
        super().__init__(include_default_search_paths=False)
        self.search_paths.append(str(data))


@pytest.mark.parametrize("service", sorted(AWS_OPERATIONS))
def test_clients_of_bare_models_are_like_those_of_whole_ones(bare_data, service):
    bare = Session()
    bare.register_component("data_loader", OnlyThere(bare_data))
    options = {"region_name": "ap-northeast-2", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
    client, whole = bare.create_client(service, **options), Session().create_client(service, **options)
    assert client.meta.endpoint_url == whole.meta.endpoint_url
    assert client.meta.config.signature_version == whole.meta.config.signature_version
    model, reference = client.meta.service_model, whole.meta.service_model
    assert set(model.operation_names) == AWS_OPERATIONS[service]
    assert model.documentation == ""
    assert all(parameter.documentation == "" for parameter in model.client_context_parameters)  # read by each call
    for name in model.operation_names:
        ours, theirs = model.operation_model(name), reference.operation_model(name)
        assert shape(ours.input_shape) == shape(theirs.input_shape)
        assert shape(ours.output_shape) == shape(theirs.output_shape)
        assert [error.name for error in ours.error_shapes] == [error.name for error in theirs.error_shapes]


def shape(one, above=()):
    """A shape as nested tuples: name, type, members; one inside itself is cut off."""
    if one is None or one.name in above:
        return one and one.name
    parts = {"structure": lambda: one.members, "list": lambda: {"": one.member}}
    parts["map"] = lambda: {"key": one.key, "value": one.value}
    members = parts.get(one.type_name, dict)()
    return one.name, one.type_name, tuple((key, shape(part, (*above, one.name))) for key, part in members.items())


def test_every_operation_that_the_sources_call_ships():
    files = (PROJECT / "src" / "finq").rglob("*.py")
    # A client of Milvus makes aliases, as one of Lambda does.
    sources = "\n".join(path.read_text() for path in files if path.parent.name != "vectors")
    called = {*re.findall(r"\.(\w+)\(", sources), *re.findall(r"(?:get_paginator|presigned_url)\(\"(\w+)\"", sources)}
    inside_libraries = {"Converse", "ConverseStream", "HeadBucket", "AssumeRole", "AssumeRoleWithWebIdentity"}
    session = Session()
    for service, operations in AWS_OPERATIONS.items():
        names = {xform_name(name): name for name in session.get_service_model(service).operation_names}
        assert {names[name] for name in called & names.keys()} == operations - inside_libraries
