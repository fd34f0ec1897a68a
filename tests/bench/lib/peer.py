"""A real OpenStack that is up on this machine, as the other side of a ratio: NURI_PEER_RC names its openrc.
Without it the figures recorded of one (Zed, 2 cores of a Xeon at 2.5 GHz, a VM) are printed beside ours, and
their rows are short: a ratio is of one run. NURI_PEER=recorded takes them all the same."""
import glob
import json
import os
import re
import urllib.request

# CPU ms a request at 1, 8 and 32 connections; requests a second likewise.
RECORDED = {
    "token issue": ((306, 283, 282), (3.4, 7.0, 7.0)),
    "token check": ((23.7, 21.0, 21.7), (43, 89, 83)),
    "servers/detail, 100 servers": ((595, 531, 555), (1.8, 3.0, 2.9)),
    "servers/detail, 1,000 servers": ((11450, 3574, None), (0.1, 0.5, None)),
    "server show": ((114, 112, 111), (9.2, 16.8, 16.6)),
    "ports": ((168, 192, 192), (6.5, 10.1, 10.1)),
    "networks": ((80, 77, 85), (13, 26, 22)),
    "volumes/detail": ((167, 154, 156), (6.6, 12.7, 12.5)),
    "flavors/detail": ((15.0, 13.7, 13.2), (69, 139, 144)),
}


def openrc(path):
    env = {}
    for line in open(path):
        for m in re.finditer(r"\b(OS_\w+)=('[^']*'|\"[^\"]*\"|\S*)", line):
            env[m[1]] = m[2].strip("'\"")
    return env


class Peer:
    def __init__(self, rc, folder):
        if not glob.glob(folder + "/pids/*.pid"):
            raise SystemExit(f"no pids/*.pid beside the peer's openrc in {folder}: whose CPU is it?")
        self.sessions = {int(open(f).read()) for f in glob.glob(folder + "/pids/*.pid")}
        self.auth = rc["OS_AUTH_URL"].rstrip("/")
        if not self.auth.endswith("/v3"):
            self.auth += "/v3"
        self.login_body = json.dumps({"auth": {
            "identity": {"methods": ["password"], "password": {"user": {
                "name": rc["OS_USERNAME"], "password": rc["OS_PASSWORD"],
                "domain": {"name": rc.get("OS_USER_DOMAIN_NAME", "Default")}}}},
            "scope": {"project": {"name": rc["OS_PROJECT_NAME"],
                                  "domain": {"name": rc.get("OS_PROJECT_DOMAIN_NAME", "Default")}}}}})
        request = urllib.request.Request(self.auth + "/auth/tokens", self.login_body.encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as r:
            self.token = r.headers["X-Subject-Token"]
            self.catalog = json.load(r)["token"]["catalog"]
        servers = len(self.get(self.url("compute") + "/servers/detail?limit=100")["servers"])
        if servers != 100:
            raise SystemExit(f"the peer has {servers} servers; keep 100 in it")

    def url(self, *types):
        return next(e["url"] for s in self.catalog if s["type"] in types
                    for e in s["endpoints"] if e["interface"] == "public")

    def get(self, url, **headers):
        request = urllib.request.Request(url, headers={"X-Auth-Token": self.token, **headers})
        with urllib.request.urlopen(request, timeout=120) as r:
            return json.load(r)

    def want_volumes(self, count):
        """As many volumes as ours has, whatever becomes of them."""
        cinder = self.url("volumev3")
        for _ in range(count - len(self.get(cinder + "/volumes?limit=1000")["volumes"])):
            request = urllib.request.Request(cinder + "/volumes", b'{"volume": {"size": 1}}', {
                "X-Auth-Token": self.token, "Content-Type": "application/json"})
            urllib.request.urlopen(request, timeout=120).close()

    def cpu_ns(self):
        """CPU time of all its processes so far, that of its ended workers included (in their parents).
        The openrc lies beside a folder pids/ with the session id of each service."""
        ticks = 0
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                stat = open(f"/proc/{pid}/stat").read()
            except OSError:
                continue
            fields = stat[stat.rindex(")") + 2:].split()
            if int(fields[3]) in self.sessions:
                ticks += sum(map(int, fields[11:15]))
        return ticks * 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def bound(where, value):
    """What a ratio is held against; nothing reaches it where the peer's side is not of this run."""
    return value if where == "live" or os.environ.get("NURI_PEER") == "recorded" else -1


def live_peer():
    path = os.environ.get("NURI_PEER_RC")
    return Peer(openrc(path), os.path.dirname(os.path.abspath(path))) if path else None
