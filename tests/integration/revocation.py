#!/usr/bin/python3
"""Real services: whatever takes a token back, each service refuses the token within a second; and a
service that starts lets no user in before it knows what was taken back meanwhile.
  revocation.py BIN_DIR"""
import os
import sys
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "support"))
from cloud import Api, Cloud  # noqa: E402

LIMIT_S = 1.0
ID = "/identity/v3"
failures = []


def check(truth, text):
    print(("ok: " if truth else "FAILED: ") + text, flush=True)
    if not truth:
        failures.append(text)


class World:
    def __init__(self, cloud):
        self.cloud = cloud
        self.admin = cloud.api()
        self.roles = {r["name"]: r["id"] for r in self.admin.must("GET", ID + "/roles")["roles"]}
        self.count = 0

    def api(self, token=None):
        return Api("localhost", self.cloud.ports["gateway"], self.cloud.path("tls.pem"), token)

    def tenant(self):
        """A user with a role in a project of its own, signed in."""
        self.count += 1
        name = f"tenant{self.count}"
        t = {"name": name, "password": "pw of " + name}
        t["project"] = self.admin.must("POST", ID + "/projects", {"project": {"name": name}})["project"]["id"]
        t["user"] = self.admin.must("POST", ID + "/users",
                                    {"user": {"name": name, "password": t["password"]}})["user"]["id"]
        self.admin.must("PUT", self.grant(t))
        t["api"] = self.api()
        t["api"].login(name, t["password"], name)
        t["token"] = t["api"].token
        return t

    def grant(self, t):
        return f"{ID}/projects/{t['project']}/users/{t['user']}/roles/{self.roles['member']}"

    def token(self, identity, scope=None):
        body = {"auth": {"identity": identity}}
        if scope:
            body["auth"]["scope"] = scope
        status, headers, answer = self.api().call("POST", ID + "/auth/tokens", body)
        if status != 201:
            raise RuntimeError(f"sign in: {status} {answer}")
        return headers["X-Subject-Token"]


def doors(t):
    return {"compute": "/compute/v2.1/flavors", "image": "/image/v2/images",
            "storage": f"/volume/v3/{t['project']}/volumes", "network": "/network/v2.0/networks",
            "metering": f"/metering/v1/projects/{t['project']}/cost", "identity": ID + "/auth/projects"}


def ended(world, cause, t, token, change):
    """Every service takes the token; after the change none does, soon."""
    api = world.api(token)
    before = {name: api.call("GET", path)[0] for name, path in doors(t).items()}
    check(not {401, 503} & set(before.values()), f"{cause}: each service takes the token first {before}")
    change()
    start = time.monotonic()
    waiting, took = dict(doors(t)), {}
    while waiting and time.monotonic() < start + 5:
        for name, path in list(waiting.items()):
            if api.call("GET", path)[0] == 401:
                took[name] = time.monotonic() - start
                del waiting[name]
        time.sleep(0.01)
    slow = {n: f"{s:.2f}" for n, s in took.items() if s > LIMIT_S}
    check(not waiting and not slow, f"{cause}: refused by all within {max(took.values(), default=9):.2f} s"
          + (f"; never by {list(waiting)}" if waiting else "") + (f"; late {slow}" if slow else ""))


def password(t):
    return {"methods": ["password"], "password": {"user": {"id": t["user"], "password": t["password"]}}}


def taken_back(w):
    t = w.tenant()
    ended(w, "token revoked", t, t["token"],
          lambda: w.admin.must("DELETE", ID + "/auth/tokens", headers={"X-Subject-Token": t["token"]}))


def rescoped_parent(w):
    t = w.tenant()
    parent = w.token(password(t), "unscoped")
    child = w.token({"methods": ["token"], "token": {"id": parent}}, {"project": {"id": t["project"]}})
    ended(w, "the token it was made from revoked", t, child,
          lambda: w.admin.must("DELETE", ID + "/auth/tokens", headers={"X-Subject-Token": parent}))


def user_disabled(w):
    t = w.tenant()
    ended(w, "user disabled", t, t["token"],
          lambda: w.admin.must("PATCH", f"{ID}/users/{t['user']}", {"user": {"enabled": False}}))


def project_disabled(w):
    t = w.tenant()
    ended(w, "project disabled", t, t["token"],
          lambda: w.admin.must("PATCH", f"{ID}/projects/{t['project']}", {"project": {"enabled": False}}))


