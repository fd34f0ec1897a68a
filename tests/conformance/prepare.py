#!/usr/bin/python3
"""prepare.py WORK: fills tempest.conf.in for the cloud of the environment's openrc, with two images,
two flavors and the external network it has or gets."""
import importlib.util
import os
import re
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "support"))
from cloud import Api  # noqa: E402


def main():
    work = sys.argv[1]
    for d in ("etc", "logs", "tempest_lock"):
        os.makedirs(os.path.join(work, d), exist_ok=True)
    port = int(re.search(r":(\d+)/", os.environ["OS_AUTH_URL"])[1])
    api = Api("127.0.0.1", port, os.environ["OS_CACERT"])
    api.login(os.environ["OS_USERNAME"], os.environ["OS_PASSWORD"], os.environ["OS_PROJECT_NAME"])
    simulated = os.environ.get("NURI_SIMULATED") == "yes"
    guest = os.environ.get("NURI_GUEST", "/var/cache/nuri/images/tiny.qcow2")

    def image(name):
        for i in api.must("GET", f"/image/v2/images?name={name}")["images"]:
            if i["status"] == "active":
                return i["id"]
        made = api.must("POST", "/image/v2/images", {"name": name, "disk_format": "qcow2",
                                                     "container_format": "bare", "visibility": "public"})["id"]
        with open(guest, "rb") as f:
            api.must("PUT", f"/image/v2/images/{made}/file", f.read(), {"Content-Type": "application/octet-stream"})
        return made

    def flavor(name, ram, disk):
        for f in api.must("GET", "/compute/v2.1/flavors")["flavors"]:
            if f["name"] == name:
                return f["id"]
        return api.must("POST", "/compute/v2.1/flavors",
                        {"flavor": {"name": name, "vcpus": 1, "ram": ram, "disk": disk}})["flavor"]["id"]

    public = next(n for n in api.must("GET", "/network/v2.0/networks?router:external=true")["networks"])
    values = {
        "AUTH": os.environ["OS_AUTH_URL"], "CA": os.environ["OS_CACERT"], "WORKDIR": work,
        "ADMIN_PASSWORD": os.environ["OS_PASSWORD"],
        "IMAGE_ID": image("tiny"), "IMAGE_ALT_ID": image("tiny-alt"),
        "FLAVOR_ID": flavor("m1.nano", 128, 1), "FLAVOR_ALT_ID": flavor("m1.micro", 192, 2),
        "PUBLIC_NET_ID": public["id"], "PUBLIC_NET_NAME": public["name"],
        "EXTENSIONS": ",".join(e["alias"] for e in api.must("GET", "/network/v2.0/extensions")["extensions"]),
        "GUEST": guest,
        # Emulated guests are slow; simulated ones answer at once, or never.
        "BUILD_TIMEOUT": "60" if simulated else "900", "BUILD_INTERVAL": "1" if simulated else "2",
        "VALIDATE": "false" if simulated else "true",
    }
    text = open(os.path.join(here, "tempest.conf.in")).read()
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    with open(os.path.join(work, "etc", "tempest.conf"), "w") as f:
        f.write(text)
    os.chmod(os.path.join(work, "etc", "tempest.conf"), 0o600)
    packages = os.path.dirname(os.path.dirname(importlib.util.find_spec("tempest").origin))
    with open(os.path.join(work, ".stestr.conf"), "w") as f:
        f.write(f"[DEFAULT]\ntest_path={packages}/tempest/test_discover\ntop_dir={packages}\n"
                "group_regex=([^\\.]*\\.)*\n")


main()
