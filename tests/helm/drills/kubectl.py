#!/usr/bin/env python3
"""kubectl as the runbooks use it, before one local worker in place of a pod.

What a program can be asked is really asked (exec, logs, port-forward, patch of a secret, get and describe); what only a cluster can
do (rollout, delete, annotate, taint) is taken when its names are those of the installation, and the drill brings about its effect.
Anything else that a page might say is refused, as is a name that the chart does not render.

DRILL names a file that tells the worker and the names: see worker.py.
"""
import argparse
import base64
import json
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import urllib.request


class Refused(Exception):
    pass


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Refused(message)


def grammar():
    """Verbs and flags of kubectl's that pages may use; its own help is not to be had everywhere."""
    top = Parser(prog="kubectl", add_help=False, allow_abbrev=False)
    top.add_argument("-n", "--namespace")
    verbs = top.add_subparsers(dest="verb", required=True, parser_class=Parser)

    def verb(name, *words):
        it = verbs.add_parser(name, add_help=False, allow_abbrev=False)
        for word in words:
            it.add_argument(word)
        return it
    it = verb("exec", "target")
    it.add_argument("-c", "--container", required=True)
    it.add_argument("-it", action="store_true", dest="terminal")
    it = verb("logs")
    it.add_argument("target", nargs="?")
    it.add_argument("-l", "--selector")
    it.add_argument("-c", "--container")
    it.add_argument("--tail", type=int)
    it.add_argument("--since")
    it.add_argument("--prefix", action="store_true")
    it.add_argument("--previous", action="store_true")
    verb("port-forward", "target", "port")
    it = verb("get", "kind")
    it.add_argument("-o", choices=["wide"])
    verb("describe", "kind").add_argument("target", nargs="?")
    verb("delete", "kind", "target")
    verb("rollout", "action", "target")
    it = verb("patch", "kind", "target")
    it.add_argument("--type", required=True, choices=["merge"])
    it.add_argument("--patch-file", required=True)
    verb("annotate", "kind", "target", "annotation")
    verb("taint", "kind", "target", "taint")
    return top


def parse(arguments):
    """What is asked, and the command for the container (empty: none)."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    asked = grammar().parse_args(arguments[:at])
    inside = arguments[at + 1:]
    if (asked.verb == "exec") != bool(inside):
        raise Refused(f"{asked.verb}: a command after -- belongs to exec, and exec needs one")
    if asked.verb == "logs" and (asked.target is None) == (asked.selector is None):
        raise Refused("logs: either a pod or a selector")
    return asked, inside


def check(asked, inside, names):
    """Every name is one of the installation's."""
    pods, workload = [f"pod/{it}" for it in names["pods"]], names["workload"]

    def require(what, known):
        if what not in known:
            raise Refused(f"{asked.verb}: there is no {what}")
    if getattr(asked, "kind", None) in ("node", "nodes"):
        return require(asked.target, ["NODE"])  # whose name only a cluster knows; nodes have no namespace
    require(asked.namespace, [names["namespace"]])
    if getattr(asked, "container", None) is not None:
        require(asked.container, names["containers"])
    if asked.verb == "exec":
        require(asked.target, [workload, *names["pods"]])
        require(inside[0], ["autosignin-worker"])
    elif asked.verb == "logs":
        if asked.selector:
            require(dict(it.split("=") for it in asked.selector.split(",")), [names["labels"]])
        else:
            require(asked.target, names["pods"])
    elif asked.verb == "port-forward":
        require(asked.target, names["pods"])
        require(asked.port, names["ports"])
    elif asked.verb == "get":
        require(asked.kind, ["pods", "statefulset"])
    elif asked.verb in ("annotate", "describe", "delete", "patch"):
        known = [workload, *pods, names["scaler"], *(f"secret/{it}" for it in names["secrets"])]
        require("/".join(it for it in (asked.kind, asked.target) if it), known)
    elif asked.verb == "rollout":
        require(asked.action, ["restart", "status"])
        require(asked.target, [workload])


