"""The shared fixtures give real, usable components."""

import os
from collections.abc import Callable

import psycopg
import pytest
from botocore.exceptions import ClientError
from pymilvus import MilvusClient

from finq.database import Database


def test_postgres_has_pgvector_and_asks_for_the_password(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        [version] = connection.execute("SHOW server_version_num").fetchone() or ()
        [extension] = (
            connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone() or ()
        )
        [encoding] = connection.execute("SHOW server_encoding").fetchone() or ()
    assert 160000 <= int(version) < 170000
    assert tuple(map(int, extension.split("."))) >= (0, 8, 2)
    assert encoding == "UTF8"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres_url, password="wrong")


@pytest.mark.parametrize("turn", [1, 2])
def test_database_is_empty_at_the_start_of_every_test(database: Database, turn: int) -> None:
    with database.transaction() as connection:
        assert connection.execute("SELECT count(*) AS n FROM youth_policies").fetchone() == {"n": 0}
        connection.execute(
            "INSERT INTO youth_policies (id, name, nationwide, income_kind, application_kind, raw, content_hash)"
            " VALUES ('P1', 'x', true, 'any', 'always', '{}', 'h')"
        )


def test_empty_database_has_no_schema(empty_postgres_url: Callable[[], str]) -> None:
    with psycopg.connect(empty_postgres_url()) as connection:
        assert connection.execute("SELECT to_regclass('users')").fetchone() == (None,)


def test_milvus_keeps_a_collection(milvus_uri: str) -> None:
    client = MilvusClient(uri=milvus_uri)
    client.create_collection("stack_check", dimension=4)
    client.insert("stack_check", [{"id": 1, "vector": [1.0, 0.0, 0.0, 0.0]}])
    client.flush("stack_check")
    [[hit]] = client.search("stack_check", data=[[1.0, 0.0, 0.0, 0.0]], limit=1)
    assert hit["id"] == 1
    client.drop_collection("stack_check")


def test_user_pool_signs_up_confirms_and_logs_in(aws_environment) -> None:
    cognito = aws_environment.client("cognito-idp")
    client_id = aws_environment.pool.client_id
    person = {"ClientId": client_id, "Username": "stack@example.com"}
    cognito.sign_up(**person, Password="Correct-horse-1")
    with pytest.raises(ClientError, match="CodeMismatch"):
        cognito.confirm_sign_up(**person, ConfirmationCode="000000")
    cognito.confirm_sign_up(**person, ConfirmationCode="123456")
    result = cognito.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "stack@example.com", "PASSWORD": "Correct-horse-1"},
    )
    assert result["AuthenticationResult"]["IdToken"].count(".") == 2
    assert os.environ["FINQ_USER_POOL_CLIENT_ID"] == client_id


def test_bucket_keeps_versions(aws_environment) -> None:
    s3 = aws_environment.client("s3")
    first = s3.put_object(Bucket="finkurn-policy-docs", Key="stack-check.json", Body=b"1")["VersionId"]
    second = s3.put_object(Bucket="finkurn-policy-docs", Key="stack-check.json", Body=b"2")["VersionId"]
    assert first != second
    s3.delete_object(Bucket="finkurn-policy-docs", Key="stack-check.json")
