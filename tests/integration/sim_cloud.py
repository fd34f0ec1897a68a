#!/usr/bin/python3
"""Real services with simulated hosts and network: hostile requests through the gateway, and a burst of
creates while each process in turn is killed with -9; then nothing is lost, doubled or left.
  sim_cloud.py BIN_DIR"""
import http.client
import json
import os
import ssl
import sys
import threading
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "support"))
from cloud import Api, Cloud  # noqa: E402

SERVERS = 1000
HOSTS = 10
failures = []


def check(truth, text):
    print(("ok: " if truth else "FAILED: ") + text, flush=True)
    if not truth:
        failures.append(text)


def until(what, seconds, ready):
    end = time.monotonic() + seconds
    while True:
        try:
            found = ready()
        except (OSError, RuntimeError, http.client.HTTPException):
            found = None
        if found:
            return found
        if time.monotonic() > end:
            check(False, "never: " + what)
            return None
        time.sleep(0.2)


def furnish(api):
    flavor = api.must("POST", "/compute/v2.1/flavors", {"flavor": {"name": "f", "vcpus": 1, "ram": 64, "disk": 1}})["flavor"]["id"]
    image = api.must("POST", "/image/v2/images", {"name": "i", "disk_format": "raw", "container_format": "bare", "visibility": "public"})["id"]
    api.must("PUT", f"/image/v2/images/{image}/file", b"\0" * 512, {"Content-Type": "application/octet-stream"})
    network = api.must("POST", "/network/v2.0/networks", {"network": {"name": "n"}})["network"]["id"]
    api.must("POST", "/network/v2.0/subnets", {"subnet": {"network_id": network, "ip_version": 4, "cidr": "10.9.0.0/16"}})
    project = api.must("GET", "/identity/v3/auth/projects")["projects"][0]["id"]
    api.must("PUT", f"/compute/v2.1/os-quota-sets/{project}", {"quota_set": {"instances": 2000, "cores": 2000, "ram": 500000}})
    api.must("PUT", f"/network/v2.0/quotas/{project}", {"quota": {"port": 3000}})
    until("the hosts", 30, lambda: len(api.must("GET", "/compute/v2.1/os-hypervisors")["hypervisors"]) == HOSTS)
    return {"flavorRef": flavor, "imageRef": image, "networks": [{"uuid": network}]}, project


def make_user(cloud, admin, name, role):
    project = admin.must("POST", "/identity/v3/projects", {"project": {"name": name}})["project"]["id"]
    user = admin.must("POST", "/identity/v3/users", {"user": {"name": name, "password": "correct horse"}})["user"]["id"]
    role_id = admin.must("GET", f"/identity/v3/roles?name={role}")["roles"][0]["id"]
    admin.must("PUT", f"/identity/v3/projects/{project}/users/{user}/roles/{role_id}")
    api = Api("localhost", cloud.ports["gateway"], cloud.path("tls.pem"))
    api.login(name, "correct horse", name)
    return api, project


