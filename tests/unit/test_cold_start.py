"""What a cold start must not load."""

import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path

import botocore
import pytest
from botocore.session import Session

from finq_local.bundle.slim import AWS_SERVICES, slim


def test_aws_clients_do_without_boto3s_transfers():
    heavy = {"boto3", "s3transfer", "multiprocessing"}
    # What measures coverage may have loaded some of them before.
    program = (
        f"import sys; before = set(sys.modules); import finq.aws; print(sorted({heavy} & {{*sys.modules}} - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_service_models_lose_their_prose_and_nothing_else(tmp_path):
    model = tmp_path / "botocore" / "data" / "s3" / "2006-03-01" / "service-2.json.gz"
    model.parent.mkdir(parents=True)
    shape = {"type": "structure", "members": {"documentation": {"shape": "Text"}}}
    whole = {
        "documentation": "<p>",
        "shapes": {"A": {**shape, "documentation": "<p>"}},
        "list": [{"documentation": "<p>"}],
    }
    model.write_bytes(gzip.compress(json.dumps(whole).encode()))
    slim(tmp_path)
    first = model.read_bytes()
    assert json.loads(gzip.decompress(first)) == {
        "documentation": "",
        "shapes": {"A": {**shape, "documentation": ""}},
        "list": [{"documentation": ""}],
    }
    slim(tmp_path)
    assert model.read_bytes() == first


@pytest.mark.parametrize("service", sorted(AWS_SERVICES))
def test_clients_are_made_of_bare_service_models(tmp_path, service):
    data = tmp_path / "botocore" / "data"
    shutil.copytree(Path(botocore.__file__).parent / "data" / service, data / service)
    slim(tmp_path)
    session = Session()
    session.set_config_variable("data_path", str(data))
    client = session.create_client(
        service, region_name="ap-northeast-2", aws_access_key_id="x", aws_secret_access_key="x"
    )
    model = client.meta.service_model
    assert model.documentation == ""
    assert all(parameter.documentation == "" for parameter in model.client_context_parameters)  # read by each call
