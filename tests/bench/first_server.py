"""The figures of the first server. Brings up a cloud of its own (up_to_ssh.py) for the create ratio and
the memory, and a private simulated one for CPU a request, from a build (NURI_BIN, default
build/release/bin or build/bin). The peer's side of the CPU ratio: NURI_PEER_RC names the openrc of a running OpenStack
(100 servers kept in it), measured in the same run; without it the recorded figures are used and said."""
import os
import re
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from peer import RECORDED, bound, live_peer, openrc  # noqa: E402
from places import bin_dir, until  # noqa: E402
from rows import Rows  # noqa: E402
from sim import Filled  # noqa: E402
from up_to_ssh import may_replace_cloud, up_to_ssh  # noqa: E402
from cloud import Api, cpu_ns, pss_kib  # noqa: E402

CREATES = 20
REQUESTS = 300


class Starts(threading.Thread):
    """Seconds (monotonic) at which each domain was seen running, from libvirt's own events."""

    def __init__(self):
        super().__init__(daemon=True)
        import libvirt
        self.libvirt = libvirt
        libvirt.virEventRegisterDefaultImpl()
        self.connection = libvirt.open("qemu:///system")
        self.seen = {}
        self.changed = threading.Condition()
        self.connection.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, self.event, None)
        self.start()

    def run(self):
        while True:
            self.libvirt.virEventRunDefaultImpl()

    def event(self, _conn, domain, event, detail, _opaque):
        running = (self.libvirt.VIR_DOMAIN_EVENT_STARTED, self.libvirt.VIR_DOMAIN_EVENT_RESUMED)
        if event in running:
            with self.changed:
                self.seen[domain.UUIDString()] = time.monotonic()
                self.changed.notify_all()

    def wait(self, uuid, seconds=60):
        with self.changed:
            if not self.changed.wait_for(lambda: uuid in self.seen, seconds):
                raise RuntimeError(f"domain {uuid} never ran")
            return self.seen[uuid]


def create_ratio(rows, starts):
    rc = openrc("/etc/nuri/admin-openrc.sh")
    port = int(re.search(r":(\d+)/", rc["OS_AUTH_URL"])[1])
    api = Api("127.0.0.1", port, rc["OS_CACERT"])
    api.login(rc["OS_USERNAME"], rc["OS_PASSWORD"], rc["OS_PROJECT_NAME"])
    image = api.must("GET", "/image/v2/images?name=tiny")["images"][0]["id"]
    flavor = next(f["id"] for f in api.must("GET", "/compute/v2.1/flavors")["flavors"] if f["name"] == "m1.nano")
    network = api.must("POST", "/network/v2.0/networks", {"network": {"name": "bench"}})["network"]["id"]
    api.must("POST", "/network/v2.0/subnets", {"subnet": {"network_id": network, "ip_version": 4, "cidr": "10.99.0.0/24"}})
    body = {"server": {"name": "bench", "imageRef": image, "flavorRef": flavor, "networks": [{"uuid": network}]}}
    ours, raw = [], []
    memory = None
    try:
        for i in range(CREATES + 1):  # the first warms the image cache
            begin = time.monotonic()
            server = api.must("POST", "/compute/v2.1/servers", body)["server"]["id"]
            took = starts.wait(server) - begin
            until("ACTIVE", 60, lambda: api.must("GET", f"/compute/v2.1/servers/{server}")["server"]["status"] == "ACTIVE")
            if memory is None:
                memory = nuri_memory_mib()
            xml = subprocess.run(["virsh", "dumpxml", server], check=True, capture_output=True, text=True).stdout
            api.must("DELETE", f"/compute/v2.1/servers/{server}")
            until("gone", 60, lambda: api.call("GET", f"/compute/v2.1/servers/{server}")[0] == 404)
            raw_took = raw_create(starts, xml)
            if i:
                ours.append(took)
                raw.append(raw_took)
    finally:
        api.call("DELETE", f"/network/v2.0/networks/{network}")
    rows.row("create to domain running, ours (median)", statistics.median(ours), "s")
    rows.row("create to domain running, raw (median)", statistics.median(raw), "s")
    rows.row("create over raw libvirt", statistics.median(ours) / statistics.median(raw), "ratio", 1.5)
    rows.row("memory of all Nuri processes, one server", memory, "MiB PSS", 150)