def hostile(cloud, api, server, project):
    base = dict(server, name="x")
    bad = [
        ("POST", "/compute/v2.1/servers", {"server": {}}), ("POST", "/compute/v2.1/servers", {"server": []}),
        ("POST", "/compute/v2.1/servers", {}), ("POST", "/compute/v2.1/servers", "not json"),
        ("POST", "/compute/v2.1/servers", {"server": dict(base, name="x" * 256)}),
        ("POST", "/compute/v2.1/servers", {"server": dict(base, name=5)}),
        ("POST", "/compute/v2.1/servers", {"server": dict(base, colour="red")}),
        ("POST", "/compute/v2.1/servers", {"server": dict(base, flavorRef="nope")}),
        ("POST", "/compute/v2.1/servers", {"server": dict(base, imageRef="00000000-0000-4000-8000-000000000000")}),
        ("POST", "/compute/v2.1/servers", {"server": dict(base, networks=[{"uuid": "zz"}])}),
        ("POST", "/compute/v2.1/servers", {"server": dict(base, min_count=5, max_count=2)}),
        ("POST", "/compute/v2.1/servers", {"server": dict(base, min_count=-1)}),
        ("POST", "/compute/v2.1/servers", {"server": dict(base, user_data="!!")}),
        ("POST", "/compute/v2.1/servers", {"server": dict(base, metadata={"k": 1})}),
        ("POST", "/compute/v2.1/servers", {"server": dict(base, key_name="missing")}),
        ("POST", f"/volume/v3/{project}/volumes", {"volume": {"size": 0}}),
        ("POST", f"/volume/v3/{project}/volumes", {"volume": {"size": "x"}}),
        ("POST", f"/volume/v3/{project}/volumes", {"volume": {"size": 10**9}}),
        ("POST", f"/volume/v3/{project}/volumes", {"volume": {"size": 1, "colour": 1}}),
        ("POST", "/network/v2.0/networks", {"network": {"name": "x", "mtu": "y"}}),
        ("POST", "/network/v2.0/networks", {"network": {"colour": "x"}}),
        ("POST", "/network/v2.0/subnets", {"subnet": {"network_id": "zz", "cidr": "10.0.0.0/8", "ip_version": 4}}),
        ("POST", "/network/v2.0/subnets", {"subnet": {"network_id": server["networks"][0]["uuid"], "cidr": "10.0.0.0/99", "ip_version": 4}}),
        ("POST", "/network/v2.0/security-group-rules", {"security_group_rule": {"direction": "sideways"}}),
        ("POST", "/image/v2/images", {"name": "i", "disk_format": "floppy", "container_format": "bare"}),
        ("POST", "/image/v2/images", {"visibility": "everyone"}),
        ("POST", "/identity/v3/projects", {"project": {"name": ""}}), ("POST", "/identity/v3/users", {"user": {"name": 7}}),
        ("POST", "/identity/v3/auth/tokens", {"auth": {}}), ("POST", "/identity/v3/auth/tokens", {"auth": {"identity": {"methods": ["voodoo"]}}}),
    ]
    servers = len(api.must("GET", "/compute/v2.1/servers")["servers"])
    for method, path, body in bad:
        status, headers, answer = api.call(method, path, body, {"Content-Type": "application/json"})
        told = json.dumps(answer) if not isinstance(answer, str) else answer
        allowed = (400, 401) if "voodoo" in str(body) else (400, 403, 404, 409, 413, 422)
        check(status in allowed and len(told) > 20, f"{method} {path} {json.dumps(body)[:90]}: {status}")
    check(len(api.must("GET", "/compute/v2.1/servers")["servers"]) == servers, "nothing was made of bad input")

    for token in ("", "x", "n1.e30.AAAA", api.token[:-4] + "AAAA", "n" * 20000):
        other = Api("localhost", cloud.ports["gateway"], cloud.path("tls.pem"), token)
        for path in ("/compute/v2.1/servers", f"/volume/v3/{project}/volumes", "/network/v2.0/networks", "/image/v2/images",
                     "/identity/v3/users", "/metering/v1/prices"):
            status = other.call("GET", path)[0]
            if status not in (401, 431):
                check(False, f"forged token {token[:10]!r} at {path}: {status}")
    check(True, "forged tokens are 401 everywhere")
    for path in ("/compute/internal/v1/events", "/compute/agent/v1/desired", "/identity/internal/v1/revocations",
                 "/image/agent/v1/images/x/file", "/compute/%69nternal/v1/events", "/compute//internal/v1/events", "/compute/../../etc/passwd"):
        status = api.call("GET", path)[0]
        check(status in (400, 404), f"{path} is not there from outside: {status}")
    big_body(cloud, api)


def big_body(cloud, api):
    """100 MB to a JSON route: refused before it is read, nothing remembered."""
    context = ssl.create_default_context(cafile=cloud.path("tls.pem"))
    connection = http.client.HTTPSConnection("localhost", cloud.ports["gateway"], context=context, timeout=30)
    connection.putrequest("POST", "/compute/v2.1/servers")
    connection.putheader("X-Auth-Token", api.token)
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(100 << 20))
    connection.endheaders()
    sent = 0
    try:
        for _ in range(1600):
            connection.send(b"x" * 65536)
            sent += 65536
    except OSError:
        pass
    try:
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        status = 0
    check(status == 413 or (status == 0 and sent < 100 << 20), f"a body of 100 MB is refused: {status} after {sent >> 20} MiB")


def foreign(cloud, admin, server_id, project):
    other, other_project = make_user(cloud, admin, "stranger", "member")
    for method, path in [("GET", f"/compute/v2.1/servers/{server_id}"), ("DELETE", f"/compute/v2.1/servers/{server_id}"),
                         ("GET", f"/metering/v1/servers/{server_id}/cost"), ("GET", f"/metering/v1/projects/{project}/cost")]:
        status = other.call(method, path)[0]
        check(status == 404, f"a stranger's {method} {path.split('/')[1]}: {status}")
    status, _, answer = other.call("POST", f"/compute/v2.1/servers/{server_id}/action", {"os-stop": None})
    check(status == 404, f"a stranger's os-stop: {status}")
    check(other.must("GET", "/compute/v2.1/servers") == {"servers": []}, "a stranger's list is empty")
    check(other.call("GET", "/compute/v2.1/servers?all_tenants=1")[0] == 403, "all_tenants is not for a stranger")
    check(other.call("GET", f"/volume/v3/{project}/volumes")[0] in (400, 403, 404), "a stranger in another project's volumes path")


