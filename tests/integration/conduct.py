#!/usr/bin/python3
"""What all services do the same way, in a private simulated cloud: Idempotency-Key on POSTs of each
service, also while it is killed with -9, and the audit log of each change.
  conduct.py BIN_DIR"""
import http.client
import os
import sys
import threading
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "support"))
from cloud import SERVICES, PATHS, Cloud  # noqa: E402

EACH = 12
failures = []


def check(truth, text):
    print(("ok: " if truth else "FAILED: ") + text, flush=True)
    if not truth:
        failures.append(text)


def creates(project):
    """service, path, body of number n, where its id lies, list's path and key"""
    return [
        ("identity", "/identity/v3/projects", lambda n: {"project": {"name": f"p{n}"}}, "project", "/identity/v3/projects", "projects"),
        ("image", "/image/v2/images", lambda n: {"name": f"i{n}", "disk_format": "raw", "container_format": "bare"}, None,
         "/image/v2/images?limit=1000", "images"),
        ("storage", f"/volume/v3/{project}/volumes", lambda n: {"volume": {"name": f"v{n}", "size": 1}}, "volume",
         f"/volume/v3/{project}/volumes", "volumes"),
        ("network", "/network/v2.0/networks", lambda n: {"network": {"name": f"n{n}"}}, "network", "/network/v2.0/networks", "networks"),
        ("compute", "/compute/v2.1/flavors", lambda n: {"flavor": {"name": f"f{n}", "vcpus": 1, "ram": 64, "disk": 1}}, "flavor",
         "/compute/v2.1/flavors", "flavors"),
    ]


def id_of(answer, member):
    return (answer[member] if member else answer)["id"]


def twice(api, kind):
    service, path, body, member, _, _ = kind
    one = api.call("POST", path, body("-twice"), {"Idempotency-Key": "twice"})
    two = api.call("POST", path, body("-twice"), {"Idempotency-Key": "twice"})
    same = one[0] < 300 and one[0] == two[0] and one[2] == two[2]
    check(same and two[1].get("Idempotency-Replayed") == "true", f"{service}: the same answer again: {one[0]} {two[0]}")
    status, _, answer = api.call("POST", path, body("-other"), {"Idempotency-Key": "twice"})
    check(status == 422 and "Idempotency-Key" in str(answer), f"{service}: another body is 422: {status}")
    status = api.call("POST", path, body("-long"), {"Idempotency-Key": "x" * 256})[0]
    check(status == 400, f"{service}: a key of 256 is 400: {status}")


def under_kills(cloud, kind):
    """Each create is sent again with its key until it is answered, while its service is killed."""
    service, path, body, member, list_path, members = kind
    made, told, lock = {}, [], threading.Lock()

    def create(n):
        api = None
        for _ in range(300):
            try:
                api = api or cloud.api()
                status, _, answer = api.call("POST", path, body(n), {"Idempotency-Key": f"k{n}"})
            except (OSError, RuntimeError, http.client.HTTPException):
                api = None
                time.sleep(0.05)
                continue
            if status < 300 or (status == 409 and "cut off" in str(answer)):
                with lock:
                    if status < 300:
                        made[n] = id_of(answer, member)
                    else:
                        told.append(n)
                return
            time.sleep(0.05)
    threads = [threading.Thread(target=lambda t=t: [create(n) for n in range(t * EACH, t * EACH + EACH)]) for t in range(4)]
    for t in threads:
        t.start()
    for _ in range(3):
        time.sleep(0.15)
        cloud.kill9(service)
        cloud.start(service)
        cloud.wait_port(service)
    for t in threads:
        t.join()
    api = cloud.api()
    found = [x for x in api.must("GET", list_path)[members] if x["name"][1:].isdigit()]
    names = [x["name"] for x in found]
    check(len(made) + len(told) == 4 * EACH, f"{service}: each create was answered: {len(made)}, cut off: {len(told)}")
    check(len(names) == len(set(names)) == 4 * EACH, f"{service}: each is there once: {len(names)} of {len(set(names))} names")
    check(set(made.values()) <= {x["id"] for x in found}, f"{service}: the answers name what is there")
    return len(told)


