"""From nothing to a server that answers ssh, without the build: deploy/down --purge, then
deploy/up --no-build --demo, each part as deploy/up itself times it. What is installed once for the
machine (Debian's packages, the unpacked OVN, the guest image's cache) is thrown away too with
NURI_BENCH_COLD=yes. Removes the cloud of this machine, so it wants NURI_TEST_PURGE=yes where there is one."""
import os
import re
import subprocess
import sys
import time

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
PART = re.compile(r"^\[ *[\d.]+ s\] (?P<name>.+?): (?P<seconds>[\d.]+) s$")
TO_SSH = "demo: from the first call to ssh"


def up_to_ssh(rows, build_dir):
    deploy = os.path.join(TOP, "deploy")
    if os.path.exists("/etc/nuri/nuri.toml"):
        if os.environ.get("NURI_TEST_PURGE") != "yes":
            sys.exit("a cloud is set up on this machine; NURI_TEST_PURGE=yes lets this bench remove it and bring up another")
        subprocess.run([deploy + "/down", "--purge"], check=True, stdout=subprocess.DEVNULL)
    if os.environ.get("NURI_BENCH_COLD") == "yes":
        subprocess.run(["rm", "-rf", "/var/cache/nuri", "/opt/nuri"], check=True)
    begun = time.monotonic()
    up = subprocess.Popen([deploy + "/up", "--no-build", "--build-dir", build_dir, "--demo"],
                          stdout=subprocess.PIPE, text=True)
    to_ssh = None
    for line in up.stdout:
        part = PART.match(line)
        if part and part["name"] == TO_SSH:
            to_ssh = time.monotonic() - begun
            rows.row("  first call to ssh", float(part["seconds"]), "s")
        elif part and to_ssh is None:
            rows.row("  " + part["name"], float(part["seconds"]), "s")
    if up.wait() or to_ssh is None:
        sys.exit("deploy/up --demo failed")
    rows.row("deploy/up to first ssh, without the build", to_ssh, "s")
