"""CPU time and rate of the requests that clients make most, at 1, 8 and 32 connections, beside a real
OpenStack (lib/peer.py). Ours is a private simulated cloud behind its gateway (TLS); the CPU of gateway and
service together, their background threads included. The peer closes each connection, so ours is asked
both ways: kept alive (the target's row) and, at 8 connections, a new TLS connection for each request.
  tests/bench/run api [NAME..]   only these requests
  NURI_BENCH_SECONDS=N           each measurement (default 3)"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from load import hey, measure  # noqa: E402
from peer import RECORDED, bound, live_peer  # noqa: E402
from rows import Rows  # noqa: E402
from sim import Filled  # noqa: E402
import json  # noqa: E402

SECONDS = int(os.environ.get("NURI_BENCH_SECONDS", "3"))
VOLUMES = 100
CONNECTIONS = (1, 8, 32)
PEER_REQUESTS = {1: 20, 8: 64, 32: 96}  # it takes minutes where ours takes seconds
LIMIT = 0.01  # a hundredth of the peer's CPU; token issue excepted: it is the password's hash


def requests(filled):
    """name -> (services, path, extra headers, body)"""
    login = json.dumps({"auth": {
        "identity": {"methods": ["password"], "password": {"user": {
            "name": "admin", "password": filled.cloud.password, "domain": {"name": "Default"}}}},
        "scope": {"project": {"name": "admin", "domain": {"name": "Default"}}}}})
    return {
        "token issue": ("identity", "/identity/v3/auth/tokens", {}, login),
        "token check": ("identity", "/identity/v3/auth/tokens", {"X-Subject-Token": filled.api.token}, None),
        "server show": ("compute", f"/compute/v2.1/servers/{filled.server}", {}, None),
        "servers/detail, 100 servers": ("compute", "/compute/v2.1/servers/detail?limit=100", {}, None),
        "ports": ("network", "/network/v2.0/ports?limit=100", {}, None),
        "networks": ("network", "/network/v2.0/networks", {}, None),
        "volumes/detail": ("storage", f"/volume/v3/{filled.project}/volumes/detail", {}, None),
        "flavors/detail": ("compute", "/compute/v2.1/flavors/detail", {}, None),
        "servers/detail, 1,000 servers": ("compute", "/compute/v2.1/servers/detail?limit=1000", {}, None),
    }


def of_the_peer(peer, name):
    """name -> CPU ms and requests/s at each number of connections, in this run or as recorded."""
    if not peer or name.endswith("1,000 servers"):
        return RECORDED[name], "recorded"
    nova, keystone, neutron, cinder = peer.url("compute"), peer.auth, peer.url("network"), peer.url("volumev3")
    server = peer.get(nova + "/servers?limit=1")["servers"][0]["id"]
    url, headers, body = {
        "token issue": (keystone + "/auth/tokens", {}, peer.login_body),
        "token check": (keystone + "/auth/tokens", {"X-Subject-Token": peer.token}, None),
        "server show": (f"{nova}/servers/{server}", {}, None),
        "servers/detail, 100 servers": (nova + "/servers/detail?limit=100", {}, None),
        "ports": (neutron + "/v2.0/ports", {}, None),
        "networks": (neutron + "/v2.0/networks", {}, None),
        "volumes/detail": (cinder + "/volumes/detail", {}, None),
        "flavors/detail": (nova + "/flavors/detail", {}, None),
    }[name]
    headers = dict(headers) if body else {"X-Auth-Token": peer.token, **headers}
    cpu, rates = [], []
    for connections in CONNECTIONS:
        before = peer.cpu_ns()
        count, rate, _ = hey(url, headers, connections, ("-n", str(PEER_REQUESTS[connections])), body, keep_alive=False)
        cpu.append((peer.cpu_ns() - before) / count / 1e6)
        rates.append(rate)
    return (cpu, rates), "live"


def compare(rows, filled, peer, name):
    service, path, extra, body = requests(filled)[name]
    pids = filled.cloud.pids("gateway", service)
    url = f"https://localhost:{filled.cloud.ports['gateway']}{path}"
    headers = dict(extra) if body else {"X-Auth-Token": filled.api.token, **extra}
    (peer_cpu, peer_rate), where = of_the_peer(peer, name)
    # A project of 1,000 servers is not made in the peer: half an hour.
    kind = "live" if peer else where
    measure(pids, url, headers, 2, 1, body)  # warm
    for at, connections in enumerate(CONNECTIONS):
        cpu, rate, p50 = measure(pids, url, headers, connections, SECONDS, body)
        tag = f"{name}, {connections}"
        rows.row(f"{tag}: CPU", cpu, "ms")
        rows.row(f"{tag}: rate", rate, "/s")
        rows.row(f"{tag}: p50", p50, "ms")
        if peer_cpu[at]:
            limit = None if name == "token issue" else bound(kind, LIMIT)
            rows.row(f"{tag}: CPU over OpenStack's ({where})", cpu / peer_cpu[at], "ratio", limit)
            rows.row(f"{tag}: rate over OpenStack's", rate / peer_rate[at], "ratio")
    cpu, rate, _ = measure(pids, url, headers, 8, SECONDS, body, keep_alive=False)
    rows.row(f"{name}, 8, new connections: CPU", cpu, "ms")
    rows.row(f"{name}, 8, new connections: rate", rate, "/s")


def main():
    rows = Rows(width=62)
    peer = live_peer()
    if peer:
        peer.want_volumes(VOLUMES)
    with Filled(servers=100, volumes=VOLUMES) as filled:
        for name in sys.argv[1:] or requests(filled):
            if name.endswith("1,000 servers"):
                filled.more_servers(900)
            compare(rows, filled, peer, name)
    rows.done()


main()
