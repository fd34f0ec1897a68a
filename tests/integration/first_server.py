#!/usr/bin/python3
"""What the demo does, step by step, with the real openstack client, in a project and by a user of its
own, with every step's outcome looked at in the world: libvirt, OVN, the guest over ssh, the ledger.
Then a foreign project tries to see it, and after the deletes nothing is left.
Needs a cloud of deploy/up. NURI_KILL=NAME[:PART][,NAME..]: kills those processes with -9 in turn (PART: a
text in the command line that tells one from another), between the client's calls; NURI_KILL_DURING=yes:
while a call is under way, which is then made again as its user would."""
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time

ADMIN_RC = "/etc/nuri/admin-openrc.sh"
SSH = ["ssh", "-n", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
       "-o", "ConnectTimeout=5", "-o", "BatchMode=yes"]
begun = time.monotonic()
checks = 0


def say(text):
    print(f"[{time.monotonic() - begun:6.1f} s] {text}", flush=True)


def check(truth, text):
    global checks
    checks += 1
    if not truth:
        say("FAILED: " + text)
        sys.exit(1)
    say("ok: " + text)


def openrc():
    env = dict(os.environ)
    for line in open(ADMIN_RC):
        m = re.match(r"\s*(?:export\s+)?(OS_\w+)=(.*)", line)
        if m:
            env[m[1]] = m[2].strip().strip("'\"")
    return env


ADMIN = openrc()


def client(env, *args, fails=False):
    """The openstack client; its JSON where the command shows something."""
    shows = args[-1] != "-" and not fails
    command = ["openstack", *[a for a in args if a != "-"], *(["-f", "json"] if shows else [])]
    if not KILL_DURING:
        kill_next()
    r = run_client(env, command, not fails)
    if fails:
        return r
    for _ in range(5):
        if r.returncode == 0 or not lost(r):
            break
        say("lost: " + " ".join(command[1:]))
        wait_answering()
        r = again(env, command)
    if r.returncode:
        say(f"FAILED: {' '.join(command)}\n{r.stdout}{r.stderr}")
        sys.exit(1)
    return shown_json(r.stdout) if shows and r.stdout.strip() else {}


def shown_json(out):
    """What the client shows; a --wait that took a while writes its progress before it."""
    return json.loads(out[re.search(r"^[\[{]", out, re.M).start():])


usual_s = 1.0  # what a call takes on this machine


def run_client(env, command, killed=True):
    """In its first half a call has not yet said a word to the cloud."""
    global usual_s
    began, struck = time.monotonic(), False
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if KILL_DURING and killed:
        try:
            process.wait(usual_s * dice.uniform(0.45, 0.95))
        except subprocess.TimeoutExpired:
            kill_next()
            struck = True
    out, err = process.communicate(timeout=300)
    if not struck and "--wait" not in command:
        usual_s = 0.7 * usual_s + 0.3 * (time.monotonic() - began)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def lost(r):
    """The call's answer never came, or came from a gateway with no service behind it."""
    return KILL_DURING and re.search(
        r"Unable to establish connection|Connection (aborted|reset|refused)|Remote end closed|HTTP 50[234]|\b50[234]\b|"
        r"ServiceUnavailable|not there at the moment|BadStatusLine|timed out", r.stdout + r.stderr)


def again(env, command):
    """What a user does after a lost answer: looks whether it was done, and does it if not."""
    words = [w for w in command if w not in ("-f", "json")]
    if "create" in words:
        noun = words[1:words.index("create")]
        if noun == ["floating", "ip"]:
            listed = subprocess.run(["openstack", *noun, "list", "-f", "json", "--long"], env=env, capture_output=True, text=True)
            free = [f for f in json.loads(listed.stdout or "[]") if not f["Port"]]
            words = ["openstack", *noun, "show", free[0]["ID"]] if free else words
        elif noun != ["security", "group", "rule"]:
            shown = subprocess.run(["openstack", *noun, "show", words[-1], "-f", "json"], env=env, capture_output=True, text=True)
            if shown.returncode == 0:
                if noun == ["server"]:
                    until("the server's end of building", 120, lambda: json.loads(subprocess.run(
                        ["openstack", "server", "show", words[-1], "-f", "json"], env=env, capture_output=True,
                        text=True).stdout or '{"status": ""}')["status"] in ("ACTIVE", "ERROR"))
                words = ["openstack", *noun, "show", words[-1]]
        return subprocess.run([*words, "-f", "json"], env=env, capture_output=True, text=True)
    r = subprocess.run(command, env=env, capture_output=True, text=True)
    if r.returncode and re.search(r"\b409\b|already|No \w+ (with a name|found)|\b404\b|[Ii]nvalid volume: .*status", r.stdout + r.stderr):
        return subprocess.CompletedProcess(command, 0, "", "")  # it had been done
    return r


