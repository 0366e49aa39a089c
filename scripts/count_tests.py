"""Turns the result of one test program into one tab-separated line: name, verdict, passed, failed, skipped, seconds."""
import json
import os
import re
import sys

name, status, report, log, seconds = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5]
passed = failed = skipped = 0
if os.path.exists(report):
    with open(report, encoding="utf-8") as file:
        for suite in json.load(file)["testsuites"]:
            for test in suite["testsuite"]:
                if test.get("failures"):
                    failed += 1
                elif test.get("result") == "SKIPPED" or test.get("status") == "NOTRUN":
                    skipped += 1
                else:
                    passed += 1
else:
    with open(log, encoding="utf-8", errors="replace") as file:
        closing = re.findall(r"^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$", file.read(), re.M)
    if closing:
        passed, failed, skipped = (int(n or 0) for n in closing[-1])
# A crash, a time-out, a sanitizer's report or a program without a single test is a failure, whatever it counted.
if failed == 0 and (status != 0 or passed + skipped == 0):
    failed = 1
print(name, "FAILED" if failed else "ok", passed, failed, skipped, f"{seconds} s", sep="\t")
