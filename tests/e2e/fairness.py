"""Who gets the goods: a real server, crowds with scripts, changed clients, abandoners and leavers, and figures. Each
sale ends in an audit.

Winners of a draw are a random sample without replacement. With n wins of N accounts, of which the share p are scripts,
the advantage (share of the wins ÷ p) is 1 on average, with the standard deviation sqrt((1-p)/(p n) (N-n)/(N-1)).
`--long` pools as many sales as it takes for chance alone to show more than 1.05 less than once in a thousand runs, and
wants at most 1.05. The short form looks at one sale and wants nothing that chance would show less than once in a
thousand runs; its control, the same scripts in a sale without a line, shows what it would find."""
import argparse
import json
import math
import random
import sys

from onrush import Problem, Runner, Server, a_sale
from run import expect

RARE = 3.09  # standard deviations that chance exceeds once in a thousand times, on this side
ADVANTAGE_MAX = 1.05
LOBBY_SECONDS = 6
ACCOUNTS_A_SECOND = 300  # that the lobby has time for, scripts and all


def deviation(accounts, wins, share):
    return math.sqrt((1 - share) / (share * wins) * (accounts - wins) / (accounts - 1))


class Tally:
    """Wins by group, over several sales."""

    def __init__(self, group):
        self.group, self.accounts, self.wins, self.of, self.all_wins = group, 0, 0, 0, 0

    def add(self, report):
        for group in report["groups"]:
            self.of += group["accounts"]
            self.all_wins += group["wins"]
            if group["group"] == self.group:
                self.accounts += group["accounts"]
                self.wins += group["wins"]

    def share(self):
        return self.accounts / self.of

    def ratio(self):
        return self.wins / self.all_wins / self.share()

    def deviation(self):
        return deviation(self.of, self.all_wins, self.share())

    def __str__(self):
        return (f"{self.group}: {self.accounts} of {self.of} accounts, {self.wins} of {self.all_wins} wins: "
                f"{self.ratio():.3f} x an even chance (chance alone: 1 ± {self.deviation():.3f})")


