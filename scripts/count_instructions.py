"""Counts the instructions that a Muster binary executes per request.

Each kind of request is sent to two gateways on copies of the same store, a few times to one and more
often to the other. The difference of the two counts, divided by that of the requests, is printed:
start, stop and warm-up fall out. A count does not depend on how fast or busy the machine is; what
background jobs do during the run is in it and makes it vary by about a percent.
"""

import argparse
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

# Requests that warm caches, and those that are counted behind them.
WARM_UP = 20
COUNTED = 100
# Enough for pages of 100 that are all different, as a page that was just sent is cached.
USERS = 400
# Seconds until a gateway is ready or gone; callgrind slows it down by a factor of 50.
PATIENCE = 120

TOKEN = "a-token-that-only-this-script-knows"
PASSWORD = "correct horse battery staple"
READER = "reader@example.com"


def main():
    options = parse_arguments()
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="muster-instructions-") as folder:
        folder = pathlib.Path(folder)
        seed = folder / "seed"
        world = create_world(options.binary, seed)
        print("| request | instructions |\n| --- | --- |")
        for kind in options.kind or KINDS:
            few, many = (
                count(options, seed, world, kind, requests) for requests in (WARM_UP, WARM_UP + COUNTED)
            )
            print(f"| {KINDS[kind].name} | {round((many - few) / COUNTED):,} |", flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path, help="the muster binary")
    parser.add_argument("--keep", metavar="FOLDER", type=pathlib.Path,
                        help="keep the profiles there, for callgrind_annotate")
    parser.add_argument("kind", nargs="*", help="all of them by default: " + ", ".join(KINDS))
    options = parser.parse_args()
    unknown = [kind for kind in options.kind if kind not in KINDS]
    if unknown:
        parser.error(f"unknown kind {unknown[0]}; choose from " + ", ".join(KINDS))
    options.binary = options.binary.resolve()
    return options


class Gateway:
    """A gateway on a folder of its own, optionally under another program."""

    def __init__(self, binary, folder, tracer=()):
        folder.mkdir(exist_ok=True)
        self.log = folder / "log"
        settings = ["server.listen=127.0.0.1:0", "limits.rate=0", "limits.failures=0", "log.format=json",
                    'scim.scopes=["read","users","groups","password"]']
        arguments = [argument for setting in settings for argument in ("--set", setting)]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [*tracer, binary, *arguments, "serve"], cwd=folder, stdout=subprocess.DEVNULL, stderr=log,
                env={**os.environ, "MUSTER_SCIM__TOKEN": TOKEN})
        self.connection = http.client.HTTPConnection(*self.address(), timeout=PATIENCE)

    def address(self):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            found = re.search(r'"address":"([^":]+):(\d+)"', self.log.read_text())
            if found:
                return found[1], int(found[2])
            time.sleep(0.05)
        sys.exit(f"the gateway did not start:\n{self.log.read_text()}")

    def send(self, request, status):
        """Sends one request on the connection that all share, and returns its response and body."""
        method, path, headers, body = request
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        text = response.read()
        if response.status != status:
            sys.exit(f"{method} {path}: status {response.status} instead of {status}: {text.decode()}")
        return response, text

    def stop(self):
        self.connection.close()
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(PATIENCE) != 0:
            sys.exit(f"the gateway failed:\n{self.log.read_text()}")


def count(options, seed, world, kind, requests):
    """Returns the instructions of a whole run with this number of requests, on a copy of the store."""
    folder = seed.with_name(kind)
    shutil.copytree(seed, folder)
    profile = (options.keep or folder).resolve() / f"callgrind.{kind}.{requests}"
    tracer = ["valgrind", "--tool=callgrind", "--quiet", f"--callgrind-out-file={profile}"]
    gateway = Gateway(options.binary, folder, tracer)
    for number in range(requests):
        gateway.send(KINDS[kind].request(world, number), KINDS[kind].status)
    gateway.stop()
    total = re.search(r"^(?:summary|totals): (\d+)", profile.read_text(), re.MULTILINE)
    shutil.rmtree(folder)
    return int(total[1])