def password_changed(w):
    t = w.tenant()
    body = {"user": {"password": "another one", "original_password": t["password"]}}
    ended(w, "password changed", t, t["token"],
          lambda: w.api().must("POST", f"{ID}/users/{t['user']}/password", body))


def grant_removed(w):
    t = w.tenant()
    ended(w, "grant removed", t, t["token"], lambda: w.admin.must("DELETE", w.grant(t)))


def left_group(w):
    t = w.tenant()
    group = w.admin.must("POST", ID + "/groups", {"group": {"name": "of " + t["name"]}})["group"]["id"]
    w.admin.must("DELETE", w.grant(t))
    w.admin.must("PUT", f"{ID}/groups/{group}/users/{t['user']}")
    w.admin.must("PUT", f"{ID}/projects/{t['project']}/groups/{group}/roles/{w.roles['member']}")
    token = w.token(password(t), {"project": {"id": t["project"]}})
    ended(w, "left the group that had the role", t, token,
          lambda: w.admin.must("DELETE", f"{ID}/groups/{group}/users/{t['user']}"))


def credential_deleted(w):
    t = w.tenant()
    base = f"{ID}/users/{t['user']}/application_credentials"
    made = t["api"].must("POST", base, {"application_credential": {"name": "ci"}})["application_credential"]
    token = w.token({"methods": ["application_credential"],
                     "application_credential": {"id": made["id"], "secret": made["secret"]}})
    ended(w, "application credential deleted", t, token,
          lambda: t["api"].must("DELETE", f"{base}/{made['id']}"))


def trust_ended(w, how):
    t, trustee = w.tenant(), w.tenant()
    body = {"trustor_user_id": t["user"], "trustee_user_id": trustee["user"], "project_id": t["project"],
            "impersonation": "bears" in how, "roles": [{"name": "member"}]}
    trust = t["api"].must("POST", ID + "/OS-TRUST/trusts", {"trust": body})["trust"]["id"]
    token = w.token(password(trustee), {"OS-TRUST:trust": {"id": trust}})
    ended(w, how, t, token, {
        "trust deleted": lambda: t["api"].must("DELETE", f"{ID}/OS-TRUST/trusts/{trust}"),
        "who gave the trust disabled": lambda: w.admin.must(
            "PATCH", f"{ID}/users/{t['user']}", {"user": {"enabled": False}}),
        "who bears another's name by a trust disabled": lambda: w.admin.must(
            "PATCH", f"{ID}/users/{trustee['user']}", {"user": {"enabled": False}})}[how])


def started_again(w, service):
    """Revoked while the service is away: no request after its start gets through."""
    t = w.tenant()
    api = w.api(t["token"])
    path = doors(t)[service]
    api.call("GET", path)
    w.cloud.kill9(service)
    w.admin.must("DELETE", ID + "/auth/tokens", headers={"X-Subject-Token": t["token"]})
    w.cloud.kill9("identity")
    w.cloud.start(service)
    w.cloud.wait_port(service)
    seen = {api.call("GET", path)[0] for _ in range(20)}
    check(seen == {503}, f"{service} without identity lets nobody in: {seen}")
    w.cloud.start("identity")
    w.cloud.wait_port("identity")
    end, status = time.monotonic() + 2, 0
    while time.monotonic() < end and status != 401:
        status = api.call("GET", path)[0]
        seen.add(status)
        time.sleep(0.02)
    check(status == 401 and seen <= {503, 401}, f"{service}: revoked while it was away, never let in: {seen}")
    other = w.tenant()
    path = doors(other)[service]
    check(w.api(other["token"]).call("GET", path)[0] < 300, f"{service}: others are let in again")


def main():
    with Cloud(sys.argv[1]) as cloud:
        world = World(cloud)
        for story in (taken_back, rescoped_parent, user_disabled, project_disabled, password_changed,
                      grant_removed, left_group, credential_deleted):
            story(world)
        for how in ("trust deleted", "who gave the trust disabled",
                    "who bears another's name by a trust disabled"):
            trust_ended(world, how)
        for service in ("compute", "image", "storage", "network", "metering"):
            started_again(world, service)
    print(f"{len(failures)} failures")
    sys.exit(1 if failures else 0)


main()
