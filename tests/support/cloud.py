"""A private cloud of real services for tests and benches: its own ports, folder, keys and
certificate on loopback, with simulated network and hosts. Standard library only."""
import http.client
import json
import os
import secrets
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import shutil

SERVICES = ["identity", "image", "storage", "network", "compute", "metering"]
PATHS = {"storage": "volume"}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Api:
    """Keep-alive HTTPS to a gateway; a thread each."""

    def __init__(self, host, port, ca, token=None):
        context = ssl.create_default_context(cafile=ca)
        self.connection = http.client.HTTPSConnection(host, port, context=context, timeout=60)
        self.token = token

    def call(self, method, path, body=None, headers=None):
        """(status, headers, body as JSON or text)"""
        h = {"X-Auth-Token": self.token} if self.token else {}
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            h["Content-Type"] = "application/json"
        h.update(headers or {})
        for attempt in (1, 2):
            try:
                self.connection.request(method, path, body=body, headers=h)
                r = self.connection.getresponse()
                raw = r.read()
                break
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.connection.close()
                if attempt == 2 or method == "POST":
                    raise
        if r.headers.get("Content-Type", "").startswith("application/json") and raw:
            return r.status, r.headers, json.loads(raw)
        return r.status, r.headers, raw.decode("utf-8", "replace")

    def must(self, method, path, body=None, headers=None):
        status, _, answer = self.call(method, path, body, headers)
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {answer}")
        return answer

    def login(self, user, password, project, domain="Default"):
        self.token = None
        scope = {"project": {"name": project, "domain": {"name": domain}}}
        identity = {"methods": ["password"], "password": {"user": {
            "name": user, "password": password, "domain": {"name": domain}}}}
        status, headers, answer = self.call("POST", "/identity/v3/auth/tokens",
                                            {"auth": {"identity": identity, "scope": scope}})
        if status != 201:
            raise RuntimeError(f"login of {user}: {status} {answer}")
        self.token = headers["X-Subject-Token"]
        return answer["token"]


class Cloud:
    """with Cloud(bin_dir) as c: c.api() ..."""

    def __init__(self, bin_dir, hosts=1, extra=""):
        self.bin_dir = os.path.abspath(bin_dir)
        self.hosts = hosts
        self.extra = extra
        self.dir = None
        self.procs = {}
        self.ports = {}

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="nuri-cloud-")
        try:
            self.up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, kind, *_):
        found = self.unsound() if kind is None else []
        self.down()
        if found:
            raise RuntimeError("the ledger does not add up: " + "; ".join(found))

    def unsound(self):
        """What the services' ledgers of quota and capacity violate; [] if nothing. True at any time,
        so each test that runs in this cloud ends with it."""
        found = []
        token = self.api().token
        for s in SERVICES:
            connection = http.client.HTTPConnection("127.0.0.1", self.ports[s], timeout=30)
            try:
                connection.request("GET", "/internal/v1/ledger/check", headers={"X-Auth-Token": token})
                r = connection.getresponse()
                body = r.read()
            except OSError:
                continue  # a test has killed it
            finally:
                connection.close()
            if r.status == 200:
                found += [s + ": " + text for text in json.loads(body)["violations"]]
            elif r.status != 404:
                found.append(f"{s}: {r.status} {body[:200]}")
        return found

    def down(self):
        for p in self.procs.values():
            p.send_signal(signal.SIGTERM)
        for p in self.procs.values():
            try:
                p.wait(15)
            except subprocess.TimeoutExpired:
                p.kill()
        if os.environ.get("NURI_KEEP"):
            print("kept", self.dir)
        else:
            shutil.rmtree(self.dir, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def up(self):
        for d in ("data", "keys", "log", "run"):
            os.makedirs(self.path(d))
        with open(self.path("keys", "service.key"), "w") as f:
            f.write(secrets.token_hex(32) + "\n")
        self.password = secrets.token_urlsafe(12)
        with open(self.path("password"), "w") as f:
            f.write(self.password + "\n")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-keyout", self.path("tls.key"), "-out", self.path("tls.pem"), "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                       check=True, capture_output=True)
        self.ports = {s: free_port() for s in SERVICES + ["gateway"]}
        for n in range(self.hosts):
            self.write_config(n)
        self.start("identity")
        self.wait_port("identity")
        subprocess.run([self.binary("identity"), "bootstrap", "--config", self.config(),
                        "--password-file", self.path("password")], check=True, capture_output=True)
        for s in SERVICES[1:] + ["gateway"]:
            self.start(s)
        for s in SERVICES[1:] + ["gateway"]:
            self.wait_port(s)
        for n in range(self.hosts):
            self.start("agent", n)

    def config(self, n=0):
        return self.path("nuri.toml" if n == 0 else f"nuri-{n}.toml")

    def write_config(self, n):
        urls = "\n".join(f'{s} = "http://127.0.0.1:{self.ports[s]}"' for s in SERVICES)
        with open(self.config(n), "w") as f:
            f.write(f"""[paths]
data = "{self.path('data')}"
keys = "{self.path('keys')}"
log = "{self.path('log')}"
run = "{self.path('run')}"
[gateway]
listen = "127.0.0.1"
port = {self.ports['gateway']}
certificate = "{self.path('tls.pem')}"
key = "{self.path('tls.key')}"
console = "{self.path('console')}"
[services]
{urls}
[network]
driver = "sim"
[agent]
host = "host{n}"
driver = "sim"
data = "{self.path('data', f'agent{n}')}"
[metering]
currency = "USD"
{self.extra}
""")

    def binary(self, service):
        return os.path.join(self.bin_dir, f"nuri-{service}")

    def start(self, service, n=0):
        name = service if n == 0 else f"{service}{n}"
        log = open(self.path("log", name + ".log"), "ab")
        self.procs[name] = subprocess.Popen([self.binary(service), "--config", self.config(n)],
                                            stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def kill9(self, name):
        self.procs[name].kill()
        self.procs[name].wait()

    def wait_port(self, service, seconds=20):
        end = time.monotonic() + seconds
        while True:
            if self.procs[service].poll() is not None:
                raise RuntimeError(f"nuri-{service} ended:\n" + open(self.path("log", service + ".log")).read()[-3000:])
            try:
                socket.create_connection(("127.0.0.1", self.ports[service]), 1).close()
                return
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def api(self):
        a = Api("localhost", self.ports["gateway"], self.path("tls.pem"))
        a.login("admin", self.password, "admin")
        return a

    def openstack_env(self):
        return dict(os.environ, OS_AUTH_URL=f"https://localhost:{self.ports['gateway']}/identity/v3",
                    OS_CACERT=self.path("tls.pem"), OS_USERNAME="admin", OS_PASSWORD=self.password,
                    OS_PROJECT_NAME="admin", OS_USER_DOMAIN_NAME="Default", OS_PROJECT_DOMAIN_NAME="Default",
                    OS_IDENTITY_API_VERSION="3", OS_REGION_NAME="RegionOne")

    def pids(self, *services):
        return [self.procs[s].pid for s in (services or self.procs)]


def cpu_ns(pids):
    """CPU time used by all threads of these processes, in ns (from schedstat, not from ticks)."""
    total = 0
    for pid in pids:
        try:
            tasks = os.listdir(f"/proc/{pid}/task")
        except FileNotFoundError:
            continue
        for task in tasks:
            try:
                with open(f"/proc/{pid}/task/{task}/schedstat") as f:
                    total += int(f.read().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                pass
    return total


def pss_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup") as f:
        for line in f:
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