def raw_create(starts, xml):
    """The same domain by hand: its overlay by qemu-img, its XML by virsh create, both timed."""
    uuid = "b0b0b0b0-0000-4000-8000-%012x" % (int(time.time() * 1000) & 0xffffffffffff)
    folder = "/var/lib/nuri/instances/bench-raw"
    os.makedirs(folder, mode=0o711, exist_ok=True)
    disk = re.search(r"<source file='([^']+/disk[^']*)'", xml)[1]
    backing = re.search(r"<backingStore.*?<source file='([^']+)'", xml, re.S)[1]
    old = os.path.dirname(disk)
    xml = xml.replace(old, folder)
    xml = re.sub(r"<backingStore.*?</backingStore>", "", xml, flags=re.S)
    xml = re.sub(r"<uuid>[^<]+</uuid>", f"<uuid>{uuid}</uuid>", xml)
    xml = re.sub(r"<name>[^<]+</name>", "<name>bench-raw</name>", xml, count=1)
    xml = re.sub(r"<domain([^>]*) id='\d+'", r"<domain\1", xml)
    xml = re.sub(r"<metadata>.*?</metadata>", "", xml, flags=re.S)
    xml = re.sub(r"<target dev='(vnet|tap)[^']*'/>", "", xml)
    xml = re.sub(r"<seclabel.*?</seclabel>", "", xml, flags=re.S)
    xml = re.sub(r"<alias name='[^']*'/>", "", xml)
    with open(folder + "/domain.xml", "w") as f:
        f.write(xml)
    begin = time.monotonic()
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", backing, "-F", "qcow2",
                    os.path.join(folder, os.path.basename(disk)), "1G"], check=True)
    subprocess.run(["virsh", "-q", "create", folder + "/domain.xml"], check=True)
    took = starts.wait(uuid) - begin
    subprocess.run(["virsh", "-q", "destroy", uuid], check=True)
    subprocess.run(["rm", "-rf", folder], check=True)
    return took


def nuri_memory_mib():
    total = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.path.basename(os.readlink(f"/proc/{pid}/exe")).startswith("nuri-"):
                total += pss_kib(pid)
        except OSError:
            pass
    return total / 1024


def cpu_ms(cpu, request, count):
    """`cpu`: CPU time so far, in ns."""
    request()
    before = cpu()
    for _ in range(count):
        request()
    return (cpu() - before) / count / 1e6


def our_requests():
    with Filled(servers=100) as filled:
        time.sleep(2)
        api, cloud = filled.api, filled.cloud
        return {"servers/detail, 100 servers": cpu_ms(
                    lambda: cpu_ns(cloud.pids("gateway", "compute")), lambda: api.must("GET", "/compute/v2.1/servers/detail"), REQUESTS),
                "token check": cpu_ms(
                    lambda: cpu_ns(cloud.pids("gateway", "identity")),
                    lambda: api.must("GET", "/identity/v3/auth/tokens", headers={"X-Subject-Token": api.token}), REQUESTS)}


def peer_requests(names):
    """The same requests of the peer, one connection, CPU of all its processes."""
    peer = live_peer()
    if not peer:
        return {name: RECORDED[name][0][0] for name in names}, "recorded"
    nova = peer.url("compute")
    ask = {"servers/detail, 100 servers": (20, lambda: peer.get(nova + "/servers/detail")),
           "token check": (50, lambda: peer.get(peer.auth + "/auth/tokens", **{"X-Subject-Token": peer.token}))}
    return {name: cpu_ms(peer.cpu_ns, ask[name][1], ask[name][0]) for name in names}, "live"


def main():
    may_replace_cloud()
    rows = Rows()
    ours = our_requests()
    peer, where = peer_requests(ours)
    for name, ms in ours.items():
        rows.row(f"CPU of {name}", ms, "ms")
        rows.row(f"  of OpenStack ({where})", peer[name], "ms")
        rows.row("  ours over OpenStack's", ms / peer[name], "ratio", bound(where, 0.01))
    up_to_ssh(rows, os.path.dirname(bin_dir()))
    create_ratio(rows, Starts())
    rows.done()


main()
