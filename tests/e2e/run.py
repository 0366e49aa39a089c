"""End-to-end tests over the real binary. Each ends in an audit: stock and money add up."""
import argparse
import base64
import email
import glob
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

from onrush import Api, Problem, Runner, Server, WebSocket, a_sale, pay_at

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples")


def expect(actual, wanted, what):
    if actual != wanted:
        raise Problem(f"{what}: expected {wanted!r}, got {actual!r}")


def item(server, sale="s", key="a"):
    return next(i for i in server.numbers(sale)["items"] if i["item"] == key)


def check_sums(server, sale="s"):
    for i in server.numbers(sale)["items"]:
        expect(i["free"] + i["held"] + i["paid"], i["stock"], f"sum of {i['item']}")


def hold(server, token, body=None, sale="s", key=None):
    headers = {"Idempotency-Key": key} if key else None
    return server.rush(token).call("POST", f"/api/v1/sales/{sale}/holds", body or {"item": "a"}, headers)


def order_state(server, token, order):
    status, body, _ = server.general(token).call("GET", f"/api/v1/orders/{order}")
    expect(status, 200, "order")
    return body["state"]


def start_payment(server, token, order):
    status, body, _ = server.general(token).call("POST", f"/api/v1/orders/{order}/payments", {})
    expect(status, 201, f"payment {body}")
    return body


def test_a_hold_is_paid_and_audited(make):
    with make() as server:
        server.start()
        server.apply_sale(a_sale(stock=3))
        token = server.mint(1)[0]
        status, order, _ = hold(server, token)
        expect(status, 201, "hold")
        expect(order["state"], "awaiting_payment", "state")
        status, again, _ = hold(server, token)
        expect((status, again["order"], again["repeated"]), (201, order["order"], True), "repeat")
        payment = start_payment(server, token, order["order"])
        status, location = pay_at(payment["url"])
        expect(status, 303, "hosted page")
        server.wait_for(lambda: order_state(server, token, order["order"]) == "paid", "paid")
        expect(item(server)["paid"], 1, "paid units")
        check_sums(server)
        expect(server.stop(), 0, "exit code")
        expect(server.audit()["sales"][0]["money"]["fulfilled"], 990, "money")


def test_a_lapsed_unit_goes_to_standby_and_is_pushed(make):
    with make() as server:
        server.start()
        server.apply_sale(a_sale(stock=1, hold_seconds=1))
        first, second = server.mint(2)
        expect(hold(server, first)[0], 201, "first")
        status, waiting, _ = hold(server, second)
        expect((status, waiting["position"]), (202, 1), "second waits")
        live = WebSocket(server.ends["rush"], "/api/v1/live?sale=s", second)
        live.wait_for("welcome")
        turn = live.wait_for("order", cause="standby_turn")
        pay_at(start_payment(server, second, turn["order"])["url"])
        live.wait_for("order", cause="paid")
        live.close()
        server.wait_for(lambda: server.numbers("s")["phase"] in ("closed", "settled"), "closing by itself")
        check_sums(server)
        server.stop()
        server.audit()


def test_late_money_is_refunded_once(make):
    with make() as server:
        server.start()
        server.apply_sale(a_sale(stock=1, hold_seconds=1, late_money="refund"))
        token, other = server.mint(2)
        order = hold(server, token)[1]["order"]
        payment = start_payment(server, token, order)
        expect(hold(server, other)[0], 202, "other waits")
        pay_at(payment["url"], behaviour="late:2500")
        turn = server.wait_for(lambda: server.rush(other).call("GET", "/api/v1/sales/s/me")[1]["orders"], "turn")
        pay_at(start_payment(server, other, turn[0]["order"])["url"], behaviour="duplicate:3")
        server.wait_for(lambda: order_state(server, other, turn[0]["order"]) == "paid", "paid")
        server.wait_for(lambda: server.sandbox_totals()["refunded_sum"] == 990, "refund at the provider")
        server.wait_for(lambda: server.numbers("s")["money"]["refunded"] == 990, "refund in the books")
        expect(server.sandbox_totals()["captured_sum"], 1980, "captured")
        server.stop()
        money = server.audit()["sales"][0]["money"]
        expect((money["captured"], money["fulfilled"], money["refunded"]), (1980, 990, 990), "money")