def until(what, seconds, ready):
    end = time.monotonic() + seconds
    while True:
        found = ready()
        if found:
            return found
        if time.monotonic() > end:
            say("FAILED: never: " + what)
            sys.exit(1)
        time.sleep(0.3)


victims = [v for v in os.environ.get("NURI_KILL", "").split(",") if v]
KILL_DURING = os.environ.get("NURI_KILL_DURING") == "yes"
seed = int(os.environ.get("NURI_KILL_SEED", time.time_ns() % 1_000_000))
dice = random.Random(seed)  # of when a call is killed
kills = 0


def kill_next():
    """kill -9 of the next victim's process; its supervisor starts it again."""
    global kills
    if not victims:
        return
    name = victims[kills % len(victims)]
    kills += 1
    for pid in processes(name):
        os.kill(pid, 9)
        say(f"killed {name}")
        if not KILL_DURING:
            wait_answering()
        return
    check(False, f"{name} runs, to be killed")


def processes(name):
    """Pids of a program, also where it was started through a loader of its own."""
    name, _, part = name.partition(":")
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = open(f"/proc/{pid}/cmdline").read().split("\0")
        except OSError:
            continue
        if words[0] and not words[0].startswith(("runsv", "svlogd")) and name in [os.path.basename(w) for w in words[:3]] \
                and any(part in w for w in words):
            found.append(int(pid))
    return found


