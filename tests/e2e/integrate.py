"""Runs the shell blocks of docs/integrate.md in order, in one shell, against the real binary, and compares what each prints
with the block `output` behind it. Only the ports are changed, so that a server of the reader's own is left alone."""
import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile

from nginx import free_port
from onrush import Problem, Runner

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PORTS = {"8080": "--listen-general", "8081": "--listen-rush", "8082": "--listen-admin", "8083": "--listen-sandbox"}
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


def read_blocks(path):
    """[(heading, shell text, expected output)]; each shell block has an output block directly behind it."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    blocks, pending = [], None
    for found in BLOCK.finditer(text):
        kind, body = found.groups()
        if pending and kind != "output":
            raise Problem(f"the block under '{pending[0]}' has no output behind it")
        if kind == "sh":
            pending = (re.findall(r"^## (.*)$", text[:found.start()], re.M)[-1], body)
        elif kind == "output":
            blocks.append((*pending, body))
            pending = None
    if pending or len(blocks) < 5:
        raise Problem(f"{len(blocks)} blocks in {path}")
    return blocks


def matches(expected, actual):
    pattern = ".*".join(re.escape(part) for part in expected.strip().split("…"))
    return re.fullmatch(pattern, actual.strip(), re.S) is not None


def run_blocks(binary, blocks):
    """What each block printed, and the shell's exit code."""
    with tempfile.TemporaryDirectory(prefix="onrush-integrate-") as folder:
        bin_folder = os.path.join(folder, "bin")
        os.mkdir(bin_folder)
        ports = {name: str(free_port()) for name in PORTS}
        # The same program, which gets other ports where it would serve on the usual ones.
        listen = " ".join(f"{flag} 127.0.0.1:{ports[name]}" for name, flag in PORTS.items())
        wrapper = os.path.join(bin_folder, "onrush")
        with open(wrapper, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\ncase $1 in serve) exec "{os.path.abspath(binary)}" "$@" {listen};; '
                       f'*) exec "{os.path.abspath(binary)}" "$@";; esac\n')
        os.chmod(wrapper, 0o755)
        script = ["set -euo pipefail", f"cd {folder}"]
        for n, (_, text, _) in enumerate(blocks):
            for name, port in ports.items():
                text = text.replace(":" + name, ":" + port)
            # Each block's output goes to a file; the shell and its variables live on.
            script += [f"exec 3>&1 1>{folder}/out-{n}", text, "exec 1>&3"]
        environment = dict(os.environ, PATH=bin_folder + ":" + os.environ["PATH"])
        process = subprocess.Popen(["bash", "-c", "\n".join(script)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, env=environment, start_new_session=True)
        try:
            complaints, _ = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            complaints = "no end after 120 s"
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)  # a server that a failed block has left behind
            except ProcessLookupError:
                pass
        outputs = []
        for n in range(len(blocks)):
            path = f"{folder}/out-{n}"
            if os.path.exists(path):
                with open(path, encoding="utf-8") as file:
                    outputs.append(file.read())
        return outputs, process.returncode, complaints


def test_every_block_of_the_page_prints_what_it_says(binary):
    blocks = read_blocks(os.path.join(ROOT, "docs", "integrate.md"))
    outputs, code, complaints = run_blocks(binary, blocks)
    for (heading, _, expected), actual in zip(blocks, outputs):
        if not matches(expected, actual):
            raise Problem(f"'{heading}' prints\n{actual}\nand not\n{expected}\n{complaints}")
        print(f"        {heading}: as stated", flush=True)
    if code != 0 or len(outputs) < len(blocks):
        raise Problem(f"the shell ended with {code} after {len(outputs)} of {len(blocks)} blocks: {complaints}")


def test_an_output_that_differs_is_noticed(binary):
    def said(text, expected):
        outputs, code, _ = run_blocks(binary, [("a", text, expected)])
        return code == 0 and matches(expected, outputs[0])
    if not said("echo one; echo two", "one\n…") or said("echo one", "two") or said("echo one; false", "one"):
        raise Problem("the comparison cannot fail")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    options = parser.parse_args()
    runner = Runner()
    for name, function in sorted(globals().items()):
        if name.startswith("test_"):
            runner.run(name[5:], function, options.binary)
    return runner.finish()


if __name__ == "__main__":
    sys.exit(main())
