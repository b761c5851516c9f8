"""What a cold start must not load."""

import gzip
import json
import subprocess
import sys

from finq_local.bundle.slim import slim


def test_aws_clients_do_without_boto3s_transfers():
    heavy = ("boto3", "s3transfer", "multiprocessing")
    program = f"import sys, finq.aws; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_service_models_lose_their_prose_and_nothing_else(tmp_path):
    model = tmp_path / "botocore" / "data" / "s3" / "2006-03-01" / "service-2.json.gz"
    model.parent.mkdir(parents=True)
    shape = {"type": "structure", "members": {"documentation": {"shape": "Text"}}}
    whole = {
        "documentation": "<p>",
        "shapes": {"A": {**shape, "documentation": "<p>"}},
        "list": [{"documentation": ""}],
    }
    model.write_bytes(gzip.compress(json.dumps(whole).encode()))
    slim(tmp_path)
    first = model.read_bytes()
    assert json.loads(gzip.decompress(first)) == {"shapes": {"A": shape}, "list": [{}]}
    slim(tmp_path)
    assert model.read_bytes() == first
