#!/usr/bin/python3
"""Screens and serial lines of servers through gateway, compute and agent, on real processes with
simulated hosts.
  consoles.py BIN_DIR"""
import os
import sys
import time
from urllib.parse import parse_qs, urlparse

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "support"))
from cloud import Api, Cloud  # noqa: E402
from websocket import Refused, WebSocket  # noqa: E402

failures = []


def check(truth, text):
    print(("ok: " if truth else "FAILED: ") + text, flush=True)
    if not truth:
        failures.append(text)


def until(what, seconds, ready):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = ready()
        if found:
            return found
        time.sleep(0.2)
    check(False, "never: " + what)
    return None


def make_server(api, name):
    flavor = api.must("POST", "/compute/v2.1/flavors", {"flavor": {"name": "f", "vcpus": 1, "ram": 64, "disk": 1}})["flavor"]["id"]
    image = api.must("POST", "/image/v2/images", {"name": "i", "disk_format": "raw", "container_format": "bare", "visibility": "public"})["id"]
    api.must("PUT", f"/image/v2/images/{image}/file", b"\0" * 512, {"Content-Type": "application/octet-stream"})
    network = api.must("POST", "/network/v2.0/networks", {"network": {"name": "n"}})["network"]["id"]
    api.must("POST", "/network/v2.0/subnets", {"subnet": {"network_id": network, "ip_version": 4, "cidr": "10.9.0.0/16"}})
    until("a host", 30, lambda: api.must("GET", "/compute/v2.1/os-hypervisors")["hypervisors"])
    server = api.must("POST", "/compute/v2.1/servers", {"server": {
        "name": name, "flavorRef": flavor, "imageRef": image, "networks": [{"uuid": network}]}})["server"]["id"]
    until("ACTIVE", 60, lambda: api.must("GET", f"/compute/v2.1/servers/{server}")["server"]["status"] == "ACTIVE")
    return server


def ask(api, server, protocol, kind):
    return api.call("POST", f"/compute/v2.1/servers/{server}/remote-consoles",
                    {"remote_console": {"protocol": protocol, "type": kind}}, {"X-OpenStack-Nova-API-Version": "2.6"})


def url_of(api, server, protocol, kind):
    status, _, body = ask(api, server, protocol, kind)
    check(status == 200, f"a {protocol} console is granted: {status}")
    return body["remote_console"]["url"]


def socket_of(page):
    parts = urlparse(page)
    return f"wss://{parts.netloc}/{parse_qs(parts.query)['path'][0]}"


def refused(url, ca):
    try:
        WebSocket(url, ca)
    except Refused as e:
        return e.status == 403 and e.body == b""
    return False


def screen(cloud, api, server):
    page = url_of(api, server, "vnc", "novnc")
    check(page.startswith(f"https://localhost:{cloud.ports['gateway']}/vnc.html?path="), f"its page is the gateway's: {page[:60]}")
    url, ca = socket_of(page), cloud.path("tls.pem")
    ws = WebSocket(url, ca, {"Sec-WebSocket-Protocol": "binary"})
    check("sec-websocket-protocol: binary" in ws.head.lower(), "the subprotocol asked for is answered")
    check(ws.receive() == b"RFB 003.008\n", "the screen greets")
    ws.send(b"RFB 003.008\n")
    check(ws.receive() == b"\1\1", "no password of its own")
    ws.send(b"\1")
    check(ws.receive() == b"\0\0\0\0", "the handshake is done")
    ws.send(b"\1")
    check((ws.receive() or b"")[24:] == f"nuri-{server}".encode(), "it is this server's screen")
    check(refused(url, ca), "the token is good for one use: 403 without a body, and the connection ends")
    check(refused(url[:-3] + "AAA", ca), "a changed token opens nothing")
    ws.close()


def serial(cloud, api, server):
    ca = cloud.path("tls.pem")
    ws = WebSocket(url_of(api, server, "serial", "serial"), ca)
    sent = os.urandom(300_000)
    for at in range(0, len(sent), 10_000):
        ws.send(sent[at:at + 10_000])
    check(ws.receive_bytes(len(sent)) == sent, "300 kB there and back, byte for byte")
    others = []

    def third():  # the screen's place is free once both its ends have seen that it is over
        other = WebSocket(url_of(api, server, "serial", "serial"), ca)
        other.send(b"x")
        others.extend([other] if other.receive() == b"x" else [])
        return len(others) == 3
    check(bool(until("four at once", 10, third)), "four at once")
    fifth = WebSocket(url_of(api, server, "serial", "serial"), ca)
    check(fifth.receive() is None, "but not without end")
    for other in others:
        other.close()
    return ws


def strangers(cloud, admin, server):
    project = admin.must("POST", "/identity/v3/projects", {"project": {"name": "other"}})["project"]["id"]
    for name, role, expected in (("foreign", "member", 404), ("looker", "reader", 403)):
        user = admin.must("POST", "/identity/v3/users", {"user": {"name": name, "password": "correct horse"}})["user"]["id"]
        role_id = admin.must("GET", f"/identity/v3/roles?name={role}")["roles"][0]["id"]
        admin.must("PUT", f"/identity/v3/projects/{project}/users/{user}/roles/{role_id}")
        api = Api("localhost", cloud.ports["gateway"], cloud.path("tls.pem"))
        api.login(name, "correct horse", "other")
        check(ask(api, server, "vnc", "novnc")[0] == expected, f"{name} gets {expected}")
    status = admin.call("GET", "/compute/agent/v1/consoles/x", headers={"Upgrade": "websocket", "Connection": "Upgrade"})[0]
    check(status == 404, f"the agents' side is not there from outside: {status}")


def faults(cloud, api, server, open_console):
    cloud.kill9("agent")
    check(open_console.receive() is None, "an agent killed with -9 ends its consoles")
    cloud.start("agent")

    def again():
        try:
            ws = WebSocket(url_of(api, server, "serial", "serial"), cloud.path("tls.pem"), timeout=15)
            ws.send(b"hello")
            return ws if ws.receive() == b"hello" else None
        except (OSError, Refused):
            return None
    ws = until("a console after the agent's restart", 40, again)
    cloud.kill9("compute")
    check(ws is not None and ws.receive() is None, "a compute killed with -9 ends them too")
    cloud.start("compute")
    cloud.wait_port("compute")
    check(bool(until("a console after compute's restart", 40, again)), "they open again")
    late = url_of(api, server, "serial", "serial")
    api.must("DELETE", f"/compute/v2.1/servers/{server}")
    until("gone", 30, lambda: api.call("GET", f"/compute/v2.1/servers/{server}")[0] == 404)
    check(refused(late, cloud.path("tls.pem")), "a deleted server's token opens nothing")
    logs = "".join(open(cloud.path("log", f)).read() for f in os.listdir(cloud.path("log")))
    check(late.split("token=")[1] not in logs, "no log holds a token")


def main():
    with Cloud(sys.argv[1]) as cloud:
        admin = cloud.api()
        server = make_server(admin, "screen")
        screen(cloud, admin, server)
        strangers(cloud, admin, server)
        faults(cloud, admin, server, serial(cloud, admin, server))
    print(f"{len(failures)} failed", flush=True)
    sys.exit(1 if failures else 0)


main()
