"""A real nginx with the configuration of deploy/nginx in front of the real binary. Ends in an audit."""
import argparse
import http.client
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

from onrush import Api, Problem, Runner, Server, WebSocket, a_sale, pay_at
from run import check_sums, expect, order_state, start_payment

DEPLOY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "deploy", "nginx")
HOLDS, LIVE, GATE = "/api/v1/sales/{sale}/holds", "/api/v1/sales/{sale}/live", "/api/v1/sales/{sale}/gate"
DRAW, ENTRIES = "/api/v1/sales/{sale}/draw", "/api/v1/sales/{sale}/draw/entries"

# nginx counts in whole seconds: what may be kept for one second is asked for again in the second after.
CACHED_SECONDS = 2.1


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def find_nginx():
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


class Nginx:
    """nginx in a directory of its own; only addresses and paths of the shipped configuration are changed."""

    def __init__(self, general, rush, port, tls=None, guard=None):
        self.folder = tempfile.TemporaryDirectory(prefix="onrush-nginx-")
        self.url = f"http://127.0.0.1:{port}"
        place = self.folder.name
        with open(os.path.join(DEPLOY, "onrush.conf"), encoding="utf-8") as file:
            text = file.read()
        if tls:  # as the comment in the file says
            text = re.sub(r"  listen 80;\n.*\n  # (listen) 443 (.*\n)  # (include .*\n)", r"  \1 80 \2  \3", text)
        self.put("onrush.conf", text, (("server 127.0.0.1:8080;", f"server {general};", 1),
                                       ("server 127.0.0.1:8081;", f"server {rush};", 1),
                                       ("  listen 80", f"  listen 127.0.0.1:{port}", 1),
                                       ("/var/cache/nginx/", place + "/", 3)))
        if guard:  # the address of a shop, that of its guarded front, and where the sale's waiting room is
            with open(os.path.join(DEPLOY, "guarded_shop.conf"), encoding="utf-8") as file:
                self.put("guarded_shop.conf", file.read(), (
                    ("server 127.0.0.1:9000;", f"server {guard[0]};", 1), ("listen 80;", f"listen {guard[1]};", 1),
                    ("https://sale.example.org/s/618", guard[2], 1), ("/var/cache/nginx/", place + "/", 1)))
        shutil.copytree(os.path.join(DEPLOY, "onrush"), os.path.join(place, "onrush"))
        if tls:
            for name, given in zip(("fullchain.pem", "key.pem"), tls):
                shutil.copy(given, os.path.join(place, "onrush", name))
            path = os.path.join(place, "onrush", "tls.conf")
            with open(path, encoding="utf-8") as file:
                text = file.read().replace("/etc/nginx/", place + "/")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        user = "user root;" if os.geteuid() == 0 else ""
        paths = "\n".join(f"  {kind}_temp_path {place}/{kind};"
                          for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(os.path.join(place, "nginx.conf"), "w", encoding="utf-8") as file:
            file.write(f"daemon off;\n{user}\nworker_processes 1;\npid {place}/pid;\nerror_log {place}/error.log warn;\n"
                       f"events {{ worker_connections 2000; }}\nhttp {{\n  access_log off;\n{paths}\n"
                       f"  include {place}/*.conf.in;\n}}\n")
        self.command = [find_nginx(), "-e", f"{place}/error.log", "-p", place, "-c", f"{place}/nginx.conf"]
        checked = subprocess.run([*self.command, "-t"], capture_output=True, text=True, check=False)
        if checked.returncode != 0:
            raise Problem("the configuration is refused: " + checked.stderr)
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.close()
                    raise Problem("nginx did not start") from None
                time.sleep(0.02)

    def put(self, name, text, changes):
        """A file of deploy/nginx with addresses and paths of our own."""
        for old, new, count in changes:
            expect(text.count(old), count, f"places of {old!r} in {name}")
            text = text.replace(old, new)
        with open(os.path.join(self.folder.name, name + ".in"), "w", encoding="utf-8") as file:
            file.write(text)

    def api(self, token=None):
        return Api(self.url, token)

    def errors(self):
        with open(os.path.join(self.folder.name, "error.log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()  # the master; its workers end with their channel
                self.process.wait()
        self.folder.cleanup()


class Front:
    """A server and the nginx in front of it."""

    def __init__(self, binary, **settings):
        self.port = free_port()
        url = f"http://127.0.0.1:{self.port}"
        self.own = {name: f"127.0.0.1:{free_port()}" for name in ("general", "rush")}
        self.server = Server(binary, settings={
            "log-level": "warn", "public-general-url": url, "public-rush-url": url,
            "listen-general": self.own["general"], "listen-rush": self.own["rush"], **settings})
        self.nginx = None

    def __enter__(self):
        self.server.start()
        try:
            for name, address in self.own.items():  # endpoints.json names the public addresses
                self.server.ends[name] = "http://" + address
            self.nginx = Nginx(self.own["general"], self.own["rush"], self.port)
        except BaseException:
            self.server.close()
            raise
        return self

    def __exit__(self, *_):
        self.nginx.close()
        self.server.close()

    def requests(self, route):
        """How many requests of this route the server has answered, by its own metrics."""
        text = self.server.admin().call("GET", "/metrics")[1]
        lines = [line for line in text.splitlines()
                 if line.startswith("onrush_http_requests_total{") and f'route="{route}"' in line]
        return int(sum(float(line.rsplit(" ", 1)[1]) for line in lines))

    def hold(self, token, body=None, sale="s", **headers):
        return self.nginx.api(token).call("POST", f"/api/v1/sales/{sale}/holds", body or {"item": "a"}, headers)

    def finish(self):
        """The books are right, and nothing went wrong in nginx that no test has asked for."""
        for line in self.nginx.errors().splitlines():
            if re.search(r"\[(error|crit|alert|emerg)\]", line):
                raise Problem("nginx: " + line)
        expect(self.server.stop(), 0, "exit code")
        return self.server.audit()


def test_pages_and_a_purchase_work_through_it(front):
    with front() as world:
        page = world.nginx.api().call("GET", "/")
        expect(page[0], 200, "page")
        if "<html" not in page[1] or "Content-Security-Policy" not in page[2]:
            raise Problem("not the shop's page with its policy")
        asset = re.search(r'src="(/[^"]+\.js)"', page[1]).group(1)
        status, _, headers = world.nginx.api().call("GET", asset)
        expect((status, "immutable" in headers["Cache-Control"]), (200, True), "asset")
        world.server.apply_sale(a_sale(stock=2))
        status, session, _ = world.nginx.api().call(
            "POST", "/api/v1/accounts", {"email": "li@example.org", "password": "correct horse"})
        expect(status, 201, f"sign-up {session}")
        token = session["token"]
        status, order, _ = world.hold(token)
        expect(status, 201, f"hold {order}")
        status, payment, _ = world.nginx.api(token).call("POST", f"/api/v1/orders/{order['order']}/payments", {})
        expect(status, 201, "payment")
        expect(pay_at(payment["url"])[0], 303, "hosted page")
        world.server.wait_for(lambda: order_state(world.server, token, order["order"]) == "paid", "paid")
        me = world.nginx.api(token).call("GET", "/api/v1/sales/s/me")[1]
        expect([o["order"] for o in me["orders"]], [order["order"]], "me")
        listed = world.server.wait_for(lambda: world.nginx.api(token).call("GET", "/api/v1/orders")[1]["orders"], "list")
        expect(listed[0]["order"], order["order"], "my orders")
        check_sums(world.server)
        expect(world.finish()["sales"][0]["money"]["fulfilled"], 990, "money")


def test_the_push_channel_works_through_it(front):
    with front() as world:
        world.server.apply_sale(a_sale(stock=3))
        token = world.server.mint(1)[0]
        live = WebSocket(world.nginx.url, "/api/v1/live?sale=s", token)
        live.wait_for("welcome")
        begin = time.monotonic()
        order = world.hold(token)[1]["order"]
        expect(live.wait_for("order", cause="granted")["order"], order, "the pushed order")
        if time.monotonic() - begin > 2:
            raise Problem("the message was held back")
        live.send({"type": "ping"})
        live.wait_for("pong")
        world.server.act("s", "pause")
        live.wait_for("live", phase="paused")
        live.close()
        world.finish()


def test_a_crowd_of_pollers_costs_a_request_a_second(front):
    with front() as world:
        world.server.apply_sale(a_sale(stock=7))
        polls, seconds, threads = 500, 2.0, 10
        # The first answer, which is kept, is to a page of ours; what is meant for it alone is for nobody else.
        first = world.nginx.api().call("GET", "/api/v1/sales/s/live", headers={"Origin": world.nginx.url})
        expect(first[2]["Access-Control-Allow-Origin"], None, "a header for one origin in an answer for all")
        before = world.requests(LIVE)
        answers, lock = [], threading.Lock()
        begin = time.monotonic()

        def poll(mine):
            api = world.nginx.api()
            for n in range(polls // threads):
                # Neither a query nor a header of one's own makes a document of one's own.
                status, body, headers = api.call("GET", f"/api/v1/sales/s/live?x={mine}-{n}",
                                                 headers={"Origin": f"http://o{mine}-{n}.test", "Cookie": f"c={n}"},
                                                 token=f"nonsense-{mine}")
                with lock:
                    answers.append((status, body["items"][0]["free"], headers["Cache-Control"]))
                time.sleep(max(0.0, begin + (n + 1) * seconds * threads / polls - time.monotonic()))
        crowd = [threading.Thread(target=poll, args=(n,)) for n in range(threads)]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()
        took = time.monotonic() - begin
        expect(set(answers), {(200, 7, "public, max-age=1")}, "answers")
        expect(len(answers), polls, "polls")
        cost = world.requests(LIVE) - before
        print(f"        {polls} polls in {took:.1f} s cost the server {cost} requests")
        if cost > 2 + took:
            raise Problem(f"{polls} polls in {took:.1f} s cost the server {cost} requests")
        for path, route in (("/api/v1/sales", "/api/v1/sales"), ("/api/v1/sales/s", "/api/v1/sales/{sale}")):
            before = world.requests(route)
            for _ in range(20):
                status, body, headers = world.nginx.api().call("GET", path)
                expect(status, 200, path)
            if world.requests(route) - before > 2:
                raise Problem(f"{path} is not cached")
            tag = headers["ETag"]
            expect(world.nginx.api().call("GET", path, headers={"If-None-Match": tag})[0], 304, f"{path} by its tag")
        # What is cached is a second old, not for ever.
        world.hold(world.server.mint(1)[0])
        world.server.wait_for(lambda: world.nginx.api().call("GET", "/api/v1/sales/s/live")[1]["items"][0]["free"] == 6,
                              "the new number", 5)
        world.finish()


def test_a_draw_is_checked_by_a_crowd_at_the_price_of_one(front):
    with front() as world:
        world.server.apply_sale(a_sale(lobby_at="+0s", opens_at="+3s", line={"mode": "draw"}))
        buyers = world.server.mint(3)
        for token in buyers:
            world.server.wait_for(lambda one=token: world.nginx.api(one).call("POST", "/api/v1/sales/s/place")[0] in (200, 201),
                                  "a place", 5)
        call = world.nginx.api().call
        status, draw, headers = call("GET", "/api/v1/sales/s/draw")
        expect((status, draw["revealed"], headers["Cache-Control"]), (200, False, "public, max-age=1"), "the draw before")
        expect(call("GET", "/api/v1/sales/s/draw/entries")[0], 425, "the entries before")
        world.server.wait_for(lambda: call("GET", "/api/v1/sales/s/draw")[1]["revealed"], "the draw", 10)
        before = world.requests(DRAW) + world.requests(ENTRIES)
        seen = set()
        for n in range(20):
            status, draw, headers = call("GET", f"/api/v1/sales/s/draw?x={n}", headers={"Origin": f"http://o{n}.test"})
            expect((status, draw["entries"]), (200, 3), "the draw")
            status, page, headers = call("GET", f"/api/v1/sales/s/draw/entries?from=1&limit=10000&x={n}",
                                         headers={"Origin": f"http://o{n}.test"}, token=f"nonsense-{n}")
            seen.add((status, tuple(page["leaves"]), headers["Cache-Control"], headers["Access-Control-Allow-Origin"]))
        (status, leaves, kept, origin), = seen
        expect((status, len(leaves), kept, origin), (200, 3, "public, max-age=86400, immutable", None), "the entries")
        expect(call("GET", "/api/v1/sales/s/draw/entries?from=2&limit=1")[1], {"from": 2, "leaves": [leaves[1]]}, "a part")
        cost = world.requests(DRAW) + world.requests(ENTRIES) - before
        if cost > 3:
            raise Problem(f"42 looks at a draw cost the server {cost} requests")
        world.finish()


def test_a_closed_sale_is_over_without_the_server_and_after_it(front):
    with front() as world:
        world.server.apply_sale(a_sale(stock=5))
        tokens = world.server.mint(40)
        order = world.hold(tokens[0])[1]["order"]
        world.server.act("s", "close")
        time.sleep(CACHED_SECONDS)
        # While an order waits for its money, its buyer may not know of it: asking again tells him.
        status, again, _ = world.hold(tokens[0])
        expect((status, again.get("order")), (201, order), "the holder's repeat after closing")
        expect(world.hold(tokens[1])[0], 410, "somebody else, told by the server")
        pay_at(start_payment(world.server, tokens[0], order)["url"])
        world.server.wait_for(lambda: order_state(world.server, tokens[0], order) == "paid", "paid")
        _, servers_own, own_headers = world.server.rush(tokens[1]).call("POST", "/api/v1/sales/s/holds", {"item": "a"})
        time.sleep(CACHED_SECONDS)
        before, gates = world.requests(HOLDS), world.requests(GATE)
        begin = time.monotonic()
        for token in tokens:
            status, body, headers = world.hold(token)
            expect((status, body), (410, servers_own), "answer of nginx")
            for name in ("Content-Type", "Cache-Control", "X-Content-Type-Options"):
                expect(headers[name], own_headers[name], name)
        expect(world.requests(HOLDS) - before, 0, "hold requests that reached the server")
        if world.requests(GATE) - gates > 2 + time.monotonic() - begin:
            raise Problem(f"the gate was asked {world.requests(GATE) - gates} times")
        orders = world.nginx.api(tokens[0]).call("GET", f"/api/v1/orders/{order}")
        expect((orders[0], orders[1]["state"]), (200, "paid"), "the buyer still sees his order")
        live = world.nginx.api().call("GET", "/api/v1/sales/s/live")[1]
        world.finish()  # stops the server
        time.sleep(CACHED_SECONDS)
        for token in tokens[:5]:
            expect(world.hold(token)[:2], (410, servers_own), "over, with the server gone")
        status, stale, _ = world.nginx.api().call("GET", "/api/v1/sales/s/live")
        expect((status, stale["phase"]), (200, live["phase"]), "live document, with the server gone")
        status, body, headers = world.nginx.api(tokens[0]).call("GET", f"/api/v1/orders/{order}")
        expect((status, body["code"], headers["Retry-After"]), (503, "unavailable", "2"), "the rest, with the server gone")
        expect(world.hold(tokens[0], sale="other")[0], 503, "another sale, with the server gone")


def test_a_sale_that_is_paid_for_is_over_and_while_it_is_open_the_server_answers(front):
    with front() as world:
        world.server.apply_sale(a_sale(stock=1))
        first, second, third = world.server.mint(3)
        order = world.hold(first)[1]["order"]
        before = world.requests(HOLDS)
        status, body, _ = world.hold(second, {"item": "a", "standby": False})
        expect((status, body["code"], body["may_return"]), (409, "sold_out", 1), "sold out, but one may return")
        expect(world.hold(first)[1]["order"], order, "the holder's repeat while it is sold out")
        expect(world.requests(HOLDS) - before, 2, "requests that the server has to answer itself")
        pay_at(start_payment(world.server, first, order)["url"])
        world.server.wait_for(lambda: world.server.numbers("s")["phase"] in ("closed", "settled"), "closing by itself")
        time.sleep(CACHED_SECONDS)
        before = world.requests(HOLDS)
        for token in (first, second, third):
            expect(world.hold(token)[0], 410, "sold out for good")
        expect(world.requests(HOLDS) - before, 0, "hold requests that reached the server")
        check_sums(world.server)
        world.finish()


def test_what_a_request_carries_passes_through(front):
    with front() as world:
        world.server.apply_sale(a_sale(stock=5, per_buyer=2, items=[
            {"item": "a", "title": "A", "stock": 5, "price": 1}, {"item": "b", "title": "B", "stock": 5, "price": 1}]))
        token, other = world.server.mint(2)
        trace = "0af7651916cd43dd8448eb211c80319c"
        status, order, headers = world.hold(token, **{"Idempotency-Key": "k-1",
                                                      "traceparent": f"00-{trace}-b7ad6b7169203331-01"})
        expect(status, 201, "hold")
        if trace not in headers["traceparent"]:
            raise Problem("the trace was lost: " + headers["traceparent"])
        expect(headers["Cache-Control"], "no-store", "Cache-Control of a personal answer")
        again = world.hold(token, **{"Idempotency-Key": "k-1"})
        expect((again[0], again[1]["order"], again[1]["repeated"]), (201, order["order"], True), "the same key")
        status, body, _ = world.hold(token, {"item": "b"}, **{"Idempotency-Key": "k-1"})
        expect((status, body["code"]), (422, "idempotency_key_conflict"), "the key with another body")
        expect(world.hold(other, **{"Idempotency-Key": "k-1"})[0], 201, "another buyer's key is another key")
        expect(world.hold(None)[0], 401, "no token")
        expect(world.hold(token, sale="none")[:2][0], 404, "no such sale")
        expect(world.hold(token, "{" + " " * 70000 + "}")[0], 413, "a body over 64 KiB")
        expect(world.nginx.api(token).call("GET", "/api/v1/sales/s/live", headers={"Cookie": "c=" + "x" * 9000})[0] in
               (400, 431), True, "a head over 8 KiB is refused")
        check_sums(world.server)
        refused = [line for line in world.nginx.errors().splitlines() if "[error]" in line]
        expect([line for line in refused if "too large body" not in line], [], "errors of nginx")
        expect(world.server.stop(), 0, "exit code")
        world.server.audit()


def test_a_racing_crowd_through_it_never_oversells(front):
    with front() as world:
        world.server.apply_sale(a_sale(stock=20, standby=False))
        tokens = world.server.mint(200)
        granted, lock = [], threading.Lock()
        begin = time.monotonic()

        def racer(mine):
            api = world.nginx.api()
            for token in mine:
                for _ in range(2):
                    status, body, _ = api.call("POST", "/api/v1/sales/s/holds", {"item": "a"}, token=token)
                    if status not in (201, 409):
                        raise Problem(f"{status} {body}")
                    if status == 201:
                        with lock:
                            granted.append(body["order"])
        threads = [threading.Thread(target=racer, args=(tokens[n::8],)) for n in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        expect(len(set(granted)), 20, "orders")
        expect(len(granted), 40, "answers: each repeat gives the same order")
        expect(world.requests(HOLDS), 400, "hold requests that the server has to answer itself")
        if world.requests(GATE) > 8 + 2 + time.monotonic() - begin:
            raise Problem(f"the gate was asked {world.requests(GATE)} times")
        check_sums(world.server)
        world.finish()


def test_it_serves_tls(front):
    with front() as world, tempfile.TemporaryDirectory() as folder:
        key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "fullchain.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        port = free_port()
        secure = Nginx(world.own["general"], world.own["rush"], port, tls=(certificate, key))
        try:
            context = ssl.create_default_context(cafile=certificate)
            link = http.client.HTTPSConnection("localhost", port, timeout=10, context=context)
            link.request("GET", "/api/v1/sales")
            answer = link.getresponse()
            expect((answer.status, answer.read()), (200, b'{"sales":[]}'), "over TLS")
            expect(answer.getheader("Strict-Transport-Security"), "max-age=31536000", "HSTS")
            link.close()
        finally:
            secure.close()
        world.finish()


def bytes_of(nginx, place, call):
    """The head that reaches the server when `call` is made, by a listener of our own in its place."""
    seen = []

    def answer():
        link, _ = place.accept()
        with link:
            data = b""
            while b"\r\n\r\n" not in data:
                data += link.recv(65536)
            seen.append(data.decode().lower().split("\r\n"))
            link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    thread = threading.Thread(target=answer)
    thread.start()
    call()
    thread.join(10)
    return seen[0]


def test_a_client_cannot_choose_the_address_that_is_passed_on(front):
    with socket.create_server(("127.0.0.1", 0)) as place:
        place.settimeout(10)
        address = f"127.0.0.1:{place.getsockname()[1]}"
        nginx = Nginx(address, address, free_port())
        given = {"X-Forwarded-For": "203.0.113.9", "Idempotency-Key": "k", "Origin": "http://shop.test"}
        try:
            personal = bytes_of(nginx, place,
                                lambda: nginx.api("secret").call("GET", "/api/v1/orders?limit=2", headers=given))
            public = bytes_of(nginx, place,
                              lambda: nginx.api("secret").call("GET", "/api/v1/sales/s/live?x=1", headers=given))
        finally:
            nginx.close()
        for lines in (personal, public):
            expect([line for line in lines if line.startswith("x-forwarded-for")], ["x-forwarded-for: 127.0.0.1"], "address")
        for wanted in ("get /api/v1/orders?limit=2 http/1.1", "authorization: bearer secret", "idempotency-key: k",
                       "origin: http://shop.test", f"host: {nginx.url[7:]}"):
            if wanted not in personal:
                raise Problem(f"{wanted!r} did not arrive: {personal}")
        expect(public[0], "get /api/v1/sales/s/live http/1.1", "a public document is asked for without a query")
        names = {line.split(":")[0] for line in public[1:] if line}
        expect(names, {"host", "x-forwarded-for"}, "headers with which a public document is asked for")


def test_staff_routes_are_not_reachable(front):
    with front() as world:
        world.server.apply_sale(a_sale())
        owner = world.server.owner()
        for method, path in (("GET", "/api/v1/admin/sales"), ("GET", "/api/v1/admin/sales/s"), ("GET", "/metrics"),
                             ("GET", "/healthz"), ("GET", "/readyz"), ("POST", "/api/v1/staff/sessions"),
                             ("POST", "/api/v1/admin/sales/s/acts"), ("GET", "//api/v1/admin/sales"),
                             ("GET", "/api/v1/./admin/sales"), ("GET", "/api/v1/%61dmin/sales"),
                             ("GET", "/api/v1/sales/../admin/sales"), ("GET", "/onrush-gate")):
            body = {"act": "pause"} if method == "POST" else None
            status, answer, _ = world.nginx.api(owner).call(method, path, body)
            if status not in (404, 405):
                raise Problem(f"{method} {path} answered {status}: {str(answer)[:200]}")
        expect(world.server.numbers("s")["phase"], "open", "phase")
        world.finish()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--only", default="", help="tests whose name contains this")
    options = parser.parse_args()
    runner = Runner()

    def front(**settings):
        return Front(options.binary, **settings)
    for name, function in sorted(globals().items()):
        if not name.startswith("test_") or options.only not in name:
            continue
        if find_nginx() is None:
            runner.skipped += 1
            print(f"skipped {name[5:]}: there is no nginx")
            continue
        runner.run(name[5:], function, front)
    return runner.finish()


if __name__ == "__main__":
    sys.exit(main())
