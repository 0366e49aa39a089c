"""Kills a server with SIGKILL at random moments under load, restarts it, and compares with an external record.

After each kill: the auditor must pass on what is on disk; after the restart every hold and every payment that
was acknowledged to anybody must still be there, with the same units, for the same buyer. At the end the
provider's own books must agree with the journal. The seed is printed; --seed replays the moments (not the
kernel's scheduling).
"""
import argparse
import http.client
import json
import os
import random
import sys
import tempfile
import threading
import time

from onrush import Problem, Runner, Server, a_sale, pay_at

BUYERS_PER_ROUND = 1500
THREADS = 6


class Record:
    """What the outside world was told. Appended by the shoppers' threads, read after the kill."""

    def __init__(self):
        self.lock = threading.Lock()
        self.holds = {}     # order → (token, buyer, units)
        self.paid = set()   # orders that were shown as paid
        self.standby = {}   # token → standby id
        self.answers = 0

    def hold(self, token, order):
        units = tuple(sorted((u["item"], u["unit"]) for u in order["units"]))
        with self.lock:
            self.answers += 1
            known = self.holds.get(order["order"])
            if known is not None and known[2] != units:
                raise Problem(f"order {order['order']} changed its units: {known[2]} -> {units}")
            self.holds[order["order"]] = (token, order["buyer"], units)
            if order["state"] == "paid":
                self.paid.add(order["order"])

    def waiting(self, token, standby):
        with self.lock:
            self.answers += 1
            self.standby[token] = standby


def shopper(server, record, tokens, stop, seed):
    """Takes buyers off a list: hold, perhaps pay, until the server goes away."""
    rng = random.Random(seed)
    rush, general = server.rush(), server.general()
    try:
        while not stop.is_set() and tokens:
            token = tokens.pop()
            key = {"Idempotency-Key": f"k{rng.getrandbits(60):x}"}
            item = rng.choice("ab")
            status, body, _ = rush.call("POST", "/api/v1/sales/s/holds", {"item": item}, key, token)
            if status == 202:
                record.waiting(token, body["standby"])
            if status != 201:
                continue
            record.hold(token, body)
            if rng.random() < 0.3:
                continue
            status, payment, _ = general.call("POST", f"/api/v1/orders/{body['order']}/payments", {}, None, token)
            if status != 201:
                continue
            pay_at(payment["url"], behaviour=rng.choice([None, None, "duplicate:2", "late:300"]))
            for _ in range(rng.randrange(1, 8)):
                status, order, _ = general.call("GET", f"/api/v1/orders/{body['order']}", None, None, token)
                if status == 200:
                    record.hold(token, order)
                    if order["state"] == "paid":
                        break
                time.sleep(0.005)
    except (OSError, http.client.HTTPException):
        pass  # killed under us: what was not answered is not recorded
    finally:
        rush.close()
        general.close()


def check_record(server, record, sample, rng):
    """Every acknowledged answer against the restarted server."""
    general, rush = server.general(), server.rush()
    orders = list(record.holds.items())
    if sample and len(orders) > sample:  # older rounds were compared in full when they were young
        recent = orders[-sample // 2:]
        orders = recent + rng.sample(orders[:-sample // 2], min(sample // 2, len(orders) - len(recent)))
    for order, (token, buyer, units) in orders:
        status, body, _ = general.call("GET", f"/api/v1/orders/{order}", None, None, token)
        if status != 200:
            raise Problem(f"acknowledged order {order} is lost: {status} {body}")
        now = tuple(sorted((u["item"], u["unit"]) for u in body["units"]))
        if now != units or body["buyer"] != buyer:
            raise Problem(f"order {order} was {units} of {buyer}, is {now} of {body['buyer']}")
        if order in record.paid and body["state"] != "paid":
            raise Problem(f"order {order} was acknowledged as paid, is {body['state']}")
    waiting = list(record.standby.items())[-50:]
    for token, standby in waiting:
        status, body, _ = rush.call("GET", "/api/v1/sales/s/me", None, None, token)
        if status != 200 or not (body["standby"] or body["orders"]):
            raise Problem(f"standby {standby} is lost: {status} {body}")


def one_round(server, record, rng, tokens):
    stop = threading.Event()
    threads = [threading.Thread(target=shopper, args=(server, record, tokens, stop, rng.random()))
               for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    time.sleep(rng.uniform(0.02, 0.6))
    server.kill()
    stop.set()
    for thread in threads:
        thread.join()
    server.audit()


def compare_money(server):
    """The provider's books against the journal's: not a cent is anywhere else."""
    def balanced():
        done = server.run("audit", server.directory, "--json")
        money = json.loads(done.stdout)["sales"][0]["money"]
        provider = server.sandbox_totals()
        return provider["captured_sum"] == money["captured"] and provider["refunded_sum"] == money["refunded"]
    server.wait_for(balanced, "the provider's books and the journal to agree", 60)


def a_batch_of_kills(binary, directory, kills, rng):
    server = Server(binary, os.path.join(directory, f"data-{rng.getrandbits(32):08x}"),
                    settings={"engine-snapshot-events": 3000, "engine-segment-mib": 1, "payment-ask-again-ms": 500,
                              "log-level": "warn"})
    record, resumed = Record(), []
    with server:
        server.start()
        server.apply_sale(a_sale("s", hold_seconds=3, standby=2000, per_buyer=1, items=[
            {"item": "a", "title": "A", "stock": 6000, "price": 990},
            {"item": "b", "title": "B", "stock": 800, "price": 4990}]))
        tokens = []
        for _ in range(kills):
            if len(tokens) < BUYERS_PER_ROUND:
                tokens += server.mint(BUYERS_PER_ROUND)
            one_round(server, record, rng, tokens)
            begin = time.monotonic()
            server.start()
            resumed.append(time.monotonic() - begin)
            check_record(server, record, 400, rng)
        check_record(server, record, 0, rng)
        compare_money(server)
        if server.stop() != 0:
            raise Problem("the server did not stop cleanly\n" + server.log_tail())
        report = server.audit()
    return record, resumed, report


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().getrandbits(31)
    print(f"seed {seed}", flush=True)
    rng, runner, per_batch = random.Random(seed), Runner(), 25
    answers = paid = 0
    resumed = []
    left = options.kills
    with tempfile.TemporaryDirectory(prefix="onrush-kill-") as directory:
        while left > 0 and runner.failed == 0:
            kills = min(per_batch, left)
            left -= kills

            def batch(count=kills):
                nonlocal answers, paid
                record, times, _ = a_batch_of_kills(options.binary, directory, count, rng)
                answers += record.answers
                paid += len(record.paid)
                resumed.extend(times)

            runner.run(f"{kills} kills lose nothing that was acknowledged", batch)
    if resumed:
        resumed.sort()
        print(f"{len(resumed)} kills, {answers} acknowledged answers ({paid} payments) all found again; "
              f"ready after p50 {resumed[len(resumed) // 2]:.3f} s, max {resumed[-1]:.3f} s")
    return runner.finish()


if __name__ == "__main__":
    sys.exit(main())