def audited(cloud, api, kind, project):
    service, path, _, member, _, _ = kind
    prefix = "/" + PATHS.get(service, service)
    events = api.must("GET", f"{prefix}/audit/v1/events?limit=1000")["events"]
    mine = [e for e in events if e["path"] == path[len(prefix):] and e["outcome"] == "success"]
    check(len(mine) >= 4 * EACH + 1 and all(e["user_name"] == "admin" and e["project_id"] == project and
                                            e["address"] == "127.0.0.1" for e in mine),
          f"{service}: {len(mine)} creates in the audit log")
    unknown = [e for e in events if e["outcome"] == "unknown"]
    verdict = api.must("GET", f"{prefix}/audit/v1/check")
    check(verdict["sound"] and verdict["events"] >= len(events), f"{service}: the chain of {verdict['events']} events is sound, {len(unknown)} cut off")
    page = api.must("GET", f"{prefix}/audit/v1/events?limit=2")
    check(len(page["events"]) == 2 and page["links"][0]["href"].startswith(f"https://localhost:{cloud.ports['gateway']}{prefix}/audit"),
          f"{service}: the log comes in pages")


def tenants(cloud, admin):
    project = admin.must("POST", "/identity/v3/projects", {"project": {"name": "tenant"}})["project"]["id"]
    user = admin.must("POST", "/identity/v3/users", {"user": {"name": "tenant", "password": "correct horse"}})["user"]["id"]
    role = admin.must("GET", "/identity/v3/roles?name=member")["roles"][0]["id"]
    admin.must("PUT", f"/identity/v3/projects/{project}/users/{user}/roles/{role}")
    api = cloud.api()
    api.login("tenant", "correct horse", "tenant")
    api.must("POST", "/network/v2.0/networks", {"network": {"name": "mine"}})
    check(api.call("POST", "/compute/v2.1/flavors", {"flavor": {"name": "x", "vcpus": 1, "ram": 64, "disk": 1}})[0] == 403, "a member makes no flavor")
    events = api.must("GET", "/network/audit/v1/events")["events"]
    check(events and all(e["project_id"] == project for e in events), "a tenant sees its own project's events")
    refused = api.must("GET", "/compute/audit/v1/events")["events"]
    check(len(refused) == 1 and refused[0]["status"] == 403, "a refused attempt is in the log")
    check(api.call("GET", "/compute/audit/v1/check")[0] == 403, "the chain is checked by administrators")


def secrets(cloud):
    spilled = []
    for s in SERVICES:
        for end in ("", "-wal"):
            try:
                with open(cloud.path("data", f"{s}.db{end}"), "rb") as f:
                    if b"correct horse" in f.read():
                        spilled.append(s)
            except FileNotFoundError:
                pass
    check(not spilled, f"no password lies in a database: {spilled}")


def main():
    with Cloud(sys.argv[1]) as cloud:
        api = cloud.api()
        project = api.login("admin", cloud.password, "admin")["project"]["id"]
        admin_quota = {"volumes": -1, "gigabytes": -1}
        api.must("PUT", f"/volume/v3/{project}/os-quota-sets/{project}", {"quota_set": admin_quota})
        api.must("PUT", f"/network/v2.0/quotas/{project}", {"quota": {"network": -1}})
        for kind in creates(project):
            twice(api, kind)
        for kind in creates(project):
            under_kills(cloud, kind)
        api = cloud.api()
        for kind in creates(project):
            audited(cloud, api, kind, project)
        tenants(cloud, api)
        secrets(cloud)
    print(f"{len(failures)} failed", flush=True)
    sys.exit(1 if failures else 0)


main()
