import { call, segment, type CallOptions } from "./http";

export interface Network {
  id: string;
  name: string;
  project_id: string;
  status: string;
  subnets: string[];
  shared: boolean;
  mtu?: number;
  "router:external"?: boolean;
}

export interface Subnet {
  id: string;
  name: string;
  network_id: string;
  cidr: string;
  gateway_ip: string | null;
}

export interface Port {
  id: string;
  network_id: string;
  mac_address: string;
  status: string;
  device_id: string;
  fixed_ips: { ip_address: string; subnet_id: string }[];
}

export interface FloatingIp {
  id: string;
  floating_ip_address: string;
  fixed_ip_address: string | null;
  port_id: string | null;
  status: string;
}

export interface SecurityGroupRule {
  direction: "ingress" | "egress";
  protocol: string | null;
  port_range_min: number | null;
  port_range_max: number | null;
}

export interface SecurityGroup {
  id: string;
  name: string;
  description?: string;
  security_group_rules?: SecurityGroupRule[];
}

function network<T>(path: string, options?: CallOptions): Promise<T> {
  return call<T>(`/network/v2.0${path}`, options);
}

function post<T>(path: string, body: unknown): Promise<T> {
  return network<T>(path, { method: "POST", body });
}

function remove(path: string): Promise<void> {
  return network(path, { method: "DELETE" });
}

/**
 * The project's own networks, shared ones and those to the outside. An administrator is told of
 * every project's: here, as in the lists below, only what the chosen project can use is wanted.
 */
export async function listNetworks(projectId: string, signal?: AbortSignal): Promise<Network[]> {
  const { networks } = await network<{ networks: Network[] }>("/networks", { signal });
  return networks.filter((n) => n.project_id === projectId || n.shared || n["router:external"]);
}

export async function listSubnets(signal?: AbortSignal): Promise<Subnet[]> {
  return (await network<{ subnets: Subnet[] }>("/subnets", { signal })).subnets;
}

export async function listPortsOf(serverId: string, signal?: AbortSignal): Promise<Port[]> {
  return (await network<{ ports: Port[] }>(`/ports?device_id=${segment(serverId)}`, { signal }))
    .ports;
}

export async function listFloatingIps(
  projectId: string,
  signal?: AbortSignal,
): Promise<FloatingIp[]> {
  const path = `/floatingips?project_id=${segment(projectId)}`;
  return (await network<{ floatingips: FloatingIp[] }>(path, { signal })).floatingips;
}

export async function createFloatingIp(externalId: string, portId?: string): Promise<FloatingIp> {
  const floatingip = { floating_network_id: externalId, ...(portId ? { port_id: portId } : {}) };
  return (await post<{ floatingip: FloatingIp }>("/floatingips", { floatingip })).floatingip;
}

/** Binds the address to a port, or frees it with null. */
export function bindFloatingIp(id: string, portId: string | null): Promise<void> {
  const body = { floatingip: { port_id: portId } };
  return network(`/floatingips/${segment(id)}`, { method: "PUT", body });
}

export function deleteFloatingIp(id: string): Promise<void> {
  return remove(`/floatingips/${segment(id)}`);
}

export async function listSecurityGroups(
  projectId: string,
  signal?: AbortSignal,
): Promise<SecurityGroup[]> {
  const path = `/security-groups?project_id=${segment(projectId)}`;
  const body = await network<{ security_groups: SecurityGroup[] }>(path, { signal });
  return body.security_groups;
}

/** A group that lets ssh and ping in, from anywhere. */
export async function createSshGroup(name: string, description: string): Promise<SecurityGroup> {
  const made = await post<{ security_group: SecurityGroup }>("/security-groups", {
    security_group: { name, description },
  });
  const group = made.security_group;
  const common = { security_group_id: group.id, direction: "ingress", ethertype: "IPv4" };
  try {
    await post("/security-group-rules", {
      security_group_rule: { ...common, protocol: "tcp", port_range_min: 22, port_range_max: 22 },
    });
    await post("/security-group-rules", { security_group_rule: { ...common, protocol: "icmp" } });
  } catch (error) {
    await remove(`/security-groups/${segment(group.id)}`).catch(() => undefined);
    throw error;
  }
  return group;
}

export interface NewNetwork {
  name: string;
  cidr: string;
  /** The outside network that a router connects this one to; null keeps it private. */
  externalId: string | null;
}

/** Network, subnet and, if wanted, a router to the outside. All of it or, as far as can be, nothing. */
export async function createNetwork({ name, cidr, externalId }: NewNetwork): Promise<Network> {
  const undo: string[] = [];
  try {
    const made = await post<{ network: Network }>("/networks", { network: { name } });
    undo.unshift(`/networks/${made.network.id}`);
    const { subnet } = await post<{ subnet: Subnet }>("/subnets", {
      subnet: { name, network_id: made.network.id, ip_version: 4, cidr },
    });
    if (externalId !== null) {
      const { router } = await post<{ router: { id: string } }>("/routers", {
        router: { name, external_gateway_info: { network_id: externalId } },
      });
      undo.unshift(`/routers/${router.id}`);
      await network(`/routers/${router.id}/add_router_interface`, {
        method: "PUT",
        body: { subnet_id: subnet.id },
      });
    }
    return made.network;
  } catch (error) {
    for (const path of undo) await remove(path).catch(() => undefined);
    throw error;
  }
}

/**
 * The network and its router interfaces. A router goes too when it was made together with the
 * network (it bears the network's name) and nothing else hangs on it.
 */
export async function deleteNetwork({ id, name }: Network): Promise<void> {
  const interfaces = await routerInterfaces(`network_id=${segment(id)}`);
  for (const port of interfaces) {
    const router = `/routers/${segment(port.device_id)}`;
    await network(`${router}/remove_router_interface`, {
      method: "PUT",
      body: { port_id: port.id },
    });
    const shown = await network<{ router: { name: string } }>(router);
    const left = await routerInterfaces(`device_id=${segment(port.device_id)}`);
    if (shown.router.name === name && left.length === 0) await remove(router);
  }
  await remove(`/networks/${segment(id)}`);
}

async function routerInterfaces(query: string): Promise<Port[]> {
  const path = `/ports?device_owner=network:router_interface&${query}`;
  return (await network<{ ports: Port[] }>(path)).ports;
}