def test_a_lost_callback_is_asked_for(make):
    with make(**{"payment-ask-again-ms": 300}) as server:
        server.start()
        server.apply_sale(a_sale(stock=1))
        token = server.mint(1)[0]
        order = hold(server, token)[1]["order"]
        pay_at(start_payment(server, token, order)["url"], behaviour="lost")
        server.wait_for(lambda: order_state(server, token, order) == "paid", "paid without a callback")
        server.stop()
        server.audit()


def test_a_restart_keeps_everything(make):
    with make() as server:
        server.start()
        server.apply_sale(a_sale(stock=2))
        tokens = server.mint(4)
        orders = [hold(server, t)[1] for t in tokens[:2]]
        expect(hold(server, tokens[2])[1]["position"], 1, "standby")
        expect(hold(server, tokens[3])[1]["position"], 2, "standby")
        expect(server.stop(), 0, "exit code")
        server.start()
        for token, order in zip(tokens, orders):
            now = server.general(token).call("GET", f"/api/v1/orders/{order['order']}")[1]
            expect((now["units"], now["deadline"]), (order["units"], order["deadline"]), "order")
        me = server.rush(tokens[3]).call("GET", "/api/v1/sales/s/me")[1]
        expect(me["standby"][0]["position"], 2, "position")
        server.stop()
        server.audit()


def test_a_second_server_on_the_same_directory_is_refused(make):
    with make() as server:
        server.start()
        second = Server(server.binary, server.directory)
        second.log_path = server.log_path + ".second"
        try:
            with open(second.log_path, "ab") as log:
                process = subprocess.run([server.binary, "serve", *second.flags()], stdin=subprocess.DEVNULL,
                                         stdout=log, stderr=log, timeout=30, check=False)
            expect(process.returncode, 3, "exit code of the second")
            if "another process" not in second.log_tail():
                raise Problem("no clear message: " + second.log_tail())
        finally:
            os.unlink(second.log_path)
        expect(server.general().call("GET", "/api/v1/sales")[0], 200, "the first still serves")
        expect(server.stop(), 0, "exit code")


def test_the_read_model_is_rebuilt_identically(make):
    with make() as server:
        server.start()
        server.apply_sale(a_sale(stock=50, hold_seconds=1))
        tokens = server.mint(80)
        for n, token in enumerate(tokens):
            status, body, _ = hold(server, token)
            if status == 201 and n % 3:
                pay_at(start_payment(server, token, body["order"])["url"])
        # Every hold is settled, paid or lapsed, those of the standby list too: what is compared cannot change by time.
        def listed(query):
            return server.admin().call("GET", f"/api/v1/admin/orders?limit=100{query}")[1]["orders"]
        server.wait_for(lambda: len(listed("")) == 80 and not listed("&state=awaiting_payment"), "all holds to end", 60)
        server.act("s", "pause", reason="to compare")
        server.stop()
        before = server.run("dump").stdout
        server.run("rebuild")
        expect(server.run("dump").stdout, before, "rows after rebuilding")
        for path in glob.glob(os.path.join(server.directory, "read_model.db*")):
            os.unlink(path)
        server.start()
        server.wait_for(lambda: server.admin().call("GET", "/api/v1/admin/orders?limit=1")[1].get("orders"), "orders")
        server.stop()
        expect(server.run("dump").stdout, before, "rows after deleting and serving")
        server.audit()


def test_mail_is_sent_once(make):
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        box = os.path.join(folder, "box")
        smtp = subprocess.Popen(["/usr/bin/python3", "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}",
                                 "-c", "aiosmtpd.handlers.Mailbox", box])
        try:
            with make(**{"smtp-url": f"smtp://127.0.0.1:{port}", "smtp-from": "Shop <shop@example.org>"}) as server:
                server.start()
                server.apply_sale(a_sale(stock=1))
                status, session, _ = server.general().call(
                    "POST", "/api/v1/accounts", {"email": "li@example.org", "password": "correct horse", "language": "zh"})
                expect(status, 201, f"sign-up {session}")
                order = hold(server, session["token"])[1]["order"]
                pay_at(start_payment(server, session["token"], order)["url"], behaviour="duplicate:3")

                def mails():
                    return glob.glob(os.path.join(box, "new", "*"))
                server.wait_for(mails, "the mail")
                server.kill()  # also a crash right after sending does not send it again
                server.start()
                time.sleep(1.5)
                expect(len(mails()), 1, "mails")
                with open(mails()[0], "rb") as file:
                    mail = email.message_from_binary_file(file)
                expect(mail["To"], "li@example.org", "recipient")
                if order not in mail.get_payload(decode=True).decode():
                    raise Problem("the order is not in the mail")
                server.stop()
                server.audit()
        finally:
            smtp.terminate()
            smtp.wait()