class Pod:
    """The drill's worker, as the cluster would show it."""

    def __init__(self, drill):
        self.program, self.folder, self.port = drill["program"], pathlib.Path(drill["folder"]), drill["port"]
        self.names = drill["names"]
        self.name = self.names["pods"][0]

    def run(self, arguments):
        """As the container does: its configuration is named by the environment."""
        environment = {**os.environ, "AUTOSIGNIN_CONFIG": str(self.folder / "worker.yaml")}
        return subprocess.run([self.program, *arguments], env=environment).returncode

    def starts(self):
        return sorted(self.folder.glob("worker.*.log"), key=lambda it: int(it.suffixes[0][1:]))

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5):
                return True
        except OSError:
            return False

    def state(self):
        """Running, and the exit codes of the ones before."""
        codes = json.loads((self.folder / "exit-codes").read_text() or "[]")
        return len(codes) < len(self.starts()), codes

    def exec(self, asked, inside):
        if not self.state()[0]:
            raise Refused('exec: container not found ("worker")')
        if asked.terminal and not sys.stdin.isatty():
            print("Unable to use a TTY - input is not a terminal or the right kind of file", file=sys.stderr)
        code = self.run(inside[1:])
        if code:
            print(f"command terminated with exit code {code}", file=sys.stderr)
        return code

    def logs(self, asked, _):
        if asked.container == "check-config":
            self.run(["check-config"])
            return 0
        starts = self.starts()
        ended = starts[:-1] if self.state()[0] else starts
        if asked.previous and not ended:
            raise Refused('logs: previous terminated container "worker" not found')
        lines = (ended if asked.previous else starts)[-1].read_text().splitlines()
        tail = asked.tail if asked.tail is not None else 10 if asked.selector else -1
        for line in lines if tail < 0 else lines[-tail:]:
            print(f"[pod/{self.name}/worker] {line}" if asked.prefix else line)
        return 0

    def port_forward(self, asked, _):
        """The next curl finds the port of the page at that of the worker, since many drills forward at once."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        rules = pathlib.Path(os.environ["CURL_HOME"]) / ".curlrc"
        rules.write_text(f'connect-to = "127.0.0.1:{asked.port}:127.0.0.1:{self.port}"\n')
        try:
            signal.pause()
        finally:
            rules.unlink()

    def patch(self, asked, _):
        for name, value in json.loads(pathlib.Path(asked.patch_file).read_text())["data"].items():
            if not (file := self.folder / "apple" / name).exists():
                raise Refused(f"patch: no configuration names {name}")
            file.write_bytes(base64.b64decode(value, validate=True))
        print(f"secret/{asked.target} patched")
        return 0

    def get(self, asked, _):
        running, codes = self.state()
        print("NAME   READY   STATUS   RESTARTS")
        print(f"{self.name}   {int(self.ready())}/1   {'Running' if running else 'CrashLoopBackOff'}   {len(codes)}")
        return 0

    def describe(self, asked, _):
        running, codes = self.state()
        print(f"Name: {asked.target or asked.kind.partition('/')[2]}\nState: {'Running' if running else 'Waiting'}")
        if codes:
            print(f"Last State: Terminated\n  Exit Code: {codes[-1]}")
        return 0

    def accepted(self, asked, _):
        print(f"{asked.target} {asked.verb} accepted")
        return 0

    annotate = delete = rollout = taint = accepted


def main():
    try:
        drill = json.loads(pathlib.Path(os.environ["DRILL"]).read_text())
        asked, inside = parse(sys.argv[1:])
        check(asked, inside, drill["names"])
        return getattr(Pod(drill), asked.verb.replace("-", "_"))(asked, inside)
    except Refused as problem:
        print(f"kubectl {shlex.join(sys.argv[1:])}: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
