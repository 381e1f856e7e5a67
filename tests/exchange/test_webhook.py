"""The webhook against real servers: what it sends, what counts as taken over, and receivers that behave badly."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Event

import pytest
from cloudevents.core.formats.json import JSONFormat
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from jsonschema import Draft202012Validator
from tests.exchange.receiver import Behaviour, Receiver, drip, raw, slow, status, take
from tests.exchange.telling import CLERK, applied, assert_all_came_in_order, first_comings, log, rows, tell

from indsats.clock import VirtualClock
from indsats.engine import Engine
from indsats.errors import ValueInvalid
from indsats.exchange.cloud_events import CloudEvent
from indsats.exchange.lines import Lines
from indsats.exchange.outbox import Patience, Unreachable, deliver, deliver_forever, undelivered
from indsats.exchange.webhook import NotTaken, Webhook

EVENT = CloudEvent(
    id="7f3a/4",
    source="urn:indsats:0336",
    type="indsats.deadline_breached.1",
    subject="7f3a",
    time=datetime(2017, 1, 10, 8, 30, tzinfo=UTC),
    data={"rule": "first_conversation", "n": 1, "cause": None, "known_in_time": True},
)
AT_ONCE = Patience(first=timedelta(0), attempts=10**6)

# What the specification demands of the attributes that we use, in its sections 3.1 and 3.2 and the JSON format's 3.
FORM = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"],
    "additionalProperties": False,
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1},
        "source": {"type": "string", "pattern": "^urn:indsats:[0-9]{4}$"},
        "type": {"type": "string", "pattern": r"^indsats\.[a-z_]+\.[0-9]+$"},
        "subject": {"type": "string", "minLength": 1},
        "time": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"},
        "datacontenttype": {"const": "application/json"},
        "data": {"type": "object", "minProperties": 1},
    },
}


@pytest.fixture
def told(engine: Engine, clock: VirtualClock) -> Engine:
    """An engine with something to tell of three pathways."""
    tell(engine, clock, ("c1", "c2", "c3"))
    return engine


# What is sent


def test_what_is_posted_are_cloud_events_in_the_structured_mode(told: Engine, receiver: Receiver) -> None:
    done = deliver(told, Webhook(receiver.url))
    assert receiver.taken == log(told)
    assert done.delivered == len(receiver.taken)
    for body, headers, row in zip(receiver.bodies, receiver.headers, rows(told), strict=True):
        assert headers["Content-Type"] == "application/cloudevents+json; charset=utf-8"
        assert headers["path"] == "/hooks/indsats?from=test"
        assert "webhook-signature" not in headers
        document = json.loads(body)
        assert list(Draft202012Validator(FORM).iter_errors(document)) == []
        event = JSONFormat().read(None, body)
        assert (event.get_specversion(), event.get_id(), event.get_type()) == ("1.0", row["id"], row["type"])
        assert (event.get_source(), event.get_subject()) == ("urn:indsats:0999", row["stream"])
        assert event.get_time() == datetime.fromisoformat(row["at"])
        assert (event.get_datacontenttype(), event.get_data()) == ("application/json", row["data"])


def test_with_a_secret_each_post_is_signed(receiver: Receiver) -> None:
    """As Standard Webhooks has it: the id, the second and the body, joined by dots."""
    key = bytes(range(32))
    clock = VirtualClock(datetime(2017, 1, 10, 9, 0, 0, 500_000, tzinfo=UTC))
    Webhook(receiver.url, secret=f"whsec_{base64.b64encode(key).decode()}", clock=clock)(EVENT)
    [headers], [body] = receiver.headers, receiver.bodies
    signed = b"7f3a/4.1484038800." + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert {name: headers[name] for name in headers if name.startswith("webhook")} == {
        "webhook-id": "7f3a/4",
        "webhook-timestamp": "1484038800",
        "webhook-signature": f"v1,{expected}",
    }


# What counts


@pytest.mark.parametrize("code", [200, 201, 202, 204, 299])
def test_an_answer_of_2xx_counts_whatever_else_it_says(receiver: Receiver, code: int) -> None:
    receiver.behave = status(code)
    Webhook(receiver.url)(EVENT)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this", id="a body that is cut off"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: nonsense\r\n\r\n" + b"x" * 10**7, id="a body without end"),
        pytest.param(b"HTTP/1.0 200\r\n\r\n", id="an old and short one"),
        pytest.param(b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 204 \r\n\r\n", id="hints before it"),
    ],
)
def test_the_body_of_an_answer_is_of_no_matter(receiver: Receiver, answer: bytes) -> None:
    receiver.behave = raw(answer)
    Webhook(receiver.url)(EVENT)


@pytest.mark.parametrize("code", [301, 302, 307, 400, 401, 404, 410, 500, 501])
def test_any_other_answer_does_not(receiver: Receiver, code: int) -> None:
    receiver.behave = status(code, Location=receiver.url)
    with pytest.raises(NotTaken, match=f"the answer was {code}"):
        Webhook(receiver.url)(EVENT)
    assert (receiver.asked, receiver.strayed) == (["7f3a/4"], [])


@pytest.mark.parametrize("code", [429, 502, 503, 504])
def test_some_say_that_nobody_is_there(receiver: Receiver, code: int) -> None:
    receiver.behave = status(code)
    with pytest.raises(Unreachable, match=f"the answer was {code}"):
        Webhook(receiver.url)(EVENT)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n\r\n", id="another protocol"),
        pytest.param(b"HTTP/1.1 OK\r\n\r\n", id="no number"),
        pytest.param(b"HTTP/1.1 20\r\n\r\n", id="half a number"),
        pytest.param(b"HTTP/1.1 2000 OK\r\n\r\n", id="a long number"),
        pytest.param(b"HTTP/1.1 700 OK\r\n\r\n", id="a number out of bounds"),
        pytest.param(b"\x00\xff\r\n\r\n", id="no text"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000, id="a head without end"),
    ],
)
def test_nonsense_does_not_count(receiver: Receiver, answer: bytes) -> None:
    receiver.behave = raw(answer)
    with pytest.raises(NotTaken, match=r"the answer (is not HTTP|has a head without an end)"):
        Webhook(receiver.url)(EVENT)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nContent-Le"])
def test_an_answer_that_is_cut_off_does_not_count(receiver: Receiver, answer: bytes) -> None:
    receiver.behave = raw(answer)
    with pytest.raises(Unreachable, match=r"closed before the answer was whole|reset"):
        Webhook(receiver.url)(EVENT)


@pytest.mark.parametrize("behave", [slow(3), drip], ids=["silent", "a byte now and then"])
def test_who_takes_too_long_is_not_waited_for(receiver: Receiver, behave: Behaviour) -> None:
    receiver.behave = behave
    began = time.monotonic()
    with pytest.raises(Unreachable, match="time"):
        Webhook(receiver.url, timeout=0.3)(EVENT)
    assert time.monotonic() - began < 2


def test_who_is_not_there_is_unreachable(receiver: Receiver) -> None:
    receiver.stop()
    with pytest.raises(Unreachable, match="ConnectionRefusedError"):
        Webhook(receiver.url)(EVENT)
    with pytest.raises(Unreachable, match="gaierror"):
        Webhook("http://nowhere.invalid/")(EVENT)


# Certificates


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of `localhost` that nobody vouches for, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "localhost.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[Receiver]:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    with Receiver(tls) as receiver:
        yield receiver


def test_a_certificate_that_nobody_vouches_for_is_refused(secure: Receiver) -> None:
    with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
        Webhook(secure.url)(EVENT)
    assert secure.asked == []


def test_a_certificate_that_the_host_trusts_is_taken_for_its_own_name_only(secure: Receiver, certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=certificate)
    Webhook(secure.url, tls=trusting)(EVENT)
    assert secure.taken == ["7f3a/4"]
    with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
        Webhook(secure.url.replace("localhost", str(ip_address("127.0.0.1"))), tls=trusting)(EVENT)


# Addresses and secrets


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("ftp://host/x", "no address to post to; allowed: https://HOST/PATH"),
        ("host/x", "no address to post to"),
        ("https:///x", "no address to post to"),
        ("https://host:0/", "no address to post to"),
        ("https://host:port/", "no address to post to"),
        ("https://høst/", "no address to post to"),
        ("https://host/a b", "no address to post to"),
        ("https://host/a\r\nX: y", "no address to post to"),
        ("https://kim:secret@host/", "a name or password in it"),
        ("https://host/#part", "a fragment in it"),
    ],
)
def test_an_address_of_another_form_is_refused(url: str, fault: str) -> None:
    with pytest.raises(ValueInvalid, match=fault):
        Webhook(url)


@pytest.mark.parametrize("secret", ["", "kim", "æøå", "A" * 10, "A" * 200, "whsec_"])
def test_a_secret_of_another_form_is_refused_without_telling_it(secret: str) -> None:
    with pytest.raises(ValueInvalid, match="allowed: 24 to 64 bytes as base64") as refused:
        Webhook("https://host/", secret=secret)
    assert not secret or secret == "whsec_" or secret not in str(refused.value)


# Receivers that behave badly, and what comes of it


def test_a_receiver_that_behaves_badly_in_every_way_gets_everything_in_the_end(
    told: Engine, receiver: Receiver
) -> None:
    webhook = Webhook(receiver.url, timeout=0.1)
    bad = [slow(0.5), status(500), status(302), raw(b"nonsense\r\n\r\n"), raw(b"HTTP/1.1 200 OK\r\nConte"), raw(b"")]
    for behave in bad:
        receiver.behave = behave
        done = deliver(told, webhook, patience=AT_ONCE)
        assert (done.delivered, done.waiting) == (0, len(log(told)))
        assert done.failed > 0
    receiver.stop()
    assert deliver(told, webhook, patience=AT_ONCE).away
    receiver.start()
    receiver.behave = take
    deliver(told, webhook, patience=AT_ONCE)
    assert receiver.taken == log(told)
    assert_all_came_in_order(told, first_comings(receiver.asked))


def test_one_that_answers_now_this_and_now_that_gets_everything_in_order(told: Engine, receiver: Receiver) -> None:
    moods = [take, status(500), take, take, raw(b"?\r\n\r\n"), status(503), take, raw(b"")]
    webhook = Webhook(receiver.url, timeout=5)
    for number in range(200):
        receiver.behave = moods[number % len(moods)]
        so_far = len(receiver.asked)

        def one_more(so_far: int = so_far) -> bool:
            return len(receiver.asked) > so_far

        if not deliver(told, webhook, patience=AT_ONCE, stop=one_more).waiting:
            break
    assert undelivered(told)[0] == (0, 0)
    assert_all_came_in_order(told, receiver.taken)


def test_sweeps_go_on_beside_a_receiver_that_never_answers(
    told: Engine, clock: VirtualClock, receiver: Receiver
) -> None:
    receiver.behave = slow(30)
    stop = Event()
    webhook = Webhook(receiver.url, timeout=1)
    thread = threading.Thread(target=deliver_forever, args=(told, webhook, stop), kwargs={"patience": AT_ONCE})
    thread.start()
    while not receiver.asked:
        time.sleep(0.005)
    longest = 0.0
    for _ in range(20):
        clock.at += timedelta(days=7)
        began = time.monotonic()
        told.sweep()
        told.record("new", applied("new"), actor=CLERK)
        longest = max(longest, time.monotonic() - began)
    assert longest < 0.9  # less than one attempt takes
    stop.set()
    thread.join()
    receiver.behave = take
    deliver(told, Webhook(receiver.url), patience=AT_ONCE)
    assert_all_came_in_order(told, receiver.taken)


# Files


def test_lines_are_added_to_a_file(told: Engine, tmp_path: Path) -> None:
    path = tmp_path / "told.jsonl"
    path.write_bytes(b'{"torn": "li')  # whoever wrote it was killed
    deliver(told, Lines(path))
    torn, *lines = path.read_text().splitlines()
    assert torn == '{"torn": "li'
    assert [json.loads(line)["id"] for line in lines] == log(told)


def test_a_file_that_cannot_be_written_to_takes_nothing_over(told: Engine, tmp_path: Path) -> None:
    done = deliver(told, Lines(tmp_path / "nowhere" / "told.jsonl"))
    assert (done.delivered, done.waiting) == (0, len(log(told)))
    assert "FileNotFoundError" in str(rows(told)[0]["fault"])