def create_world(binary, folder):
    """Creates a store with users and groups and a session, and returns the ids and the cookie."""
    gateway = Gateway(binary, folder)
    users = bulk(gateway, "/Users", [user(number) for number in range(USERS)])
    # The last users, so that those who are read have no groups.
    members = [{"value": value} for value in users[-10:]]
    groups = bulk(gateway, "/Groups", [
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": f"Group {number:04}",
         "members": members}
        for number in range(WARM_UP + COUNTED)
    ])
    gateway.send(scim("POST", "/Users", {**user(USERS), "userName": READER, "password": PASSWORD}), 201)
    login = json.dumps({"username": READER, "password": PASSWORD})
    response, _ = gateway.send(("POST", "/auth/login", {"Content-Type": "application/json"}, login), 200)
    cookie = response.getheader("Set-Cookie").partition(";")[0]
    gateway.stop()
    return {"users": users, "groups": groups, "cookie": cookie}


def bulk(gateway, path, resources):
    operations = [{"method": "POST", "path": path, "bulkId": f"b{number}", "data": data}
                  for number, data in enumerate(resources)]
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations}
    _, text = gateway.send(scim("POST", "/Bulk", body), 200)
    return [operation["location"].rpartition("/")[2] for operation in json.loads(text)["Operations"]]


def scim(method, path, body=None):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    if body is not None:
        headers["Content-Type"] = "application/scim+json"
        body = json.dumps(body)
    return method, f"/scim/v2{path}", headers, body


def patch(path, operation):
    schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
    return scim("PATCH", path, {"schemas": schemas, "Operations": [operation]})


def name(number):
    return f"user{number:08}@example.com"


def user(number):
    """A user of about one kilobyte, as identity providers send them."""
    return {
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        ],
        "externalId": f"00u{number:08}",
        "userName": name(number),
        "name": {"givenName": "Ada", "familyName": "Lovelace", "formatted": "Ada Lovelace"},
        "displayName": f"Ada Lovelace {number:08}",
        "title": "Engineer",
        "preferredLanguage": "en-US",
        "timezone": "Europe/Berlin",
        "active": True,
        "emails": [{"value": name(number), "type": "work", "primary": True}],
        "phoneNumbers": [{"value": f"+49 30 {number:08}", "type": "work"}],
        "addresses": [{"type": "work", "streetAddress": "1 Main Street", "locality": "Berlin",
                       "postalCode": "10115", "country": "DE"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "employeeNumber": f"{number:08}", "department": "Engineering", "organization": "Example",
        },
    }


class Kind:
    """A kind of request: its name in the table, its status, and the request of each number."""

    def __init__(self, name, status, request):
        self.name = name
        self.status = status
        self.request = request


# The same requests as in tests/it/allocations.rs.
KINDS = {
    "get": Kind("GET /Users/{id}", 200, lambda world, number: scim("GET", f"/Users/{world['users'][number]}")),
    "eq": Kind("userName eq", 200, lambda world, number: scim(
        "GET", f"/Users?filter=userName%20eq%20%22{name(number)}%22")),
    "page": Kind("page of 100", 200, lambda world, number: scim("GET", f"/Users?startIndex={101 + number}&count=100")),
    "cached": Kind("page of 100, cached", 200, lambda world, number: scim("GET", "/Users?startIndex=100&count=100")),
    "post": Kind("POST /Users", 201, lambda world, number: scim("POST", "/Users", user(1000 + number))),
    "patch": Kind("PATCH of one attribute", 200, lambda world, number: patch(
        f"/Users/{world['users'][number]}",
        {"op": "replace", "path": "displayName", "value": f"Ada Lovelace {number:04}"})),
    "member": Kind("member add", 200, lambda world, number: patch(
        f"/Groups/{world['groups'][number]}",
        {"op": "add", "path": "members", "value": [{"value": world["users"][10 + number]}]})),
    "check": Kind("/auth/check", 200, lambda world, number: ("GET", "/auth/check", {"Cookie": world["cookie"]}, None)),
    "healthz": Kind("/healthz", 200, lambda world, number: ("GET", "/healthz", {}, None)),
}


if __name__ == "__main__":
    main()
