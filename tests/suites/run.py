#!/usr/bin/env python3
"""Runs the conformance suites of others against a Muster binary.

Each suite and each client profile gets a gateway of its own on an empty store, so that no run
sees what another left. A run fails on any line that is not good, on too few checks (a suite
that stops early must not pass for one that has nothing to say), and when the gateway does not
stop by itself.
"""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

PROFILES = ("auto", "rfc")

# Seconds until a started gateway must be ready, and a stopped one gone.
READY_WITHIN = 30
GONE_WITHIN = 15
# Seconds that one suite may take; each needs about ten.
SUITE_WITHIN = 300

# Fewer good checks than this and the suite did not do its work: scim2-tester counts 135 against a
# server with Users and Groups, scim-sanity 28; /openapi.json has 26 operations for these and what is around them.
FEWEST_CHECKS = {"scim2-tester": 100, "scim-sanity": 25, "openapi": 25}

# scim2-tester prints one line a check, its status first.
TESTER_LINE = re.compile(r"^(SUCCESS|COMPLIANT|ACCEPTABLE|DEVIATION|ERROR|CRITICAL|SKIPPED) (\S+)")
TESTER_GOOD = {"SUCCESS", "COMPLIANT", "ACCEPTABLE"}
# Searching by POST is answered 501 until it is built, which the tester counts as skipped.
TESTER_MAY_SKIP = {"search_with_attributes"}

# scim-sanity skips the resource types that a server does not have; these are a draft's.
SANITY_MAY_SKIP = re.compile(r"^Agent")

Outcome = collections.namedtuple("Outcome", "passed failed skipped")


def main():
    options = parse_arguments()
    binary = pathlib.Path(options.binary).resolve()
    if not binary.is_file():
        sys.exit(f"run.py: {binary} does not exist; build it with cargo build --release")
    rows = []
    for suite in options.suite or SUITES:
        for profile in options.profile or PROFILES:
            print(f"\n== {suite}, profile {profile}", flush=True)
            rows.append((suite, profile, run(binary, suite, profile)))
    sys.exit(report(rows))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, help="the muster binary to judge")
    parser.add_argument("--suite", action="append", choices=SUITES, help="only this suite")
    parser.add_argument("--profile", action="append", help="only this client profile")
    return parser.parse_args()


def run(binary, suite, profile):
    """One suite against one fresh gateway."""
    with tempfile.TemporaryDirectory(prefix="muster-suite-") as folder:
        gateway = Gateway(binary, pathlib.Path(folder), profile)
        try:
            gateway.start()
            outcome = SUITES[suite](gateway)
        except Trouble as trouble:
            print(f"FAILED {trouble}", flush=True)
            outcome = Outcome(0, 1, 0)
        if not gateway.stop():
            outcome = outcome._replace(failed=outcome.failed + 1)
        if outcome.passed < FEWEST_CHECKS[suite]:
            print(f"FAILED only {outcome.passed} checks passed, {FEWEST_CHECKS[suite]} are the least to expect")
            outcome = outcome._replace(failed=outcome.failed + 1)
        if outcome.failed:
            gateway.print_log()
        return outcome


def report(rows):
    print()
    for suite, profile, outcome in rows:
        print(f"{suite:<14}{profile:<8}{outcome.passed:>5} passed {outcome.failed:>4} failed {outcome.skipped:>4} skipped")
    passed = sum(outcome.passed for _, _, outcome in rows)
    failed = sum(outcome.failed for _, _, outcome in rows)
    print(f"suites: {passed} passed; {failed} failed; in {len(rows)} runs")
    return 1 if failed or not rows else 0


class Trouble(Exception):
    """A run that could not be made."""


