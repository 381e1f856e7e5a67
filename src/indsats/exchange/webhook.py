"""A handler that posts each notification to an address, in the structured mode of the HTTP binding of CloudEvents."""

import base64
import hmac
import socket
import ssl
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

from indsats.clock import Clock, SystemClock
from indsats.errors import ValueInvalid
from indsats.exchange.cloud_events import MEDIA_TYPE, CloudEvent
from indsats.exchange.outbox import Unreachable

SECRET_VARIABLE = "INDSATS_WEBHOOK_SECRET"

_SECRET_PREFIX = "whsec_"
_SECRET_BYTES = range(24, 65)
_LONGEST_HEAD = 65_536
_AT_ONCE = 4_096

# Too many requests; the gateway has nobody behind it, who is not ready, or does not answer it.
_NOBODY_THERE = (429, 502, 503, 504)


class Webhook:
    """Posts to one address; an answer of 2xx, with its whole head, says that a notification has arrived.

    `timeout`: seconds for each of connecting, sending, and the answer. A redirection is not followed, and the body of
    an answer not read. Certificates are verified, against `tls` or else what the system trusts. With a `secret`, 24 to
    64 bytes as base64, each post is signed as Standard Webhooks has it.
    Raises `ValueInvalid` for an address or secret of another form.
    """

    def __init__(
        self,
        url: str,
        *,
        secret: str | None = None,
        timeout: float = 10,
        tls: ssl.SSLContext | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._url = _parsed(url)
        self._key = None if secret is None else _key(secret)
        self._timeout = timeout
        self._tls = tls or (ssl.create_default_context() if self._url.scheme == "https" else None)
        self._clock = clock or SystemClock()

    def __call__(self, event: CloudEvent) -> None:
        """Post one. Raises `Unreachable` if nobody answered, `NotTaken` for any other answer than 2xx."""
        body = event.encode()
        headers = {"Content-Type": f"{MEDIA_TYPE}; charset=utf-8", "User-Agent": "indsats", "Connection": "close"}
        if self._key is not None:
            headers |= self._signature(self._key, event.id, body)
        status = self._status(body, headers)
        if status in _NOBODY_THERE:
            raise Unreachable(f"the answer was {status}")
        if not 200 <= status < 300:
            raise NotTaken(f"the answer was {status}")

    def _signature(self, key: bytes, event_id: str, body: bytes) -> dict[str, str]:
        at = str(int(self._clock.now().timestamp()))
        signed = base64.b64encode(hmac.digest(key, b".".join([event_id.encode(), at.encode(), body]), "sha256"))
        return {"webhook-id": event_id, "webhook-timestamp": at, "webhook-signature": f"v1,{signed.decode()}"}

    def _status(self, body: bytes, headers: dict[str, str]) -> int:
        connection = self._connection()
        path = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        try:
            connection.request("POST", path, body, headers)
            return _answer(connection.sock, time.monotonic() + self._timeout)
        except (OSError, HTTPException) as fault:
            raise Unreachable(f"{type(fault).__name__}: {fault}") from fault
        finally:
            connection.close()

    def _connection(self) -> HTTPConnection:
        host = str(self._url.hostname)
        if self._tls is not None and self._url.scheme == "https":
            return HTTPSConnection(host, self._url.port, timeout=self._timeout, context=self._tls)
        return HTTPConnection(host, self._url.port, timeout=self._timeout)


class NotTaken(Exception):
    """The receiver answered that it did not take a notification over, or nothing that makes sense."""


def _answer(sock: socket.socket, until: float) -> int:
    """The status of the answer, whose head must have arrived whole by then; one of 1xx is passed over.

    The library's reader would let a receiver that sends a byte now and then hold on to us for ever.
    """
    received = b""
    while True:
        head, end, rest = received.partition(b"\r\n\r\n")
        if end and (status := _status_of(head)) >= 200:
            return status
        if end:
            received = rest
            continue
        if len(received) > _LONGEST_HEAD:
            raise NotTaken("the answer has a head without an end")
        if (seconds := until - time.monotonic()) <= 0:
            raise TimeoutError("no whole answer in time")
        sock.settimeout(seconds)
        more = sock.recv(_AT_ONCE)
        if not more:
            raise ConnectionAbortedError("the connection was closed before the answer was whole")
        received += more


def _status_of(head: bytes) -> int:
    version, _, rest = head.partition(b"\r\n")[0].partition(b" ")
    status = rest[:3]
    if not version.startswith(b"HTTP/1.") or not status.isdigit() or rest[3:4].strip() or not 100 <= int(status) <= 599:
        raise NotTaken(f"the answer is not HTTP: {head[:40]!r}")
    return int(status)


def _parsed(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if not valid or not url.isascii() or any(sign <= " " or sign == "\x7f" for sign in url):
        raise ValueInvalid(f"{url!r} is no address to post to; allowed: https://HOST/PATH or http://HOST:PORT/PATH")
    if parts.username is not None or parts.fragment:
        what = "a name or password" if parts.username is not None else "a fragment"
        raise ValueInvalid(f"the address to post to has {what} in it; allowed: scheme, host, port, path and query")
    return parts


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
    except ValueError:
        key = b""
    if len(key) not in _SECRET_BYTES:
        raise ValueInvalid(
            f"the secret of the webhook is of another form; allowed: {_SECRET_BYTES[0]} to {_SECRET_BYTES[-1]} bytes "
            f"as base64, with or without {_SECRET_PREFIX!r} before them"
        )
    return key
