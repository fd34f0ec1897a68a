"""A private cloud of real services with simulated hosts, filled with what the peer has in it."""
from places import bin_dir, until
from cloud import Cloud


class Filled:
    """with Filled(servers=100) as f: f.cloud, f.api, f.body (of a server create)"""

    def __init__(self, servers=100, hosts=1, volumes=0):
        self.servers, self.volumes = servers, volumes
        self.cloud = Cloud(bin_dir(), hosts=hosts)
        self.hosts = hosts

    def __enter__(self):
        self.cloud.__enter__()
        try:
            self.fill()
        except BaseException:
            self.cloud.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_):
        self.cloud.__exit__(None, None, None)

    def fill(self):
        self.api = api = self.cloud.api()
        # Quotas are settings, not what is measured.
        self.project = api.must("GET", "/identity/v3/auth/projects")["projects"][0]["id"]
        api.must("PUT", f"/compute/v2.1/os-quota-sets/{self.project}",
                 {"quota_set": {"instances": 5000, "cores": 5000, "ram": 5000000}})
        api.must("PUT", f"/network/v2.0/quotas/{self.project}", {"quota": {"port": 6000}})
        api.must("PUT", f"/volume/v3/{self.project}/os-quota-sets/{self.project}",
                 {"quota_set": {"volumes": 1000, "gigabytes": 5000}})
        flavor = api.must("POST", "/compute/v2.1/flavors",
                          {"flavor": {"name": "f", "vcpus": 1, "ram": 64, "disk": 0}})["flavor"]["id"]
        image = api.must("POST", "/image/v2/images",
                         {"name": "i", "disk_format": "raw", "container_format": "bare"})["id"]
        api.must("PUT", f"/image/v2/images/{image}/file", b"\0" * 512,
                 {"Content-Type": "application/octet-stream"})
        network = api.must("POST", "/network/v2.0/networks", {"network": {"name": "n"}})["network"]["id"]
        api.must("POST", "/network/v2.0/subnets",
                 {"subnet": {"network_id": network, "ip_version": 4, "cidr": "10.8.0.0/15"}})
        until("hosts up", 30,
              lambda: len(api.must("GET", "/compute/v2.1/os-hypervisors")["hypervisors"]) == self.hosts)
        self.body = {"server": {"name": "s", "imageRef": image, "flavorRef": flavor,
                                "networks": [{"uuid": network}]}}
        self.more_servers(self.servers)
        for i in range(self.volumes):
            api.must("POST", f"/volume/v3/{self.project}/volumes", {"volume": {"name": f"v{i}", "size": 1}})

    def more_servers(self, count):
        """All of them ACTIVE at the end; the last one's id in `server`."""
        self.api = self.cloud.api()  # an idle connection may be closed by now
        for _ in range(count):
            self.server = self.api.must("POST", "/compute/v2.1/servers", self.body)["server"]["id"]
        if count:
            until("all ACTIVE", 60 + count, lambda: self.building() == 0)

    def building(self):
        return len(self.api.must("GET", "/compute/v2.1/servers?status=BUILD&limit=1")["servers"])
