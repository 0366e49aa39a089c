"""Drives a real onrush process over loopback: start, stop, kill, call. Standard library only."""
import base64
import hashlib
import http.client
import json
import os
import secrets
import signal
import socket
import struct
import subprocess
import tempfile
import time
import urllib.parse


class Problem(Exception):
    pass


class Api:
    """One keep-alive connection to one listener. Not for several threads at once."""

    def __init__(self, url, token=None, timeout=10.0):
        parts = urllib.parse.urlsplit(url)
        self.host, self.port, self.token, self.timeout = parts.hostname, parts.port, token, timeout
        self.connection = None

    def call(self, method, path, body=None, headers=None, token=None):
        """(status, parsed JSON or text, headers). Raises OSError or HTTPException when the server went away."""
        all_headers = dict(headers or {})
        bearer = token or self.token
        if bearer:
            all_headers["Authorization"] = "Bearer " + bearer
        data = None
        if body is not None:
            data = body if isinstance(body, (bytes, str)) else json.dumps(body)
            all_headers.setdefault("Content-Type", "application/json")
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        try:
            self.connection.request(method, path, body=data, headers=all_headers)
            response = self.connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if response.getheader("Connection", "").lower() == "close":
            self.close()
        kind = response.getheader("Content-Type", "")
        parsed = json.loads(text) if "json" in kind and text else text.decode("utf-8", "replace")
        return response.status, parsed, response.headers

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Server:
    """A server process with a data directory of its own, on free ports."""

    def __init__(self, binary, directory=None, settings=None, environment=None):
        self.binary = os.path.abspath(binary)
        self.owned = tempfile.TemporaryDirectory(prefix="onrush-e2e-") if directory is None else None
        self.directory = directory or os.path.join(self.owned.name, "data")
        self.settings = dict(settings or {})
        self.environment = dict(os.environ, **(environment or {}))
        self.process = None
        self.log_path = self.directory.rstrip("/") + ".log"
        self.ends = {}
        self._owner = None

    def flags(self):
        flags = ["--data-dir", self.directory]
        for name in ("general", "rush", "admin", "sandbox"):
            flags += [f"--listen-{name}", self.settings.get(f"listen-{name}", "127.0.0.1:0")]
        for name, value in self.settings.items():
            if not name.startswith("listen-"):
                flags += ["--" + name, str(value)]
        return flags

    def start(self, wait=60.0, sales=()):
        ends_path = os.path.join(self.directory, "endpoints.json")
        if os.path.exists(ends_path):
            os.unlink(ends_path)
        command = [self.binary, "serve", *self.flags(), "--no-setup-link"]
        for sale in sales:
            command += ["--sale", sale]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=self.environment)
        deadline = time.monotonic() + wait
        while not os.path.exists(ends_path):
            if self.process.poll() is not None:
                raise Problem(f"the server ended with {self.process.returncode}:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise Problem("the server was not ready in time:\n" + self.log_tail())
            time.sleep(0.005)
        with open(ends_path, encoding="utf-8") as file:
            self.ends = json.load(file)
        return self

    def log_tail(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()[-3000:]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, wait=30.0):
        if self.process is None or self.process.poll() is not None:
            return self.process.returncode if self.process else None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(wait)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Problem("the server did not stop in time:\n" + self.log_tail()) from None

    def run(self, *arguments, check=True, environment=None):
        """A subcommand with this server's settings."""
        done = subprocess.run([self.binary, *arguments, *self.flags()], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=300, check=False,
                              env=dict(self.environment, **(environment or {})))
        if check and done.returncode != 0:
            raise Problem(f"{arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done

    def owner(self):
        if self._owner is None:
            self._owner = self.run("token", "staff", "--role", "owner", "--valid-seconds", "86400").stdout.strip()
        return self._owner

    def general(self, token=None):
        return Api(self.ends["general"], token)

    def rush(self, token=None):
        return Api(self.ends["rush"], token)

    def admin(self, token=None):
        return Api(self.ends["admin"], token or self.owner())

    def mint(self, count):
        status, body, _ = self.admin().call("POST", "/api/v1/admin/tokens", {"count": count, "valid_seconds": 86400})
        if status != 200:
            raise Problem(f"tokens: {status} {body}")
        return body["tokens"]

    def apply_sale(self, sale, announce=True):
        admin = self.admin()
        status, body, _ = admin.call("PUT", "/api/v1/admin/sales/" + sale["sale"], sale)
        if status not in (200, 201):
            raise Problem(f"sale file: {status} {body}")
        if announce:
            self.act(sale["sale"], "announce")

    def act(self, sale, act, **more):
        status, body, _ = self.admin().call("POST", f"/api/v1/admin/sales/{sale}/acts", {"act": act, **more})
        if status not in (200, 204):
            raise Problem(f"{act}: {status} {body}")

    def numbers(self, sale):
        status, body, _ = self.admin().call("GET", "/api/v1/admin/sales/" + sale)
        if status != 200:
            raise Problem(f"numbers: {status} {body}")
        return body

    def sandbox_totals(self):
        with open(os.path.join(self.directory, "sandbox.key"), encoding="utf-8") as file:
            key = file.read().strip()
        status, body, _ = Api(self.ends["sandbox"]).call("GET", "/sandbox/v1/totals", token=key)
        if status != 200:
            raise Problem(f"sandbox totals: {status} {body}")
        return body

    def audit(self):
        """The auditor's report as JSON; raises unless it passes."""
        done = self.run("audit", self.directory, "--json", check=False)
        if done.returncode != 0:
            raise Problem(f"audit ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return json.loads(done.stdout)

    def wait_for(self, condition, what, seconds=20.0):
        deadline = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                raise Problem(f"waited {seconds} s for {what}\n{self.log_tail()}")
            time.sleep(0.02)

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        if self.owned is not None:
            self.owned.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def pay_at(url, action="pay", behaviour=None):
    """What a browser does on the sandbox's hosted page. Returns (status, location)."""
    parts = urllib.parse.urlsplit(url)
    form = {"action": action}
    if behaviour:
        form["behaviour"] = behaviour
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    path = parts.path + ("?" + parts.query if parts.query else "")
    connection.request("POST", path, urllib.parse.urlencode(form),
                       {"Content-Type": "application/x-www-form-urlencoded"})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, response.getheader("Location")


class WebSocket:
    """A small RFC 6455 client for text frames."""

    def __init__(self, url, path, token=None, timeout=10.0):
        parts = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=timeout)
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
                             f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
                             "Sec-WebSocket-Version: 13\r\n\r\n").encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise Problem("no upgrade: " + head.decode())
        wanted = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        if wanted not in head:
            raise Problem("wrong Sec-WebSocket-Accept")
        hello = {"type": "hello"}
        if token:
            hello["token"] = token
        self.send(hello)

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise Problem("the WebSocket was closed")
        self.buffer += data

    def send(self, message):
        data = json.dumps(message).encode()
        mask = secrets.token_bytes(4)
        head = bytes([0x81]) + (bytes([0x80 | len(data)]) if len(data) < 126
                                else bytes([0xFE]) + struct.pack(">H", len(data)))
        self.socket.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def receive(self):
        """The next frame: a parsed message, or ("close", code)."""
        while True:
            while len(self.buffer) < 2:
                self._more()
            opcode, size, start = self.buffer[0] & 15, self.buffer[1] & 127, 2
            if size == 126:
                while len(self.buffer) < 4:
                    self._more()
                size, start = struct.unpack(">H", self.buffer[2:4])[0], 4
            while len(self.buffer) < start + size:
                self._more()
            data, self.buffer = self.buffer[start:start + size], self.buffer[start + size:]
            if opcode == 1:
                return json.loads(data)
            if opcode == 8:
                return ("close", struct.unpack(">H", data[:2])[0] if data else None)

    def wait_for(self, kind, **fields):
        while True:
            message = self.receive()
            if isinstance(message, tuple):
                raise Problem(f"closed with {message[1]} while waiting for {kind}")
            if message.get("type") == kind and all(message.get(k) == v for k, v in fields.items()):
                return message

    def close(self):
        self.socket.close()


def a_sale(key="s", stock=10, **more):
    """A sale file with sensible defaults that opens at once."""
    sale = {"sale": key, "title": "Test sale", "currency": "EUR", "opens_at": "+0s", "closes_at": "+1h",
            "hold_seconds": 60, "per_buyer": 1, "items": [{"item": "a", "title": "Thing", "stock": stock, "price": 990}]}
    sale.update(more)
    return sale


class Runner:
    """Runs the functions named test_* of a module, each with a printed verdict, and counts them."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def run(self, name, function, *arguments):
        begin = time.monotonic()
        try:
            function(*arguments)
        except Exception as error:  # every failure of a test is reported the same way
            self.failed += 1
            import traceback
            print(f"FAILED  {name} ({time.monotonic() - begin:.1f} s): {error}")
            traceback.print_exc()
        else:
            self.passed += 1
            print(f"ok      {name} ({time.monotonic() - begin:.1f} s)", flush=True)

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 0 if self.failed == 0 else 1
