"""A client of the language-server protocol over a server's standard input and output, as an editor is one."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]


class Client:
    """Starts a server, and talks to it; what it asks of us is answered with nothing."""

    def __init__(self, command: list[str], root: Path, **options: Any) -> None:
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), **options.get("environment", {})}
        self.process = subprocess.Popen(
            command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        )
        self.notified: queue.Queue[dict[str, Any]] = queue.Queue()
        self.asked: list[str] = []  # methods the server called
        self._answers: dict[int, queue.Queue[dict[str, Any]]] = {}
        self._errors: list[bytes] = []
        self._next = 0
        for reader in (self._read, self._read_errors):
            threading.Thread(target=reader, daemon=True).start()
        self.capabilities = self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": root.as_uri(),
                "workspaceFolders": [{"uri": root.as_uri(), "name": "project"}],
                "capabilities": {
                    "workspace": {
                        "inlayHint": {"refreshSupport": True},
                        "didChangeWatchedFiles": {"dynamicRegistration": True},
                        "configuration": True,
                    },
                    "textDocument": {"publishDiagnostics": {}},
                },
                "initializationOptions": options.get("settings", {}),
            },
        )["capabilities"]
        self.notify("initialized", {})

    def request(self, method: str, params: object, timeout: float = 240) -> Any:
        """The result of a call. Raises AssertionError where the server says it failed."""
        self._next += 1
        answer = self._answers[self._next] = queue.Queue()
        self._send({"id": self._next, "method": method, "params": params})
        message = answer.get(timeout=timeout)
        assert "error" not in message, message["error"]
        return message["result"]

    def notify(self, method: str, params: object) -> None:
        self._send({"method": method, "params": params})

    def open(self, path: Path, text: str | None = None) -> None:
        document = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": text or path.read_text()}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def change(self, path: Path, text: str, version: int = 2) -> None:
        """The whole text of a document, not saved."""
        document = {"uri": path.as_uri(), "version": version}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})

    def save(self, path: Path, text: str) -> None:
        path.write_text(text)
        self.notify("textDocument/didSave", {"textDocument": {"uri": path.as_uri()}})

    def diagnostics(self, path: Path, timeout: float = 240) -> list[dict[str, Any]]:
        """The next diagnostics that the server publishes for a file."""
        while True:
            message = self.notified.get(timeout=timeout)
            if message["method"] == "textDocument/publishDiagnostics" and message["params"]["uri"] == path.as_uri():
                return list(message["params"]["diagnostics"])

    def close(self) -> None:
        """Ask the server to end, as the protocol wants it; its exit status is 0 then."""
        self.request("shutdown", None)
        self.notify("exit", None)
        status = self.process.wait(30)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        assert status == 0, self.errors()

    def errors(self) -> str:
        """What the server has written to its standard error."""
        return b"".join(self._errors).decode()

    def _send(self, message: dict[str, object]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while header := stream.readline():
            length = int(header.removeprefix(b"Content-Length:"))
            while stream.readline().strip():
                pass
            message = json.loads(stream.read(length))
            if "method" not in message:
                self._answers.pop(message["id"]).put(message)
            elif "id" in message:
                self.asked.append(message["method"])
                self._send({"id": message["id"], "result": None})
            else:
                self.notified.put(message)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self._errors.extend(self.process.stderr)