def test_staff_commands_work_from_the_command_line(make):
    with make() as server:
        server.start()
        admin = ["--admin", server.ends["admin"]]
        server.run("sale", "apply", os.path.join(EXAMPLES, "concert-general.json"), "--announce", *admin)
        server.run("sale", "open", "concert-general", *admin)
        listed = server.run("sale", "list", *admin).stdout
        if "concert-general" not in listed or "open" not in listed:
            raise Problem("sale list: " + listed)
        token = server.mint(1)[0]
        order = hold(server, token, {"lines": [{"item": "front", "quantity": 2}, {"item": "lawn", "quantity": 1}]},
                     "concert-general")[1]
        expect(len(order["units"]), 3, "bundle")
        pay_at(start_payment(server, token, order["order"])["url"])
        server.wait_for(lambda: order_state(server, token, order["order"]) == "paid", "paid")
        server.wait_for(lambda: order["order"] in server.run("orders", "list", "--state", "paid", *admin).stdout,
                        "the order in the list")
        server.run("orders", "refund", order["order"], "--reason", "a test", *admin)
        server.wait_for(lambda: server.sandbox_totals()["refunded_sum"] == order["amount"], "refund")
        server.run("sale", "restock", "concert-general", "lawn", "5", *admin)
        expect(item(server, "concert-general", "lawn")["stock"], 1005, "stock")
        for act in ("pause", "resume", "close"):
            server.run("sale", act, "concert-general", *admin)
        expect(server.run("sale", "resume", "concert-general", *admin, check=False).returncode, 1, "wrong state")
        wanted = {"refund", "restock", "pause", "resume", "close"}

        def all_listed():  # the log of acts is read from the read model, which follows a blink behind
            return wanted <= {a["act"] for a in server.admin().call("GET", "/api/v1/admin/acts")[1]["acts"]}
        server.wait_for(all_listed, "every act in the log of acts")
        server.stop()
        server.audit()


def test_settings_are_checked_and_secrets_masked(make):
    server = make(**{"log-level": "warn"})
    secret = "a-secret-that-must-not-be-shown-anywhere"
    done = server.run("config", "show", environment={"ONRUSH_SECRET_MASTER": secret})
    if secret in done.stdout + done.stderr or "ONRUSH_SECRET_MASTER" not in done.stdout:
        raise Problem("config show: " + done.stdout)
    bad = subprocess.run([server.binary, "check", "--workers-rush", "many"], capture_output=True, text=True, check=False)
    expect(bad.returncode, 2, "exit code for a bad value")
    if "workers.rush" not in bad.stderr:
        raise Problem("the message does not name the setting: " + bad.stderr)
    with open(os.path.join(EXAMPLES, "..", "docs", "configuration.md"), encoding="utf-8") as file:
        documented = file.read()
    shown = json.loads(server.run("config", "show", "--json").stdout)
    missing = [row["name"] for row in shown if f"`{row['name']}`" not in documented]
    expect(missing, [], "settings that docs/configuration.md does not name")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "onrush.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write("[listen]\ngenral = \"127.0.0.1:1\"\n")
        bad = subprocess.run([server.binary, "check", "--config", path], capture_output=True, text=True, check=False)
        expect(bad.returncode, 2, "exit code for an unknown key")
        if "listen.genral" not in bad.stderr:
            raise Problem("the message does not name the key: " + bad.stderr)
        sale = os.path.join(folder, "sale.json")
        with open(sale, "w", encoding="utf-8") as file:
            json.dump(a_sale(stock=0), file)
        bad = subprocess.run([server.binary, "check", sale], capture_output=True, text=True, check=False)
        expect(bad.returncode, 2, "exit code for a bad sale file")
        if "items[0].stock" not in bad.stdout + bad.stderr:
            raise Problem("the message does not name the place: " + bad.stdout + bad.stderr)
    good = subprocess.run([server.binary, "check", *sorted(glob.glob(os.path.join(EXAMPLES, "*.json")))],
                          capture_output=True, text=True, check=False)
    expect(good.returncode, 0, "the examples " + good.stderr)
    server.close()