class Gateway:
    """A running `muster serve` with an empty store in a folder of its own."""

    def __init__(self, binary, folder, profile):
        self.binary = binary
        self.folder = folder
        self.profile = profile
        self.token = secrets.token_urlsafe(32)
        self.log = folder / "serve.log"
        self.process = None
        self.url = None

    def start(self):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        settings = {
            "MUSTER_SERVER__LISTEN": f"127.0.0.1:{port}",
            "MUSTER_SERVER__PUBLIC_URL": self.url,
            "MUSTER_DATABASE__URL": f"sqlite:{self.folder}/muster.db",
            "MUSTER_SCIM__TOKEN": self.token,
            "MUSTER_SCIM__PROFILE": self.profile,
        }
        # The working directory is the empty folder: no muster.toml and no data of this machine are read.
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [self.binary, "serve"], cwd=self.folder, env=clean_environment() | settings,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )
        self.wait_until_ready()

    def wait_until_ready(self):
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Trouble(f"the gateway ended with status {self.process.returncode} before it was ready")
            with contextlib.suppress(urllib.error.URLError, OSError):
                with direct.open(f"{self.url}/readyz", timeout=2) as answer:
                    if answer.status == 200:
                        return
            time.sleep(0.05)
        raise Trouble(f"the gateway was not ready after {READY_WITHIN} s")

    def stop(self):
        """Asks the gateway to stop; true when it did so by itself and with status 0."""
        if self.process is None or self.process.poll() is not None:
            return False
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(GONE_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            print(f"FAILED the gateway was still there {GONE_WITHIN} s after SIGTERM")
            return False
        if status != 0:
            print(f"FAILED the gateway stopped with status {status}")
        return status == 0

    def print_log(self):
        if self.log.exists():
            print("-- the last lines of the gateway's log")
            for line in self.log.read_text(errors="replace").splitlines()[-40:]:
                print(f"   {line}")


def scim2_tester(gateway):
    """scim2-tester, through scim2-cli. Its exit status is 1 for a skipped check too: its lines count."""
    lines = output_of(
        [tool("scim2"), "--url", f"{gateway.url}/scim/v2", "test"],
        {"SCIM_CLI_HEADERS": f"Authorization: Bearer {gateway.token}"},
    )
    passed = failed = skipped = 0
    for line in lines:
        print(line)
        found = TESTER_LINE.match(line)
        if not found:
            continue
        status, check = found.groups()
        if status in TESTER_GOOD:
            passed += 1
        elif status == "SKIPPED" and check in TESTER_MAY_SKIP:
            skipped += 1
        else:
            failed += 1
    return Outcome(passed, failed, skipped)


def scim_sanity(gateway):
    """scim-sanity in its strict mode; what it only warns of counts as failed too."""
    lines = output_of(
        [tool("scim-sanity"), "probe", f"{gateway.url}/scim/v2", "--token", gateway.token,
         "--strict", "--i-accept-side-effects", "--json-output"], {},
    )
    try:
        results = json.loads("\n".join(lines))["results"]
    except (ValueError, KeyError, TypeError):
        print("\n".join(lines))
        raise Trouble("scim-sanity printed no report") from None
    passed = failed = skipped = 0
    for result in results:
        print(f"{result['status'].upper():<6}{result['name']}")
        if result.get("message"):
            print(f"      {result['message']}")
        if result["status"] == "pass":
            passed += 1
        elif result["status"] == "skip" and SANITY_MAY_SKIP.match(result["name"]):
            skipped += 1
        else:
            failed += 1
    return Outcome(passed, failed, skipped)


def openapi(gateway):
    """openapi-spec-validator on /openapi.json: an error each, and an operation each that there is none in."""
    from openapi_spec_validator import OpenAPIV31SpecValidator

    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(f"{gateway.url}/openapi.json", timeout=READY_WITHIN) as answer:
        document = json.load(answer)
    errors = list(OpenAPIV31SpecValidator(document).iter_errors())
    for error in errors:
        print(f"ERROR {error.json_path}: {error.message}")
    operations = sum(len(item.keys() - {"parameters"}) for item in document["paths"].values())
    print(f"{operations} operations, {len(errors)} errors")
    return Outcome(operations, len(errors), 0)


SUITES = {"scim2-tester": scim2_tester, "scim-sanity": scim_sanity, "openapi": openapi}


def output_of(command, settings):
    """The lines that a suite prints, whatever its exit status."""
    try:
        done = subprocess.run(
            command, env=clean_environment() | settings, stdin=subprocess.DEVNULL, timeout=SUITE_WITHIN,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
        )
    except subprocess.TimeoutExpired:
        raise Trouble(f"{command[0]} took more than {SUITE_WITHIN} s") from None
    return done.stdout.splitlines()


def tool(name):
    """A command of the environment that runs this script."""
    path = pathlib.Path(sys.executable).parent / name
    if not path.exists():
        sys.exit(f"run.py: {name} is not installed beside {sys.executable}; ./test suites installs it")
    return str(path)


def clean_environment():
    """This environment without what would change the gateway or lead the suites through a proxy."""
    return {
        name: value for name, value in os.environ.items()
        if not name.startswith(("MUSTER_", "SCIM_")) and not name.lower().endswith("_proxy")
    }


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main()
