"""From nothing to a server that answers ssh, without the build: deploy/down --purge (the caches of OVN and
of the guest's image go with it), then deploy/up --no-build --demo, each part as deploy/up itself times it.
Removes the cloud of this machine, so it wants NURI_TEST_PURGE=yes where there is one."""
import os
import re
import subprocess
import sys
import time

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
PART = re.compile(r"^\[ *[\d.]+ s\] (?P<name>.+?): (?P<seconds>[\d.]+) s$")
TO_SSH = "demo: from the first call to ssh"


def may_replace_cloud():
    if os.path.exists("/etc/nuri/nuri.toml") and os.environ.get("NURI_TEST_PURGE") != "yes":
        sys.exit("a cloud is set up on this machine; NURI_TEST_PURGE=yes lets this bench remove it and bring up another")


def up_to_ssh(rows, build_dir):
    deploy = os.path.join(TOP, "deploy")
    may_replace_cloud()
    subprocess.run([deploy + "/down", "--purge"], check=True, stdout=subprocess.DEVNULL)
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