def test_play_money_is_refused_beyond_loopback(make):
    server = make(**{"listen-general": "0.0.0.0:0"})
    done = subprocess.run([server.binary, "serve", *server.flags()], capture_output=True, text=True, timeout=30,
                          check=False, stdin=subprocess.DEVNULL)
    expect(done.returncode, 2, "exit code")
    if "sandbox" not in done.stderr:
        raise Problem("no clear message: " + done.stderr)
    server.close()


def test_a_stop_drains_and_says_goodbye(make):
    with make() as server:
        server.start()
        server.apply_sale(a_sale())
        live = WebSocket(server.ends["rush"], "/api/v1/live?sale=s")
        live.wait_for("welcome")
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        bye = live.wait_for("bye")
        if not 0 < bye["reconnect_in_ms"] < 120_000:
            raise Problem(f"no reconnect hint: {bye}")
        expect(live.receive(), ("close", 1001), "close frame")
        stopping.join()
        expect(server.process.returncode, 0, "exit code")


def test_a_backup_is_complete(make):
    with make() as server, tempfile.TemporaryDirectory() as folder:
        server.start()
        server.apply_sale(a_sale(stock=5))
        tokens = server.mint(5)
        orders = [hold(server, t)[1] for t in tokens]
        target = os.path.join(folder, "copy")
        server.run("backup", target)  # beside the running server
        server.stop()
        copy = Server(server.binary, target)
        copy.start()
        for token, order in zip(tokens, orders):
            expect(copy.general(token).call("GET", f"/api/v1/orders/{order['order']}")[1]["units"], order["units"], "units")
        expect(copy.stop(), 0, "exit code")
        copy.audit()
        os.unlink(copy.log_path)


def test_confirmation_books_and_cancellation_frees(make):
    with make() as server:
        server.start()
        server.apply_sale(a_sale(stock=1, payment="confirmation"))
        first, second = server.mint(2)
        order = hold(server, first)[1]["order"]
        expect(hold(server, second)[0], 202, "second waits")
        expect(server.general(first).call("DELETE", f"/api/v1/orders/{order}")[0], 204, "cancel")
        turn = server.wait_for(lambda: server.rush(second).call("GET", "/api/v1/sales/s/me")[1]["orders"], "turn")[0]
        status, booked, _ = server.general(second).call("PUT", f"/api/v1/orders/{turn['order']}", {"status": "booked"})
        expect((status, booked["state"]), (200, "paid"), "booked")
        expect(server.general(first).call("GET", f"/api/v1/orders/{turn['order']}")[0], 404, "not yours")
        server.stop()
        server.audit()


