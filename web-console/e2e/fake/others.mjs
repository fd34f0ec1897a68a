import { costOf, id, kPrices, stamp } from "./state.mjs";

const missing = { status: 404, body: { message: "Not found." } };

export function identity(cloud, method, path, headers, body) {
  if (path === "/v3/auth/projects") return { status: 200, body: { projects: cloud.projects } };
  if (path !== "/v3/auth/tokens") return missing;
  if (method === "DELETE") {
    cloud.tokens.delete(headers["x-subject-token"]);
    return { status: 204 };
  }
  const { identity: how, scope } = body.auth;
  const known =
    how.methods[0] === "token"
      ? cloud.tokens.has(how.token.id)
      : how.password.user.password === cloud.password;
  if (!known) {
    const message = "The request you have made requires authentication.";
    return { status: 401, body: { error: { code: 401, message, title: "Unauthorized" } } };
  }
  const token = `fake-${id()}`;
  const project = cloud.projects.find((p) => p.id === scope?.project?.id);
  cloud.tokens.set(token, project?.id ?? null);
  const user = {
    id: "u",
    name: how.password?.user.name ?? "admin",
    domain: { id: "default", name: "Default" },
  };
  const expires_at = new Date(Date.now() + 3_600_000).toISOString();
  return {
    status: 201,
    headers: { "X-Subject-Token": token },
    body: { token: { user, expires_at, project } },
  };
}

export function volume(cloud, method, path, body) {
  const [, , , , which] = path.split("/");
  if (method === "GET" && which === "detail")
    return { status: 200, body: { volumes: cloud.volumes } };
  if (method === "POST") {
    const made = {
      id: id(),
      name: body.volume.name,
      size: body.volume.size,
      status: "creating",
      bootable: "false",
      created_at: stamp().replace("Z", ".000000"),
      attachments: [],
      becomes: "available",
      until: Date.now() + 1500,
    };
    cloud.volumes.unshift(made);
    return { status: 202, body: { volume: made } };
  }
  const found = cloud.volumes.find((v) => v.id === which);
  if (!found)
    return {
      status: 404,
      body: { itemNotFound: { code: 404, message: "Volume could not be found." } },
    };
  if (method === "GET") return { status: 200, body: { volume: found } };
  Object.assign(found, { status: "deleting", becomes: "deleted", until: Date.now() + 1500 });
  return { status: 202 };
}

export function image(cloud, method) {
  if (method === "GET") return { status: 200, body: { images: cloud.images } };
  return {
    status: 403,
    body: "<html><head><title>403</title></head><body>You are not permitted to delete this image.</body></html>",
  };
}

export function metering(cloud, method, path) {
  const [, , kind, which] = path.split("/");
  if (kind === "prices") return { status: 200, body: kPrices };
  const servers = kind === "servers" ? cloud.servers.filter((s) => s.id === which) : cloud.servers;
  if (kind === "servers" && servers.length === 0) return missing;
  return { status: 200, body: { cost: costOf(servers, which) } };
}

/** Generic Neutron: lists with equality filters, create, update, delete. */
export function network(cloud, method, path, query, body) {
  const [, , kind, which, act] = path.split("/");
  const key = { "security-groups": "groups", "security-group-rules": "rules" }[kind] ?? kind;
  const plural = kind.replaceAll("-", "_");
  const single = plural.replace(/s$/, "");
  if (key === "rules") {
    cloud.groups
      .find((g) => g.id === body[single].security_group_id)
      ?.security_group_rules.push(body[single]);
    return { status: 201, body: { [single]: { id: id(), ...body[single] } } };
  }
  const rows = cloud[key];
  if (!Array.isArray(rows)) return missing;
  if (method === "GET" && which === undefined) {
    // What it has belongs to whichever project asks.
    const wanted = [...query].filter(([k]) => k !== "project_id");
    const found = rows.filter((r) => wanted.every(([k, v]) => String(r[k]) === v));
    return { status: 200, body: { [plural]: found } };
  }
  if (method === "POST") return createNetworkThing(cloud, key, single, body[single]);
  const row = rows.find((r) => r.id === which);
  if (!row)
    return {
      status: 404,
      body: {
        NeutronError: {
          type: "NotFound",
          message: `${single} ${which} could not be found`,
          detail: "",
        },
      },
    };
  if (method === "GET") return { status: 200, body: { [single]: row } };
  if (method === "PUT" && key === "routers") {
    if (act === "add_router_interface") {
      const subnet = cloud.subnets.find((s) => s.id === body.subnet_id);
      cloud.ports.push({
        id: id(),
        network_id: subnet.network_id,
        device_id: row.id,
        device_owner: "network:router_interface",
        mac_address: "fa:16:3e:00:00:01",
        status: "ACTIVE",
        fixed_ips: [{ ip_address: subnet.gateway_ip, subnet_id: subnet.id }],
      });
    } else cloud.ports = cloud.ports.filter((p) => p.id !== body.port_id);
    return { status: 200, body: { id: row.id } };
  }
  if (method === "PUT") {
    Object.assign(row, body[single]);
    if (key === "floatingips") bind(cloud, row);
    return { status: 200, body: { [single]: row } };
  }
  if (key === "networks" && cloud.ports.some((p) => p.network_id === which)) {
    return {
      status: 409,
      body: {
        NeutronError: {
          type: "NetworkInUse",
          message: `Unable to complete operation on network ${which}. There are one or more ports still in use on the network.`,
          detail: "",
        },
      },
    };
  }
  cloud[key] = rows.filter((r) => r.id !== which);
  return { status: 204 };
}

function createNetworkThing(cloud, key, single, spec) {
  const made = { id: id(), status: "ACTIVE", ...spec };
  if (key === "networks")
    Object.assign(made, { project_id: cloud.projects[0].id, subnets: [], shared: false, "router:external": false });
  if (key === "groups") made.security_group_rules = [];
  if (key === "subnets") {
    made.gateway_ip = spec.cidr.replace(/\d+\/\d+$/, "1");
    cloud.networks.find((n) => n.id === spec.network_id)?.subnets.push(made.id);
  }
  if (key === "floatingips") {
    made.floating_ip_address = `172.24.4.${10 + cloud.floatingips.length}`;
    made.port_id ??= null;
    bind(cloud, made);
  }
  cloud[key].push(made);
  return { status: 201, body: { [single]: made } };
}

function bind(cloud, ip) {
  const port = cloud.ports.find((p) => p.id === ip.port_id);
  ip.fixed_ip_address = port?.fixed_ips[0].ip_address ?? null;
  ip.status = port ? "ACTIVE" : "DOWN";
}
