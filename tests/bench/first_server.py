"""The figures of the first server. Needs: a running cloud of deploy/up (for the create ratio and the
memory), a build (NURI_BIN, default build/release/bin or build/bin) for a private simulated cloud (for
CPU a request). The peer's side of the CPU ratio: NURI_PEER_RC names the openrc of a running OpenStack
(100 servers kept in it), measured in the same run; without it the recorded figures are used and said."""
import json
import os
import re
import statistics
import subprocess
import sys
import threading
import time
import urllib.request

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "support"))
sys.path.insert(0, here)
from cloud import Api, Cloud, cpu_ns, pss_kib  # noqa: E402
from rows import Rows  # noqa: E402

CREATES = 20
REQUESTS = 300
# CPU ms of real OpenStack (Zed), one connection, on 2 cores of a Xeon at 2.5 GHz.
RECORDED = {"servers/detail, 100 servers": 595.0, "token check": 23.7}


def bin_dir():
    top = os.path.join(here, "..", "..")
    for d in (os.environ.get("NURI_BIN"), os.path.join(top, "build/release/bin"), os.path.join(top, "build/bin")):
        if d and os.path.exists(os.path.join(d, "nuri-gateway")):
            return d
    sys.exit("no build found: run deploy/up, or set NURI_BIN")


def openrc(path):
    env = {}
    for line in open(path):
        m = re.match(r"\s*(?:export\s+)?(OS_\w+)=(.*)", line)
        if m:
            env[m[1]] = m[2].strip().strip("'\"")
    return env


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


def until(what, seconds, ready):
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise RuntimeError("never: " + what)
        time.sleep(0.05)


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


def cpu_ms(pids, request, count):
    request()
    before = cpu_ns(pids)
    for _ in range(count):
        request()
    return (cpu_ns(pids) - before) / count / 1e6


def our_requests(rows):
    with Cloud(bin_dir(), hosts=1) as cloud:
        api = cloud.api()
        # The quota is a setting, not what is measured.
        project = api.must("GET", "/identity/v3/auth/projects")["projects"][0]["id"]
        api.must("PUT", f"/compute/v2.1/os-quota-sets/{project}", {"quota_set": {"instances": 200, "cores": 200, "ram": 200000}})
        flavor = api.must("POST", "/compute/v2.1/flavors", {"flavor": {"name": "f", "vcpus": 1, "ram": 64, "disk": 0}})["flavor"]["id"]
        image = api.must("POST", "/image/v2/images", {"name": "i", "disk_format": "raw", "container_format": "bare"})["id"]
        api.must("PUT", f"/image/v2/images/{image}/file", b"\0" * 512, {"Content-Type": "application/octet-stream"})
        network = api.must("POST", "/network/v2.0/networks", {"network": {"name": "n"}})["network"]["id"]
        api.must("POST", "/network/v2.0/subnets", {"subnet": {"network_id": network, "ip_version": 4, "cidr": "10.9.0.0/16"}})
        until("host up", 30, lambda: api.must("GET", "/compute/v2.1/os-hypervisors")["hypervisors"])
        for i in range(100):
            api.must("POST", "/compute/v2.1/servers", {"server": {"name": f"s{i}", "imageRef": image, "flavorRef": flavor, "networks": [{"uuid": network}]}})
        def active():
            found = api.must("GET", "/compute/v2.1/servers/detail?limit=1000")["servers"]
            return len(found) == 100 and all(s["status"] == "ACTIVE" for s in found)
        until("100 ACTIVE", 180, active)
        time.sleep(2)
        detail = cpu_ms(cloud.pids("gateway", "compute"),
                        lambda: api.must("GET", "/compute/v2.1/servers/detail"), REQUESTS)
        check = cpu_ms(cloud.pids("gateway", "identity"),
                       lambda: api.must("GET", "/identity/v3/auth/tokens", headers={"X-Subject-Token": api.token}), REQUESTS)
        return {"servers/detail, 100 servers": detail, "token check": check}


def peer_requests():
    """The same two requests of a real OpenStack that is up, one connection, CPU of its processes."""
    rc = openrc(os.environ["NURI_PEER_RC"])
    auth = rc["OS_AUTH_URL"].rstrip("/")
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": {
        "name": rc["OS_USERNAME"], "password": rc["OS_PASSWORD"], "domain": {"name": rc["OS_USER_DOMAIN_NAME"]}}}},
        "scope": {"project": {"name": rc["OS_PROJECT_NAME"], "domain": {"name": rc["OS_PROJECT_DOMAIN_NAME"]}}}}}
    request = urllib.request.Request(auth + "/auth/tokens", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as r:
        token = r.headers["X-Subject-Token"]
        catalog = json.load(r)["token"]["catalog"]
    compute = next(e["url"] for s in catalog if s["type"] == "compute" for e in s["endpoints"] if e["interface"] == "public")
    pids = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            line = open(f"/proc/{pid}/cmdline").read()
        except OSError:
            continue
        if re.search(r"uwsgi|keystone|nova-|placement|neutron|glance|mariadbd|memcached", line):
            pids.append(pid)

    def get(url, **headers):
        with urllib.request.urlopen(urllib.request.Request(url, headers={"X-Auth-Token": token, **headers})) as r:
            return json.load(r)
    servers = len(get(compute + "/servers/detail")["servers"])
    if servers != 100:
        sys.exit(f"the peer has {servers} servers; keep 100 in it")
    return {"servers/detail, 100 servers": cpu_ms(pids, lambda: get(compute + "/servers/detail"), 20),
            "token check": cpu_ms(pids, lambda: get(auth + "/auth/tokens", **{"X-Subject-Token": token}), 50)}


def main():
    rows = Rows()
    peer, where = (peer_requests(), "live") if os.environ.get("NURI_PEER_RC") else (RECORDED, "recorded")
    for name, ms in our_requests(rows).items():
        rows.row(f"CPU of {name}", ms, "ms")
        rows.row(f"  of OpenStack ({where})", peer[name], "ms")
        rows.row("  ours over OpenStack's", ms / peer[name], "ratio", 0.01)
    if os.path.exists("/etc/nuri/admin-openrc.sh"):
        create_ratio(rows, Starts())
    else:
        rows.row("no cloud of deploy/up on this machine", 1, "", 0)
    rows.done()


main()
