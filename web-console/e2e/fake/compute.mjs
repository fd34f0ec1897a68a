import { randomBytes } from "node:crypto";
import { change, id, kBuildMs, stamp } from "./state.mjs";

const kLog = [
  "[    0.000000] Linux version 6.1.0-18-cloud-amd64 (Debian 12.2.0)",
  "[    0.000000] Command line: root=LABEL=root console=ttyS0",
  "[    0.412345] Booting paravirtualized kernel on KVM",
  "[    1.203311] virtio_net virtio0 eth0: renamed from enp1s0",
  "[    1.604922] EXT4-fs (vda1): mounted filesystem with ordered data mode",
  "[\u001b[0;32m  OK  \u001b[0m] Reached target \u001b[0;1;39mnetwork.target\u001b[0m - Network.",
  "[\u001b[0;32m  OK  \u001b[0m] Started \u001b[0;1;39mssh.service\u001b[0m - OpenBSD Secure Shell server.",
  "Debian GNU/Linux 12 guest ttyS0",
  "",
  "guest login: ",
];

function view(cloud, s) {
  const addresses = {};
  for (const port of cloud.ports.filter((p) => p.device_id === s.id)) {
    const network = cloud.networks.find((n) => n.id === port.network_id)?.name ?? "?";
    const mac = { "OS-EXT-IPS-MAC:mac_addr": port.mac_address, version: 4 };
    addresses[network] ??= [];
    addresses[network].push({
      addr: port.fixed_ips[0].ip_address,
      "OS-EXT-IPS:type": "fixed",
      ...mac,
    });
    const ip = cloud.floatingips.find((f) => f.port_id === port.id);
    if (ip)
      addresses[network].push({
        addr: ip.floating_ip_address,
        "OS-EXT-IPS:type": "floating",
        ...mac,
      });
  }
  return {
    id: s.id,
    name: s.name,
    status: s.status,
    created: s.created,
    updated: s.updated,
    addresses,
    flavor: s.flavor,
    image: { id: s.imageId },
    key_name: s.key_name,
    security_groups: s.security_groups,
    "OS-EXT-STS:task_state": s.task,
    "OS-EXT-AZ:availability_zone": "nova",
    "OS-EXT-SRV-ATTR:host": "node-1",
    ...(s.status === "ERROR" && s.fault ? { fault: s.fault } : {}),
  };
}

const bad = (message) => ({ status: 400, body: { badRequest: { code: 400, message } } });
const missing = {
  status: 404,
  body: { itemNotFound: { code: 404, message: "Instance could not be found." } },
};

function create(cloud, spec) {
  if (!spec?.name) return bad("Invalid input for field/attribute name. Value: . '' is too short");
  if (/[\u0000-\u001f\u007f]/.test(spec.name))
    return bad("Invalid input for field/attribute name.");
  const flavor = cloud.flavors.find((f) => f.id === spec.flavorRef);
  if (!flavor) return bad("Invalid flavorRef provided.");
  if (spec.name === "too-many") {
    return {
      status: 403,
      body: {
        forbidden: {
          code: 403,
          message: "Quota exceeded for instances: Requested 1, but already used 10 of 10 instances",
        },
      },
    };
  }
  if (spec.key_name && !cloud.keypairs.some((k) => k.name === spec.key_name))
    return bad("Invalid key_name provided.");
  const server = {
    id: id(),
    name: spec.name,
    status: "BUILD",
    created: stamp(),
    updated: stamp(),
    imageId: spec.imageRef,
    flavor: { original_name: flavor.name, vcpus: flavor.vcpus, ram: flavor.ram, disk: flavor.disk },
    key_name: spec.key_name ?? null,
    security_groups: spec.security_groups ?? [{ name: "default" }],
    events: [
      {
        action: "create",
        request_id: `req-${id()}`,
        start_time: new Date().toISOString(),
        message: null,
      },
    ],
  };
  const fails = spec.name.startsWith("fail");
  change(server, "spawning", fails ? "ERROR" : "ACTIVE", kBuildMs);
  if (fails)
    server.fault = {
      code: 500,
      message:
        "No valid host was found: 3 of 4 hosts lack memory (nearest: node-2, 512 MiB short), 1 is disabled.",
    };
  cloud.servers.unshift(server);
  cloud.ports.push({
    id: id(),
    network_id: spec.networks[0].uuid,
    device_id: server.id,
    device_owner: "compute:nova",
    status: "ACTIVE",
    mac_address: `fa:16:3e:${randomBytes(3).toString("hex").match(/../g).join(":")}`,
    fixed_ips: [{ ip_address: `10.0.0.${cloud.nextIp++}`, subnet_id: cloud.subnets[0].id }],
  });
  for (const disk of spec.block_device_mapping_v2 ?? []) {
    const volume = cloud.volumes.find((v) => v.id === disk.uuid);
    if (volume)
      Object.assign(volume, {
        status: "in-use",
        attachments: [{ server_id: server.id, device: "/dev/vdb" }],
      });
  }
  return { status: 202, body: { server: { id: server.id } } };
}

