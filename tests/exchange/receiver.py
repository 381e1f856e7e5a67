"""A receiver of notifications: a real HTTP server in a thread, which can be told to behave badly."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Answering"], None]
"""What is done with a request whose body was read."""


class Answering(BaseHTTPRequestHandler):
    """One request."""

    server: "_Server"
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.receiver.take(self)
        self.close_connection = True

    def do_GET(self) -> None:
        """Where a redirection that is followed would lead."""
        self.server.receiver.strayed.append(self.path)
        self.answer(200)

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def write(self, raw: bytes) -> None:
        """Answer with bytes that need not be HTTP, and close."""
        self.wfile.write(raw)
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    receiver: "Receiver"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever was not waited for has hung up."""


def take(request: Answering) -> None:
    """The behaviour of a good receiver."""
    request.answer(204)


class Receiver:
    """Notes the ids of what it took over, in order; `behave` decides about each request before it is answered."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.behave: Behaviour = take
        self.asked: list[str] = []
        """The ids of all that was posted, also what was not taken over."""
        self.taken: list[str] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.strayed: list[str] = []
        self._tls = tls
        self._port = 0
        self._server: _Server | None = None
        self._kept: socket.socket | None = None

    def __enter__(self) -> "Receiver":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._kept is not None:
            self._kept.close()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://localhost:{self._port}/hooks/indsats?from=test"

    def start(self) -> None:
        """Begin to listen, on the port of before if there was one."""
        if self._kept is not None:
            self._kept.close()
        self._server = _Server(("127.0.0.1", self._port), Answering)
        self._server.receiver = self
        if self._tls:
            self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        """Be down: whoever calls is refused. The port is kept, so that nobody else answers there."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
            self._kept = socket.socket()
            self._kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._kept.bind(("127.0.0.1", self._port))

    def take(self, request: Answering) -> None:
        one = json.loads(request.body)["id"]
        self.asked.append(one)
        self.headers.append({"path": request.path, **request.headers})
        self.bodies.append(request.body)
        behave = self.behave
        if behave is take:
            self.taken.append(one)  # before the answer, after which whoever posted it looks
        behave(request)


def status(code: int, **headers: str) -> Behaviour:
    """A receiver that answers everything with this status."""
    return lambda request: request.answer(code, b"<p>Nej tak</p>", **headers)


def raw(answer: bytes) -> Behaviour:
    """A receiver that answers these bytes and closes."""
    return lambda request: request.write(answer)


def slow(seconds: float) -> Behaviour:
    """A receiver that thinks for so long before it answers."""

    def behave(request: Answering) -> None:
        time.sleep(seconds)
        request.answer(204)

    return behave


def drip(request: Answering) -> None:
    """A receiver that answers a byte now and then, and never comes to an end."""
    for sign in b"HTTP/1.1 200 OK\r\n" + b"X-Slow: yes\r\n" * 100:
        request.wfile.write(bytes([sign]))
        request.wfile.flush()
        time.sleep(0.05)