def play(server, key, seed, stock, shoppers, *flags, **rules):
    """One sale from the lobby to its end; the crowd's report."""
    seconds = max(LOBBY_SECONDS, 2 + shoppers // ACCOUNTS_A_SECOND)
    sale = a_sale(key, stock=stock, opens_at=f"+{seconds}s", lobby_at="+1s", hold_seconds=4, payment="provider",
                  standby=False)
    sale.update(rules)
    server.apply_sale(sale)
    done = server.run("crowd", "--sale", key, "--shoppers", str(shoppers), "--seconds-max", "120", "--listeners", "0",
                      "--think-ms", "400", "--seed", str(seed), "--json", "--admin", server.ends["admin"], *flags,
                      check=False)
    if not done.stdout.strip():
        raise Problem(done.stderr)
    report = json.loads(done.stdout)
    if report["exit_status"] != 0 or report["ended_by_time_limit"]:
        raise Problem("the crowd found a fault: " + done.stdout)
    return report


def everything_is_paid(server, key, stock):
    numbers = server.numbers(key)["items"][0]
    expect((numbers["paid"], numbers["free"], numbers["held"]), (stock, 0, 0), "paid, free, held")


def end(server):
    expect(server.stop(), 0, "exit code")
    server.audit()


def requests_by_group(report):
    return {g["group"]: g["requests"] / g["accounts"] for g in report["groups"]}


DRAW = {"mode": "draw", "rate": 2000, "active_max": 100000, "pass_seconds": 30}


def test_scripts_win_no_more_than_their_share(make, sales, shoppers):
    stock = shoppers // 2
    tally = Tally("bots")
    with make() as server:
        server.start()
        for n in range(sales):
            seed = random.randrange(1, 1 << 31)
            print(f"        seed {seed}", flush=True)
            report = play(server, f"draw-{n}", seed, stock, shoppers, "--preset", "honest", "--bots", "0.2",
                          "--bot-speed", "100", "--lobby-percent", "100", line=DRAW)
            line = report["line"]
            # Somebody who comes after the opening stands behind all who drew: the draw is only between the others.
            expect((line["places"], line["lobby_entries"]), (shoppers, shoppers), "places, those before the opening")
            print(f"        {line['places']} places, {line['called']} called, {line['passes']} passes; "
                  f"refused: {report['refusals']}")
            everything_is_paid(server, f"draw-{n}", stock)
            tally.add(report)
            per = requests_by_group(report)
            print(f"        {tally}; requests for each account: people {per['people']:.1f}, bots {per['bots']:.1f}",
                  flush=True)
            expect(per["bots"] > 20 * per["people"], True, "scripts ask far more often")
        end(server)
    spread = tally.deviation()
    limit = ADVANTAGE_MAX if 1 + RARE * spread <= ADVANTAGE_MAX else 1 + RARE * spread
    print(f"        {tally}; limit {limit:.3f}")
    if tally.ratio() > limit:
        raise Problem(f"scripts won {tally.ratio():.3f} times an even chance")


def test_without_a_line_the_same_scripts_win_far_more(make, shoppers=2000):
    """The control: the crowd's scripts are not harmless by themselves."""
    with make() as server:
        server.start()
        tally = Tally("bots")
        tally.add(play(server, "rush", 7, shoppers // 4, shoppers, "--preset", "honest", "--bots", "0.2"))
        print(f"        {tally}")
        expect(tally.ratio() > 1.5, True, f"{tally}")
        end(server)


def test_a_changed_client_gains_nothing_by_ignoring_the_filter(make, sales, shoppers=1500):
    tally = Tally("modified clients")
    stock = shoppers // 4
    with make() as server:
        server.start()
        for n in range(sales):
            seed = random.randrange(1, 1 << 31)
            print(f"        seed {seed}", flush=True)
            report = play(server, f"filter-{n}", seed, stock, shoppers, "--preset", "honest", "--ignore-filter", "0.2",
                          "--bot-speed", "20", "--ramp-ms", "200",
                          admission={"filter": {"ratio": 0.05, "slot_ms": 500}})
            everything_is_paid(server, f"filter-{n}", stock)
            tally.add(report)
            per = requests_by_group(report)
            print(f"        {tally}; requests for each account: people {per['people']:.1f}, "
                  f"modified {per['modified clients']:.1f}; refused by the filter: {report['refusals'].get('filtered', 0)}")
            expect(per["modified clients"] > 3 * per["people"], True, "changed clients ask more often")
        end(server)
    limit = 1 + RARE * tally.deviation()
    print(f"        {tally}; limit {limit:.3f}")
    if tally.ratio() > limit:
        raise Problem(f"changed clients won {tally.ratio():.3f} times an even chance")


def test_half_never_pay_and_nothing_is_left(make, shoppers):
    stock = shoppers // 4
    with make() as server:
        server.start()
        report = play(server, "half", random.randrange(1, 1 << 31), stock, shoppers, "--abandon", "0.5", line=DRAW,
                      hold_seconds=3)
        orders, line = report["orders"], report["line"]
        print(f"        {stock} units; {orders['granted']} holds, {orders['expired']} never paid, {orders['paid']} paid; "
              f"{line['called']} called, {line['passes']} passes, after {report['seconds']:.1f} s")
        everything_is_paid(server, "half", stock)
        expect(orders["expired"] > stock // 4, True, "many did not pay")
        end(server)


def test_a_third_leave_the_line_and_nothing_is_left(make, shoppers):
    stock = shoppers // 4
    with make() as server:
        server.start()
        report = play(server, "leave", random.randrange(1, 1 << 31), stock, shoppers, "--preset", "honest", "--leave", "0.3",
                      line=DRAW)
        line = report["line"]
        print(f"        {stock} units; {line['places']} places, {line['left']} left, {line['never_claimed']} never claimed, "
              f"{line['called']} called, {line['passes']} passes; waited p50 {line['wait_p50_us'] / 1e6:.1f} s, "
              f"p99 {line['wait_p99_us'] / 1e6:.1f} s")
        everything_is_paid(server, "leave", stock)
        expect(line["left"] > 0 and line["never_claimed"] > 0, True, "some left")
        end(server)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--long", action="store_true", help="enough sales for the limit of 1.05")
    parser.add_argument("--only", default="", help="tests whose name contains this")
    options = parser.parse_args()
    runner = Runner()
    tests = [(test_scripts_win_no_more_than_their_share, (5, 4000) if options.long else (1, 2000)),
             (test_without_a_line_the_same_scripts_win_far_more, ()),
             (test_a_changed_client_gains_nothing_by_ignoring_the_filter, (4,) if options.long else (1,)),
             (test_half_never_pay_and_nothing_is_left, (20000,) if options.long else (2000,)),
             (test_a_third_leave_the_line_and_nothing_is_left, (20000,) if options.long else (2000,))]

    def make():
        return Server(options.binary, settings={"log-level": "warn"})
    for function, arguments in tests:
        name = function.__name__[5:]
        if options.only in name:
            runner.run(name, function, make, *arguments)
    return runner.finish()


if __name__ == "__main__":
    sys.exit(main())
