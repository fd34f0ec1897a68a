"""A burst of server creates until all are ACTIVE, then their deletes until all are gone, 8 clients, each
server with a port: ours with 10 simulated hosts, beside Nova with its fake hypervisor (10 fake hosts),
either live (NURI_PEER_RC, NURI_PEER_BURST servers, default 40) or as recorded. CPU is that of every
process of each side, its simulated hosts included."""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from peer import bound, live_peer  # noqa: E402
from places import until  # noqa: E402
from rows import Rows  # noqa: E402
from sim import Filled  # noqa: E402
from cloud import Api, cpu_ns  # noqa: E402
import json  # noqa: E402
import urllib.request  # noqa: E402

SERVERS = 500
CLIENTS = 8
# Nova, 10 fake hosts, a port each, 2 cores of a Xeon at 2.5 GHz: servers a minute, CPU s a create, a delete.
RECORDED = (34, 3.37, 0.99)


def spread(items, make_call):
    """Each client takes the next item; the calls' first error ends the bench."""
    items, errors = list(items), []
    lock = threading.Lock()

    def client():
        call = make_call()
        while True:
            with lock:
                if not items or errors:
                    return
                item = items.pop()
            try:
                call(item)
            except Exception as e:  # noqa: BLE001
                errors.append(str(e))
    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if errors:
        raise SystemExit(f"burst: {errors[0]}")


def burst(count, cpu, make_create, make_delete, building, left):
    """(servers a minute, CPU s a create, CPU s a delete)"""
    ids = []
    before, begun = cpu(), time.monotonic()

    def creates():
        create = make_create()
        return lambda _: ids.append(create())
    spread(range(count), creates)
    until("all ACTIVE", 1800, lambda: building() == 0)
    rate = 60 * count / (time.monotonic() - begun)
    middle = cpu()
    spread(ids, make_delete)
    until("all gone", 1800, lambda: left() == 0)
    return rate, (middle - before) / count / 1e9, (cpu() - middle) / count / 1e9


def ours():
    with Filled(servers=0, hosts=10) as filled:
        def api():
            a = Api("localhost", filled.cloud.ports["gateway"], filled.cloud.path("tls.pem"), filled.api.token)
            return a

        def creator():
            a = api()
            return lambda: a.must("POST", "/compute/v2.1/servers", filled.body)["server"]["id"]

        def deleter():
            a = api()
            return lambda server: a.must("DELETE", f"/compute/v2.1/servers/{server}")

        def left():
            return len(filled.api.must("GET", "/compute/v2.1/servers?limit=1")["servers"])
        figures = burst(SERVERS, lambda: cpu_ns(filled.cloud.pids()), creator, deleter, filled.building, left)
        failed = filled.api.must("GET", "/compute/v2.1/servers?status=ERROR")["servers"]
        if failed:
            raise SystemExit(f"{len(failed)} servers ended in ERROR")
        return figures


def theirs(peer, count):
    nova, neutron, glance = peer.url("compute"), peer.url("network"), peer.url("image")
    image = peer.get(glance + "/v2/images?limit=1")["images"][0]["id"]
    flavor = peer.get(nova + "/flavors")["flavors"][0]["id"]
    network = peer.get(neutron + "/v2.0/networks")["networks"][0]["id"]
    body = json.dumps({"server": {"name": "burst", "imageRef": image, "flavorRef": flavor,
                                  "networks": [{"uuid": network}]}}).encode()

    def call(method, path, data=None):
        request = urllib.request.Request(nova + path, data, {
            "X-Auth-Token": peer.token, "Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=300) as r:
            text = r.read()
            return json.loads(text) if text else {}

    def of_burst(query):
        return len(peer.get(f"{nova}/servers?name=burst&limit=1{query}")["servers"])
    return burst(count, peer.cpu_ns, lambda: lambda: call("POST", "/servers", body)["server"]["id"],
                 lambda: lambda server: call("DELETE", "/servers/" + server),
                 lambda: of_burst("&status=BUILD"), lambda: of_burst(""))


def main():
    rows = Rows(width=52)
    rate, create, delete = ours()
    peer = live_peer()
    count = int(os.environ.get("NURI_PEER_BURST", "40"))
    (peer_rate, peer_create, peer_delete), where = (theirs(peer, count), "live") if peer else (RECORDED, "recorded")
    rows.row("servers a minute", rate, "/min")
    rows.row(f"  of OpenStack ({where})", peer_rate, "/min")
    rows.row("  ours over OpenStack's", rate / peer_rate, "ratio", at_least=50 if bound(where, 0) == 0 else 1e9)
    rows.row("CPU a create", create * 1000, "ms")
    rows.row(f"  of OpenStack ({where})", peer_create * 1000, "ms")
    rows.row("  OpenStack's over ours", peer_create / create, "ratio", at_least=100 if bound(where, 0) == 0 else 1e9)
    rows.row("CPU a delete", delete * 1000, "ms")
    rows.row(f"  of OpenStack ({where})", peer_delete * 1000, "ms")
    rows.row("  OpenStack's over ours", peer_delete / delete, "ratio", at_least=100 if bound(where, 0) == 0 else 1e9)
    rows.done()


main()
