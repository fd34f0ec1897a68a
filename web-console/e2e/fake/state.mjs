// The fake cloud's memory. Servers go from BUILD to ACTIVE by the clock, as real ones do.
import { randomUUID } from "node:crypto";

export const kBuildMs = 6_000;
const kActionMs = 2_500;
const kRates = { server: 0.012, volume: 0.0005 };

export function id() {
  return randomUUID();
}

export function stamp(ms = Date.now()) {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

export function newCloud() {
  const project = {
    id: id().replaceAll("-", ""),
    name: "admin",
    enabled: true,
    domain_id: "default",
  };
  const other = {
    id: id().replaceAll("-", ""),
    name: "research",
    enabled: true,
    domain_id: "default",
  };
  const external = id();
  const subnet = id();
  const net = id();
  return {
    password: "correct horse",
    projects: [project, other],
    tokens: new Map(),
    images: [
      image("debian-12", 412 << 20, 2),
      image("nuri-guest", 96 << 20, 1),
      image("ubuntu-24.04", 596 << 20, 4),
    ],
    flavors: [
      flavor("1", "m1.tiny", 1, 512, 1),
      flavor("2", "m1.small", 1, 2048, 20),
      flavor("3", "m1.medium", 2, 4096, 40),
      flavor("4", "m1.large", 4, 8192, 80),
    ],
    networks: [
      {
        id: net,
        name: "private",
        project_id: project.id,
        status: "ACTIVE",
        subnets: [subnet],
        shared: false,
        "router:external": false,
      },
      {
        id: external,
        name: "public",
        status: "ACTIVE",
        subnets: [id()],
        shared: true,
        "router:external": true,
      },
    ],
    subnets: [
      { id: subnet, name: "private", network_id: net, cidr: "10.0.0.0/24", gateway_ip: "10.0.0.1" },
    ],
    routers: [],
    ports: [],
    floatingips: [],
    groups: [{ id: id(), name: "default", description: "", security_group_rules: [] }],
    keypairs: [],
    servers: [],
    volumes: [],
    nextIp: 10,
  };
}

function image(name, size, minDisk) {
  return {
    id: id(),
    name,
    size,
    min_disk: minDisk,
    min_ram: 0,
    status: "active",
    visibility: "public",
    disk_format: "qcow2",
    created_at: stamp(Date.now() - 86_400_000),
    owner: "nobody",
  };
}

function flavor(flavorId, name, vcpus, ram, disk) {
  return { id: flavorId, name, vcpus, ram, disk };
}

/** Starts a change of a server that ends, by itself, in `status` after a while. */
export function change(server, task, status, ms = kActionMs) {
  server.task = task;
  server.until = Date.now() + ms;
  server.becomes = status;
  server.updated = stamp();
}

/** Brings every resource to where it is at this moment. */
export function settle(cloud) {
  const now = Date.now();
  for (const server of cloud.servers) {
    if (server.until === undefined || now < server.until) continue;
    server.updated = stamp(server.until);
    server.status = server.becomes;
    server.task = null;
    if (server.status === "ACTIVE") server.activeSince ??= server.until;
    if (server.status === "DELETED") {
      server.endedAt = server.until;
      for (const v of cloud.volumes)
        v.attachments = v.attachments.filter((a) => a.server_id !== server.id);
      cloud.ports = cloud.ports.filter((p) => p.device_id !== server.id);
      for (const ip of cloud.floatingips) {
        if (!cloud.ports.some((p) => p.id === ip.port_id))
          Object.assign(ip, { port_id: null, fixed_ip_address: null, status: "DOWN" });
      }
    }
    delete server.until;
  }
  for (const volume of cloud.volumes) {
    if (volume.until === undefined || now < volume.until) continue;
    volume.status = volume.becomes;
    delete volume.until;
  }
  cloud.volumes = cloud.volumes.filter((v) => v.status !== "deleted");
}

export function costOf(servers, resourceId) {
  const now = Date.now();
  const intervals = servers
    .filter((s) => s.activeSince !== undefined)
    .map((s) => {
      const end = s.endedAt ?? null;
      const hours = ((end ?? now) - s.activeSince) / 3_600_000;
      return {
        meter: "server",
        resource_id: s.id,
        begin: new Date(s.activeSince).toISOString(),
        end: end === null ? null : new Date(end).toISOString(),
        quantity: "1",
        rate_per_hour: String(kRates.server),
        amount: (hours * kRates.server).toFixed(12),
      };
    });
  const open = intervals.filter((i) => i.end === null).length;
  const total = intervals.reduce((sum, i) => sum + Number(i.amount), 0);
  return {
    resource_id: resourceId,
    currency: "USD",
    amount: total.toFixed(12),
    rate_per_hour: (open * kRates.server).toFixed(3),
    as_of: new Date(now).toISOString(),
    intervals,
  };
}

export const kPrices = {
  currency: "USD",
  prices: [
    { meter: "vcpu", unit: "vCPU", rate_per_hour: "0.006" },
    { meter: "ram_mib", unit: "MiB", rate_per_hour: "0.000002" },
    { meter: "volume_gib", unit: "GiB", rate_per_hour: "0.00005" },
  ],
  flavor_prices: [],
};
