"""One process of an app on a JVM, with the person in front of it, and the address that reports go to."""

from __future__ import annotations

import json
import queue
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from tests.lab.device import ANSWER_SECONDS, PACKAGE, PROVIDER, TRUST_PASSWORD, lab_classes


class Phone:
    """A running process; a context manager that ends it. ``others`` are phones with their importance."""

    def __init__(
        self,
        classes: Path,
        library: Path,
        apk: Path,
        trust: Path,
        *,
        others: Sequence[tuple[Phone, int]] = (),
        api: int = 35,
        files: Path | None = None,
    ) -> None:
        known = ",".join(f"process{n}:{PACKAGE}.zqk{n}:{one.port}:{rank}" for n, (one, rank) in enumerate(others))
        command = [
            "java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-Xshare:auto", f"-Djava.library.path={library}",
            f"-Djavax.net.ssl.trustStore={trust}", f"-Djavax.net.ssl.trustStorePassword={TRUST_PASSWORD}",
            f"-Dlab.others={known}", f"-Dlab.api={api}", *([f"-Dlab.files={files}"] if files else ()),
            "-cp", lab_classes(), "lab.Phone", f"{classes}/", PACKAGE, apk, PROVIDER,
        ]  # fmt: skip
        self.library = library
        words, pipe = [str(word) for word in command], subprocess.PIPE
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed with the phone)
        self._process = subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=self._errors, text=True)
        self._ends: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._said: list[tuple[str, str]] = []
        threading.Thread(target=self._read, daemon=True).start()
        self.port = int(self._end())

    def __enter__(self) -> Phone:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._errors.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            what, _, text = line.rstrip("\n").partition("\t")
            if what in ("ready", "done"):
                self._ends.put(text)
            else:
                self._said.append((what, text))
        self._ends.put("gone")

    def _end(self) -> str:
        said = self._ends.get(timeout=ANSWER_SECONDS)
        if said == "gone":
            self._errors.seek(0)
            raise AssertionError(f"the JVM ended: {self._errors.read()[-3000:]}")
        return said

    def tell(self, *commands: str) -> None:
        """Give commands and wait for the end of each."""
        for command in commands:
            assert self._process.stdin is not None
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
            self._end()

    def get(self, address: str) -> str:
        """One session: ``served``, or the innermost words of the refusal."""
        before = len(self.rows("session"))
        self.tell(f"get {address}")
        return self.rows("session")[before]

    def rows(self, what: str) -> list[str]:
        """Everything of that kind so far."""
        return [text for kind, text in list(self._said) if kind == what]

    def settled(self, what: str, count: int, *, quiet: float = 0.3) -> list[str]:
        """Wait until there are ``count`` rows of a kind, and a moment more so that one too many would be seen."""
        return until(lambda: self.rows(what), count, quiet=quiet)


def until(rows: Callable[[], list[Any]], count: int, *, quiet: float = 0.3) -> list[Any]:
    """The rows once there are ``count`` of them, looked at again after a moment; as they are after five seconds."""
    deadline = time.monotonic() + 5
    while len(rows()) < count and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(quiet)
    return rows()


class Reports:
    """An address that takes reports: ``told`` are the requests as (path, headers, JSON); ``connections`` all tries."""

    def __init__(self, server: HTTPServer) -> None:
        self.port: int = server.server_address[1]
        self.told: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.connections = 0


@contextmanager
def reports(chain: Path, key: Path, *, answers: bool = True) -> Iterator[Reports]:
    """A server with this certificate; without ``answers`` it takes connections and never says a word."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)

    class Handler(BaseHTTPRequestHandler):
        def setup(self) -> None:
            found.connections += 1
            if not answers:
                over.wait()
            self.request = context.wrap_socket(self.request, server_side=True)
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.told.append((self.path, dict(self.headers), json.loads(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Server(HTTPServer):
        def handle_error(self, *_: object) -> None:
            pass

    over = threading.Event()
    with Server(("127.0.0.1", 0), Handler) as server:
        found = Reports(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield found
        over.set()
        server.shutdown()