def wait_answering():
    """What a user's client would do: try again until the cloud answers."""
    url = ADMIN["OS_AUTH_URL"].rsplit("/identity", 1)[0]
    until("the gateway's answer", 60, lambda: subprocess.run(
        ["curl", "-sf", "-m", "5", "--cacert", ADMIN["OS_CACERT"], url + "/healthz"], capture_output=True).returncode == 0)
    for path in ("identity/v3", "compute/v2.1", "network/", "volume/v3/", "image/versions", "metering/"):
        until(path, 60, lambda: subprocess.run(
            ["curl", "-s", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", ADMIN["OS_CACERT"], f"{url}/{path}"],
            capture_output=True, text=True).stdout in ("200", "300"))


def domains():
    return subprocess.run(["virsh", "-q", "list", "--all", "--uuid"], capture_output=True, text=True).stdout.split()


def nb(*args):
    script = '. "$0/deploy/lib/env" && exec ovn-nbctl "$@"'
    top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    return subprocess.run(["bash", "-c", script, top, *args], capture_output=True, text=True).stdout


# A project's default security group outlives its servers, so groups are not among them.
OVN_TABLES = ("Logical_Switch", "Logical_Switch_Port", "Logical_Router", "Logical_Router_Port", "NAT", "DHCP_Options")
LIBVIRT_LOGS = "/var/log/libvirt/qemu"


def ovn_rows():
    return {row for table in OVN_TABLES for row in nb("--bare", "--columns=_uuid", "list", table).split()}


def listing(folder):
    return set(os.listdir(folder)) if os.path.isdir(folder) else set()


def ledger_violations():
    """What each service's ledger of quota and capacity says against its own rows."""
    token = client(ADMIN, "token", "issue")["id"]
    found = []
    for port in (9702, 9703, 9704, 9705):
        answer = subprocess.run(["curl", "-s", "-m", "10", "-H", "X-Auth-Token: " + token,
                                 f"http://127.0.0.1:{port}/internal/v1/ledger/check"], capture_output=True, text=True).stdout
        found.append((port, json.loads(answer)["violations"]) if "violations" in answer else (port, answer))
    return [f for f in found if f[1] != []]


def make_user(name):
    project = client(ADMIN, "project", "create", name)
    password = os.urandom(9).hex()
    client(ADMIN, "user", "create", "--password", password, name)
    client(ADMIN, "role", "add", "--project", name, "--user", name, "member", "-")
    env = dict(ADMIN, OS_USERNAME=name, OS_PASSWORD=password, OS_PROJECT_NAME=name)
    return project["id"], env


def main():
    tag = f"e2e{os.getpid()}"
    folder = tempfile.mkdtemp()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder + "/key"], check=True)
    before = {"domains": set(domains()), "ovn": ovn_rows(), "files": listing("/var/lib/nuri/volumes"),
              "logs": listing(LIBVIRT_LOGS)}
    say(f"kills by seed {seed}" if victims else "nothing is killed")

    project, user = make_user(tag)
    check(client(user, "server", "list") == [], "a new project has no servers")
    client(user, "keypair", "create", "--public-key", folder + "/key.pub", "key")
    net = client(user, "network", "create", "net")
    client(user, "subnet", "create", "--network", "net", "--subnet-range", "10.33.0.0/24", "sub")
    client(user, "router", "create", "r")
    client(user, "router", "set", "--external-gateway", "public", "r", "-")
    client(user, "router", "add", "subnet", "r", "sub", "-")
    client(user, "security", "group", "create", "ssh")
    client(user, "security", "group", "rule", "create", "--protocol", "tcp", "--dst-port", "22", "ssh")
    server = client(user, "server", "create", "--image", "tiny", "--flavor", "m1.nano", "--network", "net",
                    "--key-name", "key", "--security-group", "ssh", "--wait", "web")
    check(server["status"] == "ACTIVE", "server create --wait ends ACTIVE")
    sid = server["id"]
    check(sid in domains(), "libvirt has the domain")
    port = client(user, "port", "list", "--server", "web")[0]
    check(port["ID"] in nb("--bare", "--columns=name", "list", "logical_switch_port"), "OVN has the port")
    fip = client(user, "floating", "ip", "create", "public")
    client(user, "server", "add", "floating", "ip", "web", fip["floating_ip_address"], "-")
    address = fip["floating_ip_address"]

    def ssh(*command):
        if KILL_DURING:
            wait_answering()
        r = subprocess.run([*SSH, "-i", folder + "/key", "debian@" + address, *command], capture_output=True, text=True, timeout=60)
        return r.stdout.strip() if r.returncode == 0 else None
    check(until("ssh", 180, lambda: ssh("echo", "hello")) == "hello", f"ssh answers on the floating IP {address}")
    check(until("the guest's name", 30, lambda: ssh("hostname")) == "web", "the guest has its name from the metadata service")
    log = until("the console log", 30, lambda: subprocess.run(
        ["openstack", "console", "log", "show", "web"], env=user, capture_output=True, text=True).stdout)
    check("nuri-guest" in log, "the console log holds the guest's boot")
    check(until("the floating IP in addresses", 30, lambda: address in json.dumps(client(user, "server", "show", "web")["addresses"])),
          "the server's addresses show the floating IP")

    volume = client(user, "volume", "create", "--size", "1", "data")
    until("volume available", 60, lambda: client(user, "volume", "show", "data")["status"] == "available")
    client(user, "server", "add", "volume", "web", "data")
    until("volume in-use", 60, lambda: client(user, "volume", "show", "data")["status"] == "in-use")
    size = until("the disk in the guest", 60, lambda: ssh("cat", "/sys/block/vdb/size"))
    check(size == str(2 * 1024 * 1024), "the guest sees a disk of 1 GiB")
    check(until("a file system", 60, lambda: ssh("sudo mke2fs -q -F -t ext4 /dev/vdb && echo made")) == "made", "and makes a file system on it")

    token = client(user, "token", "issue")["id"]
    url = ADMIN["OS_AUTH_URL"].rsplit("/identity", 1)[0]

    def cost(path, as_token=token):
        if KILL_DURING:
            wait_answering()
        return subprocess.run(["curl", "-s", "--cacert", ADMIN["OS_CACERT"], "-H", "X-Auth-Token: " + as_token, url + path],
                              capture_output=True, text=True).stdout
    first = until("an open interval of the server", 30, lambda: nonzero(cost(f"/metering/v1/servers/{sid}/cost")))
    second = until("a higher cost", 10, lambda: higher(first, nonzero(cost(f"/metering/v1/servers/{sid}/cost"))))
    check(second, f"the server's cost counts: {first} then {second}")
    check(until("the volume's cost", 30, lambda: nonzero(cost(f"/metering/v1/volumes/{volume['id']}/cost"))), "the volume costs")
    check(until("the project's cost", 30, lambda: nonzero(cost(f"/metering/v1/projects/{project}/cost"))), "the project's cost is known")

    other_id, other = make_user(tag + "x")
    check(client(other, "server", "show", sid, fails=True).returncode != 0, "a foreign project does not see the server")
    check(client(other, "volume", "delete", volume["id"], fails=True).returncode != 0, "nor deletes its volume")
    check(client(other, "port", "show", port["ID"], fails=True).returncode != 0, "nor sees its port")
    foreign = client(other, "token", "issue")["id"]
    check("itemNotFound" in cost(f"/metering/v1/servers/{sid}/cost", foreign), "nor its cost")

    client(user, "server", "stop", "web", "-")
    until("SHUTOFF", 90, lambda: client(user, "server", "show", "web")["status"] == "SHUTOFF")
    client(user, "server", "start", "web", "-")
    until("ACTIVE again", 60, lambda: client(user, "server", "show", "web")["status"] == "ACTIVE")
    check(until("ssh after a restart", 180, lambda: ssh("echo", "again")) == "again", "stop and start: ssh answers again")

    client(user, "server", "remove", "volume", "web", "data", "-")
    until("volume available", 60, lambda: client(user, "volume", "show", "data")["status"] == "available")
    client(user, "server", "delete", "--wait", "web", "-")
    client(user, "volume", "delete", "data", "-")
    client(user, "floating", "ip", "delete", address, "-")
    client(user, "router", "remove", "subnet", "r", "sub", "-")
    client(user, "router", "delete", "r", "-")
    client(user, "network", "delete", "net", "-")
    client(user, "security", "group", "delete", "ssh", "-")
    client(user, "keypair", "delete", "key", "-")

    until("domain gone", 60, lambda: set(domains()) <= before["domains"])
    check(not os.path.exists(f"/var/lib/nuri/instances/{sid}"), "no instance folder is left")
    until("volume file gone", 30, lambda: set(os.listdir("/var/lib/nuri/volumes")) <= before["files"])
    until("the guest's log gone", 30, lambda: listing(LIBVIRT_LOGS) <= before["logs"])
    check(not [p for p in processes("qemu-system-x86_64") if sid in open(f"/proc/{p}/cmdline").read()], "no QEMU of it runs")
    until("namespace gone", 30, lambda: "nuri-md-" + net["id"][:8] not in subprocess.run(
        ["ip", "netns"], capture_output=True, text=True).stdout)
    closed = until("all intervals closed", 30, lambda: all_closed(cost(f"/metering/v1/projects/{project}/cost")))
    check(closed, "every interval of the project is closed")
    usage = client(ADMIN, "usage", "show", "--project", project)
    check(usage is not None, "usage show answers")
    until("OVN's rows gone", 60, lambda: ovn_rows() <= before["ovn"])
    wrong = until("sound ledgers", 30, lambda: [ledger_violations()])[0]
    check(wrong == [], f"the ledgers of quota and capacity add up {wrong or ''}")
    check(kills >= len(victims), f"each of {len(victims)} kinds of process was killed: {kills} kills")
    for name in (tag, tag + "x"):
        client(ADMIN, "user", "delete", name, "-")
        client(ADMIN, "project", "delete", name, "-")
    say(f"{checks} checks passed" + (f", {kills} kills" if kills else ""))


def nonzero(text):
    try:
        amount = json.loads(text)["cost"]["amount"]
    except (ValueError, KeyError):
        return None
    return amount if float(amount) > 0 else None


def higher(a, b):
    return b if a and b and float(b) > float(a) else None


def all_closed(text):
    resources = json.loads(text)["cost"]["resources"]
    return resources and not any(r["open"] for r in resources)


main()