function action(cloud, server, body) {
  const name = Object.keys(body)[0];
  if (name === "os-getConsoleOutput") {
    if (server.activeSince === undefined)
      return {
        status: 409,
        body: { conflictingRequest: { code: 409, message: "Instance not ready" } },
      };
    const lines = Math.floor((Date.now() - server.activeSince) / 300);
    return { status: 200, body: { output: kLog.slice(0, lines).join("\r\n") } };
  }
  const changes = {
    "os-start": ["powering-on", "ACTIVE"],
    "os-stop": ["powering-off", "SHUTOFF"],
    reboot: ["rebooting", "ACTIVE"],
  };
  if (!changes[name]) return bad(`There is no such action: ${name}`);
  server.events.unshift({
    action: name.replace("os-", ""),
    request_id: `req-${id()}`,
    start_time: new Date().toISOString(),
    message: null,
  });
  change(server, ...changes[name]);
  return { status: 202 };
}

function keypairs(cloud, method, [name], body) {
  if (method === "GET")
    return { status: 200, body: { keypairs: cloud.keypairs.map((keypair) => ({ keypair })) } };
  if (method === "DELETE") {
    cloud.keypairs = cloud.keypairs.filter((k) => k.name !== name);
    return { status: 202 };
  }
  const { keypair } = body;
  if (cloud.keypairs.some((k) => k.name === keypair.name)) {
    return {
      status: 409,
      body: {
        conflictingRequest: { code: 409, message: `Key pair '${keypair.name}' already exists.` },
      },
    };
  }
  const made = {
    name: keypair.name,
    type: "ssh",
    public_key: keypair.public_key ?? "ssh-ed25519 AAAA",
    fingerprint: randomBytes(16).toString("hex").match(/../g).join(":"),
  };
  cloud.keypairs.push(made);
  const extra = keypair.public_key ? {} : { private_key: "-----BEGIN FAKE KEY-----\n" };
  return { status: 201, body: { keypair: { ...made, ...extra } } };
}

function attachments(cloud, server, method, [volumeId], body) {
  const volume = cloud.volumes.find((v) => v.id === (volumeId ?? body?.volumeAttachment?.volumeId));
  if (!volume) return bad("Invalid volume.");
  if (method === "POST") {
    Object.assign(volume, { status: "attaching", becomes: "in-use", until: Date.now() + 1500 });
    volume.attachments = [{ server_id: server.id, device: "/dev/vdb" }];
    return { status: 200, body: { volumeAttachment: { volumeId: volume.id } } };
  }
  Object.assign(volume, { status: "available", attachments: [] });
  return { status: 202 };
}

export function compute(cloud, method, path, query, body) {
  const [, first, second, third, ...rest] = path.replace(/^\/v2\.1/, "").split("/");
  if (first === "flavors") return { status: 200, body: { flavors: cloud.flavors } };
  if (first === "os-keypairs") return keypairs(cloud, method, [second], body);
  if (first !== "servers") return missing;
  if (second === undefined) return create(cloud, body.server);
  if (second === "detail") {
    const since = query.get("changes-since");
    const rows = cloud.servers.filter((s) => (since ? s.updated >= since : s.status !== "DELETED"));
    return { status: 200, body: { servers: rows.map((s) => view(cloud, s)) } };
  }
  const server = cloud.servers.find((s) => s.id === second && s.status !== "DELETED");
  if (!server) return missing;
  if (third === "action") return action(cloud, server, body);
  if (third === "os-instance-actions")
    return { status: 200, body: { instanceActions: server.events } };
  if (third === "os-volume_attachments") return attachments(cloud, server, method, rest, body);
  if (method === "DELETE") {
    change(server, "deleting", "DELETED", 2000);
    return { status: 204 };
  }
  return { status: 200, body: { server: view(cloud, server) } };
}
