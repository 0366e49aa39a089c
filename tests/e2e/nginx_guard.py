"""A shop of somebody else behind a sale's waiting room: a real nginx with deploy/nginx/guarded_shop.conf, and a
stand-in for the shop. Ends in an audit."""
import argparse
import http.server
import json
import sys
import threading
import time

from nginx import CACHED_SECONDS, Front, Nginx, find_nginx, free_port
from onrush import Api, Runner, a_sale, pay_at
from run import expect, order_state, start_payment

CHECK = "/api/v1/passes/check"
ROOM = "http://127.0.0.1:1/s/618"
PASS_SECONDS = 5
PASS_CACHED_SECONDS = 5  # proxy_cache_valid 204 in guarded_shop.conf


class Shop:
    """The merchant's own shop: knows nothing of passes, counts whom it saw where."""

    def __init__(self):
        seen = self.seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # noqa: N802, the library's name
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length).decode()
                seen.append((self.command, self.path, body, self.headers.get("Onrush-Pass")))
                status = 401 if self.path.endswith("/members") else 200
                text = b"the shop's own words"
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Guarded(Front):
    """A server, a shop, and the nginx before both."""

    def __enter__(self):
        super().__enter__()
        self.nginx.close()
        self.shop = Shop()
        front = f"127.0.0.1:{free_port()}"
        self.nginx = Nginx(self.own["general"], self.own["rush"], self.port, guard=(self.shop.address, front, ROOM))
        self.nginx_shop = "http://" + front
        return self

    def __exit__(self, *_):
        self.shop.close()
        super().__exit__()

    def ask(self, path="/checkout/", method="GET", body=None, **headers):
        api = Api(self.nginx_shop)
        try:
            return api.call(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        finally:
            api.close()

    def sale(self, key="618", **more):
        self.server.apply_sale(a_sale(key, line={"mode": "fifo", "rate": 1000, "pass_seconds": PASS_SECONDS}, **more))

    def a_pass(self, token, sale="618"):
        """Takes a place, waits for the turn, claims it."""
        status, body, _ = self.server.rush(token).call("POST", f"/api/v1/sales/{sale}/place")
        expect(status in (200, 201), True, f"place {body}")

        def claim():
            status, body, _ = self.server.rush(token).call("POST", f"/api/v1/sales/{sale}/pass")
            return body["token"] if status in (200, 201) else None
        return self.server.wait_for(claim, "the turn")


def test_only_a_live_pass_of_this_sale_gets_through(front):
    with front() as world:
        world.sale()
        world.sale("other")
        first, second = world.server.mint(2)
        good, wrong_sale = world.a_pass(first), world.a_pass(second, "other")
        forged = good[:-2] + ("AA" if good[-2:] != "AA" else "BB")
        for what, headers in (("no pass", {}), ("nonsense", {"Onrush_Pass": "x.y.z"}),
                              ("another sale's", {"Onrush_Pass": wrong_sale}), ("a forged one", {"Onrush_Pass": forged}),
                              ("a session", {"Onrush_Pass": first}), ("a cookie of nonsense", {"Cookie": "onrush_pass=1"})):
            status, _, answer = world.ask(**headers)
            expect((status, answer["Location"]), (303, ROOM), what)
            status, body, _ = world.ask(method="POST", body={"pay": 1}, **headers)
            expect((status, ROOM in body), (403, True), what + ", POST")
        expect(world.shop.seen, [], "what reached the shop")
        for what, headers in (("header", {"Onrush_Pass": good}), ("cookie", {"Cookie": f"a=b; onrush_pass={good}"})):
            status, body, _ = world.ask(**headers)
            expect((status, body), (200, "the shop's own words"), what)
        expect(world.ask(method="POST", body={"pay": 1}, Onrush_Pass=good)[0], 200, "POST with a pass")
        expect([entry[0] for entry in world.shop.seen], ["GET", "GET", "POST"], "what reached the shop")
        expect(world.shop.seen[2][2], json.dumps({"pay": 1}), "the body of the POST")
        expect({entry[3] for entry in world.shop.seen}, {None}, "passes told to the shop")
        world.finish()


def test_the_rest_of_the_shop_is_open_and_its_own_answers_pass(front):
    with front() as world:
        world.sale()
        expect(world.ask("/")[:2], (200, "the shop's own words"), "the shop's front page")
        status, live, _ = world.ask("/api/v1/sales/618/live")
        expect((status, live["sale"]), (200, "618"), "the sale's API on the shop's origin")
        good = world.a_pass(world.server.mint(1)[0])
        # The shop's own 401 is the shop's own, and no sign that the pass is not good.
        expect(world.ask("/checkout/members", Onrush_Pass=good)[:2], (401, "the shop's own words"), "a 401 of the shop")
        world.finish()


def test_a_page_with_thirty_pictures_asks_once_and_a_pass_ends(front):
    with front() as world:
        world.sale()
        good = world.a_pass(world.server.mint(1)[0])
        begin = time.monotonic()
        before = world.requests(CHECK)
        for n in range(30):
            expect(world.ask(f"/checkout/{n}.png", Onrush_Pass=good)[0], 200, "picture")
        asked = world.requests(CHECK) - before
        print(f"        30 requests with one pass asked the server {asked} times")
        expect(asked <= 2, True, f"the server was asked {asked} times")
        # What is kept may outlive the pass, by no more than it is kept.
        last = 0.0
        while time.monotonic() - begin < PASS_SECONDS + PASS_CACHED_SECONDS + 3 * CACHED_SECONDS:
            if world.ask(Onrush_Pass=good)[0] == 200:
                last = time.monotonic() - begin
            time.sleep(0.2)
        expect(last < PASS_SECONDS + PASS_CACHED_SECONDS + CACHED_SECONDS, True, f"a pass still good after {last:.1f} s")
        expect(last > 1, True, f"a pass was good for {last:.1f} s only")
        expect(world.ask(Onrush_Pass=good)[2]["Location"], ROOM, "a lapsed pass")
        world.finish()


def test_without_the_server_nobody_is_let_in_and_is_told_to_come_again(front):
    with front() as world:
        world.sale()
        first, second = world.server.mint(2)
        good, unused = world.a_pass(first), world.a_pass(second)
        expect(world.ask(Onrush_Pass=good)[0], 200, "before")
        world.finish()  # stops the server
        time.sleep(PASS_CACHED_SECONDS + CACHED_SECONDS)
        reached = len(world.shop.seen)
        for token in (good, unused):
            begin = time.monotonic()
            status, body, headers = world.ask(Onrush_Pass=token)
            expect((status, headers["Retry-After"], "One moment" in body), (503, "5", True), "with the server gone")
            expect(time.monotonic() - begin < 4, True, "an answer in time")
        expect(world.ask()[2]["Location"], ROOM, "without a pass, with the server gone")
        expect(len(world.shop.seen), reached, "what reached the shop")
        expect(world.ask("/")[0], 200, "the rest of the shop")


def test_a_server_that_hangs_is_no_yes(front):
    with front() as world:
        world.sale()
        good = world.a_pass(world.server.mint(1)[0])
        world.server.process.send_signal(19)  # SIGSTOP
        try:
            begin = time.monotonic()
            status, _, headers = world.ask(Onrush_Pass=good)
            took = time.monotonic() - begin
            expect((status, headers["Retry-After"]), (503, "5"), "with the server hanging")
            expect(1 < took < 5, True, f"an answer after {took:.1f} s")
        finally:
            world.server.process.send_signal(18)  # SIGCONT
        expect(world.server.wait_for(lambda: world.ask(Onrush_Pass=good)[0] in (200, 303), "an answer again"), True, "after")


def test_a_pass_buys_in_the_sale_itself_too(front):
    with front() as world:
        world.sale(stock=1)
        token = world.server.mint(1)[0]
        good = world.a_pass(token)
        status, order, _ = world.hold(token, sale="618", **{"Onrush-Pass": good})
        expect(status, 201, f"hold {order}")
        expect(pay_at(start_payment(world.server, token, order["order"])["url"])[0], 303, "hosted page")
        world.server.wait_for(lambda: order_state(world.server, token, order["order"]) == "paid", "paid")
        expect(world.finish()["sales"][0]["money"]["fulfilled"], 990, "money")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--only", default="", help="tests whose name contains this")
    options = parser.parse_args()
    runner = Runner()
    for name, function in sorted(globals().items()):
        if not name.startswith("test_") or options.only not in name:
            continue
        if find_nginx() is None:
            runner.skipped += 1
            print(f"skipped {name[5:]}: there is no nginx")
            continue
        runner.run(name[5:], function, lambda **settings: Guarded(options.binary, **settings))
    return runner.finish()


if __name__ == "__main__":
    sys.exit(main())