def all_servers(api):
    found, marker = [], ""
    while True:
        page = api.must("GET", f"/compute/v2.1/servers/detail?limit=500{marker}")["servers"]
        found += page
        if len(page) < 500:
            return found
        marker = "&marker=" + page[-1]["id"]


def burst_under_kills(cloud, server):
    """Each create is sent again, under its Idempotency-Key, until it is answered."""
    answered, lock = [], threading.Lock()

    def create(n):
        api = None
        for _ in range(200):
            try:
                api = api or cloud.api()
                status, _, answer = api.call("POST", "/compute/v2.1/servers", {"server": dict(server, name=f"burst{n}")},
                                             {"Idempotency-Key": f"burst-{n}"})
            except (OSError, RuntimeError, http.client.HTTPException):
                api = None
                time.sleep(0.2)
                continue
            if status == 202:
                with lock:
                    answered.append(answer["server"]["id"])
                return
            time.sleep(0.2)
    threads = [threading.Thread(target=lambda n=n: [create(n * SERVERS + i) for i in range(SERVERS // 4)]) for n in range(4)]
    for t in threads:
        t.start()
    for name in ("compute", "network", "storage", "image", "metering", "agent", "identity", "gateway"):
        time.sleep(0.5)
        cloud.kill9(name)
        cloud.start(name)
        if name != "agent":
            cloud.wait_port(name)
    for t in threads:
        t.join()
    check(len(set(answered)) == SERVERS, f"{len(set(answered))} creates were answered")
    api = cloud.api()

    wanted = set(answered)

    def settled():
        mine = [s for s in all_servers(api) if s["id"] in wanted]
        states = sorted({s["status"] for s in mine})
        return mine if len(mine) == SERVERS and states == ["ACTIVE"] else None
    check(until("all ACTIVE", 240, settled), "every create that was answered is there and ACTIVE")
    found = all_servers(api)
    check(len(found) == SERVERS + 1, f"none twice: {len(found)} servers with the first")
    addresses = [a["addr"] for s in found for n in s["addresses"].values() for a in n]
    check(len(addresses) == len(set(addresses)), "no address twice")
    return api, [s["id"] for s in found]


def nothing_left(cloud, api, ids, project):
    cloud.kill9("compute")
    cloud.start("compute")
    cloud.wait_port("compute")
    for i, server_id in enumerate(ids):
        until("the delete's answer", 20, lambda: api.call("DELETE", f"/compute/v2.1/servers/{server_id}")[0] in (204, 404))
        if i == len(ids) // 2:
            cloud.kill9("agent")
            cloud.start("agent")
    until("all gone", 240, lambda: not api.must("GET", "/compute/v2.1/servers")["servers"])
    check(not api.must("GET", "/compute/v2.1/servers?all_tenants=1")["servers"], "all servers are gone")
    until("no compute port", 30, lambda: not [p for p in api.must("GET", "/network/v2.0/ports")["ports"]
                                              if p["device_owner"].startswith("compute:")])
    limits = api.must("GET", "/compute/v2.1/limits")["limits"]["absolute"]
    check(limits["totalInstancesUsed"] == 0 and limits["totalCoresUsed"] == 0 and limits["totalRAMUsed"] == 0,
          "the quota ledger is at zero")
    idle = until("each host's ledger at zero", 30, lambda: all(h["vcpus_used"] == 0 for h in api.must(
        "GET", "/compute/v2.1/os-hypervisors/detail")["hypervisors"]))
    check(bool(idle), "the capacity ledger is at zero")

    def closed():
        resources = api.must("GET", f"/metering/v1/projects/{project}/cost")["cost"]["resources"]
        return not [r for r in resources if r["open"] and r["resource_type"] == "server"]
    check(until("intervals closed", 30, closed), "every server's interval is closed")


def main():
    with Cloud(sys.argv[1], hosts=HOSTS) as cloud:
        admin = cloud.api()
        server, project = furnish(admin)
        first = admin.must("POST", "/compute/v2.1/servers", {"server": dict(server, name="first")})["server"]["id"]
        until("first ACTIVE", 60, lambda: admin.must("GET", f"/compute/v2.1/servers/{first}")["server"]["status"] == "ACTIVE")
        hostile(cloud, admin, server, project)
        foreign(cloud, admin, first, project)
        reader, _ = make_user(cloud, admin, "reader1", "reader")
        check(reader.call("POST", "/compute/v2.1/servers", {"server": dict(server, name="r")})[0] == 403, "a reader creates nothing")
        api, ids = burst_under_kills(cloud, server)
        nothing_left(cloud, api, ids, project)
    print(f"{len(failures)} failed", flush=True)
    sys.exit(1 if failures else 0)


main()
