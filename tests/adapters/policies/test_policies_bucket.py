"""Reading documents from something that speaks S3 and fails as S3 and networks do."""

import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from finq.errors import ServiceUnavailable
from finq.policies.etl import objects
from finq.policies.etl.objects import PolicyBucket, StoredObject

BODY = '{"plcyNm": "청년"}'.encode()
SILENT, BROKEN_OFF = 0, 1
CODES = {
    400: "InvalidArgument",
    403: "AccessDenied",
    404: "NoSuchKey",
    500: "InternalError",
    502: "BadGateway",
    503: "SlowDown",
    504: "GatewayTimeout",
}


class Storage(ThreadingHTTPServer):
    """Answers each GET with the next status told for its path, then with 200 and a body."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.coming = {}
        self.asked = []
        self.headers = []
        self.over = threading.Event()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append(self.path)
        self.server.headers.append(dict(self.headers))
        coming = self.server.coming.get(self.path, [])
        status = coming.pop(0) if coming else 200
        if status == SILENT:
            self.server.over.wait(30)
            self.close_connection = True
            return
        if status == BROKEN_OFF:
            self.send_response(200)
            self.send_header("content-length", str(len(BODY)))
            self.end_headers()
            self.wfile.write(BODY[:-5])
            self.close_connection = True
            return
        body = BODY if status == 200 else f"<Error><Code>{CODES[status]}</Code></Error>".encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def storage():
    server = Storage()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def bucket(storage, aws_environment, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{storage.server_port}")
    monkeypatch.setattr(objects, "_FIRST_WAIT_MS", 1)
    return PolicyBucket("b")


def read(bucket, *keys):
    return [body for _, body in bucket.read([StoredObject(key, "etag", len(BODY)) for key in keys])]


def test_contents_come_in_the_order_asked_for(bucket, storage):
    keys = [f"policies/{number}.json" for number in range(200)]
    storage.coming = {f"/b/{keys[0]}": [503], f"/b/{keys[5]}": [404]}
    bodies = read(bucket, *keys)
    assert bodies == [None if n == 5 else BODY for n in range(200)]


def test_requests_are_signed_and_keys_quoted(bucket, storage):
    read(bucket, "정책/a b+c.json")
    assert storage.asked == ["/b/%EC%A0%95%EC%B1%85/a%20b%2Bc.json"]
    [headers] = storage.headers
    signed = {name.lower(): value for name, value in headers.items()}
    assert signed["authorization"].startswith("AWS4-HMAC-SHA256 Credential=")
    assert "/ap-northeast-2/s3/aws4_request" in signed["authorization"]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_passing_fault_is_tried_again(bucket, storage, status):
    storage.coming = {"/b/a.json": [status, status]}
    assert read(bucket, "a.json") == [BODY]
    assert len(storage.asked) == 3


@pytest.mark.parametrize(("status", "calls"), [(403, 1), (400, 1), (503, 4)])
def test_what_stays_refused_ends_the_reading(bucket, storage, status, calls):
    storage.coming = {"/b/a.json": [status] * 10}
    with pytest.raises(ServiceUnavailable):
        read(bucket, "a.json")
    assert len(storage.asked) == calls


def test_a_connection_that_falls_silent_is_given_up_for_another(bucket, storage, monkeypatch):
    monkeypatch.setattr(objects, "_SILENT_SECONDS", 0.2)
    storage.coming = {"/b/a.json": [SILENT]}
    assert read(bucket, "a.json") == [BODY]
    storage.coming = {"/b/a.json": [SILENT, SILENT]}
    with pytest.raises(ServiceUnavailable):
        read(bucket, "a.json")


def test_a_body_that_breaks_off_is_asked_for_again_as_a_whole(bucket, storage):
    storage.coming = {"/b/a.json": [BROKEN_OFF, BROKEN_OFF]}
    assert read(bucket, "a.json") == [BODY]
    assert len(storage.asked) == 3


def test_nobody_listens(bucket, storage):
    storage.shutdown()
    storage.server_close()
    with pytest.raises(ServiceUnavailable):
        read(bucket, "a.json")


@pytest.fixture
def certified(storage, tmp_path):
    """The storage behind TLS; the file of the authority that vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "storage")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    storage.socket = context.wrap_socket(storage.socket, server_side=True, do_handshake_on_connect=False)
    return tmp_path / "certificate.pem"


def test_over_tls_only_a_trusted_server_is_asked(bucket, storage, certified, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"https://127.0.0.1:{storage.server_port}")
    objects.aws.client.cache_clear()
    with monkeypatch.context() as trusting:
        trusting.setattr(objects.aws, "trusted_authorities", lambda: str(certified))
        assert read(PolicyBucket("b"), "a.json") == [BODY]
    assert len(storage.asked) == 1
    monkeypatch.setattr(objects, "_SILENT_SECONDS", 0.5)  # the runtime keeps a failed handshake to itself for longer
    with pytest.raises(ServiceUnavailable):
        read(PolicyBucket("b"), "a.json")
    assert len(storage.asked) == 1