def test_a_racing_crowd_never_oversells(make):
    with make() as server:
        server.start()
        server.apply_sale(a_sale(stock=40, standby=False))
        tokens = server.mint(400)
        granted, lock = [], threading.Lock()

        def racer(mine):
            rush = server.rush()
            for token in mine:
                for _ in range(2):
                    status, body, _ = rush.call("POST", "/api/v1/sales/s/holds", {"item": "a"}, None, token)
                    if status == 201:
                        with lock:
                            granted.append((body["order"], body["units"][0]["unit"]))
                    elif status != 409:
                        raise Problem(f"{status} {body}")
        threads = [threading.Thread(target=racer, args=(tokens[n::8],)) for n in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        expect(len(set(granted)), 40, "orders")
        expect(len({unit for _, unit in granted}), 40, "units")
        expect(len(granted), 80, "answers: each repeat gives the same order")
        check_sums(server)
        server.stop()
        server.audit()


def test_the_rush_does_not_starve_sign_in_and_staff(make):
    with make() as server:
        server.start()
        server.apply_sale(a_sale(stock=5))
        tokens = server.mint(50)
        stop = threading.Event()

        def pest(token):
            rush = server.rush(token)
            while not stop.is_set():
                rush.call("POST", "/api/v1/sales/s/holds", {"item": "a"})
        pests = [threading.Thread(target=pest, args=(t,)) for t in tokens[:20]]
        for p in pests:
            p.start()
        try:
            status, session, _ = server.general().call(
                "POST", "/api/v1/accounts", {"email": "a@example.org", "password": "correct horse"})
            expect(status, 201, f"sign-up in the rush {session}")
            expect(server.general().call("POST", "/api/v1/sessions",
                                         {"email": "a@example.org", "password": "wrong horse!"})[0], 401, "wrong password")
            server.act("s", "pause")
            expect(hold(server, tokens[40])[0], 503, "paused")
            server.act("s", "resume")
            expect(Api(server.ends["admin"]).call("GET", "/readyz")[0], 200, "ready")
        finally:
            stop.set()
            for p in pests:
                p.join()
        server.stop()
        server.audit()


def test_the_crowd_sells_everything_and_checks_itself(make, shoppers=6000):
    with make() as server:
        server.start()
        with open(os.path.join(EXAMPLES, "618.json"), encoding="utf-8") as file:
            sale = json.load(file)
        sale.update(opens_at="+5s", hold_seconds=3)
        sale["admission"]["channels"] = ["app", "web"]
        sale["items"][0]["stock"] = 400
        server.apply_sale(sale)
        done = server.run("crowd", "--sale", "618", "--shoppers", str(shoppers), "--seconds-max", "90",
                          "--listeners", "50", "--json", "--admin", server.ends["admin"],
                          "--answers", os.path.join(EXAMPLES, "618.json"))
        report = json.loads(done.stdout)
        if report["exit_status"] != 0:
            raise Problem("the crowd found a fault: " + done.stdout)
        for what, count in (("places", report["line"]["places"]), ("passes", report["line"]["passes"]),
                            ("puzzles", report["puzzles_solved"])):
            expect(count >= 410, True, f"{what}: {count}")
        for i in server.numbers("618")["items"]:
            expect((i["paid"], i["free"], i["held"]), (i["stock"], 0, 0), i["item"])
        server.stop()
        totals = server.audit()["sales"][0]
        expect(sum(i["paid"] for i in totals["items"]), 410, "paid units in the audit")


def test_metrics_tell_the_truth(make):
    with make() as server:
        server.start()
        server.apply_sale(a_sale(stock=3))
        for token in server.mint(5):
            hold(server, token)
        text = server.admin().call("GET", "/metrics")[1]
        for wanted in ("onrush_oversold_units", "onrush_units", "onrush_http_requests_total", "onrush_journal_"):
            if wanted not in text:
                raise Problem(f"{wanted} is not in /metrics")
        held = [line for line in text.splitlines() if line.startswith("onrush_units{") and 'state="held"' in line]
        expect(float(held[0].split()[-1]), 3.0, "held units in the metrics")
        server.stop()


def test_a_bot_is_limited_and_others_buy(make):
    with make(**{"limits-account-per-second": 2, "limits-account-burst": 5}) as server:
        server.start()
        server.apply_sale(a_sale(stock=20, per_buyer=1))
        bot, *others = server.mint(21)
        stop, statuses, refusals = threading.Event(), {}, []

        def click():
            rush = server.rush(bot)
            while not stop.is_set():
                status, body, headers = rush.call("POST", "/api/v1/sales/s/holds", {"item": "a"})
                statuses[status] = statuses.get(status, 0) + 1
                if status == 429:
                    refusals.append((body, headers))
        started = time.monotonic()
        clicker = threading.Thread(target=click)
        clicker.start()
        try:
            server.wait_for(lambda: statuses.get(429, 0) > 50, "the bot is limited")
            for token in others[:19]:
                expect(hold(server, token)[0], 201, "another buyer, while the bot clicks")
        finally:
            stop.set()
            clicker.join()
        seconds = time.monotonic() - started
        if statuses.get(201, 0) > 5 + 2 * seconds + 1:
            raise Problem(f"{statuses} in {seconds:.1f} s: more than the limit")
        body, headers = refusals[0]
        expect((body["code"], body["limit"], headers["Retry-After"]), ("rate_limited", "account", "1"), "refusal")
        expect(headers["RateLimit-Policy"], '"account";q=5;w=3', "policy")
        time.sleep(1.1)  # as long as the refusal says, and a little
        status, order, _ = hold(server, bot)
        expect((status, order["repeated"]), (201, True), "the bot itself, after the time that it was told")
        limited = statuses[429]
        funnel = server.admin().call("GET", "/api/v1/admin/funnel")[1]
        expect(funnel["layers"][0], {"layer": "rate_limited", "refused": limited,
                                     "limits": {"address": 0, "account": limited, "server": 0}}, "funnel")
        expect(funnel["granted"], statuses[201] + 20, "granted in the funnel")
        text = server.admin().call("GET", "/metrics")[1]
        line = next(x for x in text.splitlines() if x.startswith("onrush_rate_limited_total{") and 'limit="account"' in x)
        expect(float(line.split()[-1]), float(limited), "limited in the metrics")
        expect(item(server)["held"], 20, "held units")
        check_sums(server)
        server.stop()
        server.audit()


def test_a_channel_gate_survives_a_restart(make):
    def status(server, token, channel):
        headers = {"X-Onrush-Channel": channel} if channel else None
        return server.rush(token).call("POST", "/api/v1/sales/s/holds", {"item": "a"}, headers)[0]
    with make() as server:
        server.start()
        server.apply_sale(a_sale(stock=3, admission={"channels": ["app"], "channel_links": {"download": "/get-the-app"}}))
        first, second = server.mint(2)
        expect((status(server, first, "web"), status(server, first, None), status(server, first, "app")), (403, 403, 201), "before")
        server.kill()
        server.start()
        expect((status(server, second, "web"), status(server, second, "app")), (403, 201), "after a kill")
        admission = server.rush().call("GET", "/api/v1/sales/s")[1]["admission"]
        expect(admission, {"channels": ["app"], "channel_links": {"download": "/get-the-app"}}, "sale document")
        expect(server.stop(), 0, "exit code")  # saves a snapshot
        server.start()
        third = server.mint(1)[0]
        expect((status(server, third, "web"), status(server, third, "app")), (403, 201), "after a stop")
        expect(item(server)["held"], 3, "held units")
        server.stop()
        server.audit()


def test_a_draw_from_the_lobby_to_the_hold_survives_a_kill(make):
    """Lobby, opening, draw, passes, holds; killed once in the lobby and once in the middle of the sale."""
    def call(server, token, method, path, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return server.rush(token).call(method, "/api/v1/sales/s" + path, None if method == "GET" else {}, named)
    with make() as server:
        server.start()
        server.apply_sale(a_sale(stock=4, opens_at="+1h", lobby_at="+0s", closes_at="+2h", standby=False,
                                 line={"mode": "draw", "rate": 100, "pass_seconds": 600}))
        tokens = server.mint(8)
        early, late = tokens[:6], tokens[6]
        server.wait_for(lambda: server.numbers("s")["phase"] == "lobby", "the lobby")
        places = [call(server, token, "POST", "/place") for token in early]
        expect([status for status, _, _ in places], [201] * 6, "places")
        expect([place["entry"] for _, place, _ in places], [1, 2, 3, 4, 5, 6], "entries")
        expect(call(server, late, "GET", "/place")[0], 404, "no place")
        commitment = call(server, None, "GET", "/draw")[1]["commitment"]
        admin = ["--admin", server.ends["admin"]]
        server.run("sale", "beacon", "s", "numbers of the evening", *admin)
        server.run("sale", "rate", "s", "90", *admin)
        server.run("sale", "notice", "s", "Doors at eight", "--zh", "八点开门", *admin)
        server.kill()
        server.start()
        again = [call(server, token, "GET", "/place")[1] for token in early]
        expect([place["entry"] for place in again], [1, 2, 3, 4, 5, 6], "places are kept")
        expect(call(server, late, "GET", "/place")[1]["code"], "no_place", "no place after a kill")
        expect(call(server, None, "GET", "/draw")[1], {"sale": "s", "algorithm": "onrush-draw-v1", "commitment": commitment,
                                                       "revealed": False}, "the draw before the opening")
        socket = WebSocket(server.ends["rush"], "/api/v1/live?sale=s")
        server.act("s", "open")
        live = socket.wait_for("live", phase="open")
        while not live["line"]["drawn"]:
            live = socket.wait_for("live")
        expect((live["line"]["lobby_entries"], live["line"]["rate"]), (6, 90), "who draws, and the rate")
        expect(live["notice"], {"en": "Doors at eight", "zh": "八点开门"}, "the notice is kept")
        socket.close()
        draw = call(server, None, "GET", "/draw")[1]
        expect((draw["revealed"], draw["commitment"], draw["beacon"], draw["entries"]),
               (True, commitment, "numbers of the evening", 6), "the draw")
        numbers = {token: call(server, token, "GET", "/place")[1]["number"] for token in early}
        expect(sorted(numbers.values()), [1, 2, 3, 4, 5, 6], "every place once")
        expect(call(server, late, "POST", "/place")[1]["number"], 7, "who comes late stands behind")
        first, second, *others = sorted(early, key=lambda token: numbers[token])
        server.wait_for(lambda: call(server, None, "GET", "/live")[1]["line"]["serving"] >= 2, "the first calls")
        expect(hold(server, first)[1]["code"], "pass_required", "a hold without a pass")
        passes = {}
        for token in (first, second):
            status, body, _ = call(server, token, "POST", "/pass")
            expect((status, body["number"]), (201, numbers[token]), f"pass {body}")
            passes[token] = body["token"]
        ask = {"item": "a"}
        status, order, _ = server.rush(first).call("POST", "/api/v1/sales/s/holds", ask, {"Onrush-Pass": passes[first]})
        expect(status, 201, f"hold {order}")
        server.kill()
        server.start()
        expect(server.rush(second).call("POST", "/api/v1/sales/s/holds", ask, {"Onrush-Pass": passes[first]})[0], 403,
               "another's pass")
        check = server.general().call("GET", "/api/v1/passes/check?sale=s", None, {"Onrush-Pass": passes[second]})
        expect(check[0], 204, "the pass for a proxy, after a kill")
        expect(call(server, second, "POST", "/pass")[1]["number"], numbers[second], "the pass is live still")
        expect(server.rush(second).call("POST", "/api/v1/sales/s/holds", ask, {"Onrush-Pass": passes[second]})[0], 201,
               "a hold with the pass of before")
        expect(hold(server, first)[1]["order"], order["order"], "a repeat needs no pass")
        expect(call(server, first, "GET", "/place")[1]["state"], "used", "the place is used")
        expect({t: call(server, t, "GET", "/place")[1]["number"] for t in early}, numbers, "numbers are kept")
        expect(call(server, None, "GET", "/draw")[1], draw, "the draw is kept")
        buyer = json.loads(base64.urlsafe_b64decode(first.split(".")[1] + "=="))["sub"]
        proof = json.loads(server.run("draw", "verify", "--url", server.ends["general"], "--sale", "s", "--buyer", buyer,
                                      "--json").stdout)
        expect((proof["passed"], proof["entries"], [one["place"] for one in proof["own"]]), (True, 6, [numbers[first]]),
               "the draw is proved from what is published")
        check_sums(server)
        expect(item(server)["held"], 2, "held units")
        server.wait_for(lambda: {"beacon", "rate", "notice"} <=
                        {act["act"] for act in server.admin().call("GET", "/api/v1/admin/acts")[1]["acts"]}, "the log of acts")
        server.stop()
        server.audit()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--quick", action="store_true", help="leave the crowd out (slow under a sanitizer)")
    parser.add_argument("--only", default="", help="tests whose name contains this")
    options = parser.parse_args()
    runner = Runner()

    def make(**settings):
        return Server(options.binary, settings={"log-level": "warn", **settings})
    for name, function in sorted(globals().items()):
        if name.startswith("test_") and options.only in name and not (options.quick and "crowd_sells" in name):
            runner.run(name[5:], function, make)
    return runner.finish()


if __name__ == "__main__":
    sys.exit(main())
