import { call, segment, type CallOptions } from "./http";

const kBase = "/compute/v2.1";
// 2.79: flavors are embedded in servers, and the API still makes key pairs itself (until 2.92).
const kVersion = { "OpenStack-API-Version": "compute 2.79" };
const kPageLimit = 500;

export interface Address {
  addr: string;
  version: 4 | 6;
  "OS-EXT-IPS:type"?: "fixed" | "floating";
  "OS-EXT-IPS-MAC:mac_addr"?: string;
}

export interface Server {
  id: string;
  name: string;
  status: string;
  created: string;
  updated: string;
  addresses: Record<string, Address[]>;
  flavor: { original_name?: string; vcpus?: number; ram?: number; disk?: number };
  image: { id: string } | "";
  key_name: string | null;
  fault?: { code: number; message: string; created?: string; details?: string };
  security_groups?: { name: string }[];
  "OS-EXT-STS:task_state"?: string | null;
  "OS-EXT-STS:vm_state"?: string | null;
  "OS-EXT-AZ:availability_zone"?: string;
  "OS-EXT-SRV-ATTR:host"?: string | null;
  "os-extended-volumes:volumes_attached"?: { id: string }[];
}

export interface Flavor {
  id: string;
  name: string;
  vcpus: number;
  ram: number;
  disk: number;
}

export interface KeyPair {
  name: string;
  fingerprint: string;
  type?: string;
  public_key: string;
  private_key?: string;
}

export interface ServerEvent {
  action: string;
  request_id: string;
  start_time: string;
  updated_at?: string;
  message: string | null;
}

export interface NewServer {
  name: string;
  imageRef: string;
  flavorRef: string;
  networks: { uuid: string }[];
  key_name?: string;
  security_groups?: { name: string }[];
  user_data?: string;
}

interface Link {
  rel: string;
  href: string;
}

function compute<T>(path: string, options: CallOptions = {}): Promise<T> {
  return call<T>(kBase + path, { ...options, headers: kVersion });
}

/** Every page of the list, by the API's marker. */
async function pages(query: string, signal?: AbortSignal): Promise<Server[]> {
  const servers: Server[] = [];
  let marker = "";
  for (;;) {
    const path = `/servers/detail?limit=${kPageLimit}${query}${marker}`;
    const page = await compute<{ servers: Server[]; servers_links?: Link[] }>(path, { signal });
    servers.push(...page.servers);
    const last = page.servers.at(-1);
    if (!last || !page.servers_links?.some((link) => link.rel === "next")) return servers;
    marker = `&marker=${segment(last.id)}`;
  }
}

export function listServers(signal?: AbortSignal): Promise<Server[]> {
  return pages("", signal);
}

/** Also tells of deleted servers, with status DELETED. */
export function serversChangedSince(moment: string, signal?: AbortSignal): Promise<Server[]> {
  return pages(`&changes-since=${segment(moment)}`, signal);
}

export async function getServer(id: string, signal?: AbortSignal): Promise<Server> {
  return (await compute<{ server: Server }>(`/servers/${segment(id)}`, { signal })).server;
}

export async function createServer(server: NewServer): Promise<string> {
  const body = await compute<{ server: { id: string } }>("/servers", {
    method: "POST",
    body: { server },
  });
  return body.server.id;
}

export function deleteServer(id: string): Promise<void> {
  return compute(`/servers/${segment(id)}`, { method: "DELETE" });
}

export type ServerAction =
  | { "os-start": null }
  | { "os-stop": null }
  | { reboot: { type: "SOFT" | "HARD" } };

export function act(id: string, action: ServerAction): Promise<void> {
  return compute(`/servers/${segment(id)}/action`, { method: "POST", body: action });
}

export async function consoleOutput(
  id: string,
  lines: number,
  signal?: AbortSignal,
): Promise<string> {
  const body = await compute<{ output: string }>(`/servers/${segment(id)}/action`, {
    method: "POST",
    body: { "os-getConsoleOutput": { length: lines } },
    signal,
  });
  return body.output;
}

export async function listEvents(id: string, signal?: AbortSignal): Promise<ServerEvent[]> {
  const path = `/servers/${segment(id)}/os-instance-actions`;
  return (await compute<{ instanceActions: ServerEvent[] }>(path, { signal })).instanceActions;
}

export async function listFlavors(signal?: AbortSignal): Promise<Flavor[]> {
  return (await compute<{ flavors: Flavor[] }>("/flavors/detail", { signal })).flavors;
}

export async function listKeyPairs(signal?: AbortSignal): Promise<KeyPair[]> {
  const body = await compute<{ keypairs: { keypair: KeyPair }[] }>("/os-keypairs", { signal });
  return body.keypairs.map((row) => row.keypair);
}

/** Without a public key the cloud makes a pair and tells the private half this once. */
export async function createKeyPair(name: string, publicKey?: string): Promise<KeyPair> {
  const keypair = { name, type: "ssh", ...(publicKey ? { public_key: publicKey } : {}) };
  const body = await compute<{ keypair: KeyPair }>("/os-keypairs", {
    method: "POST",
    body: { keypair },
  });
  return body.keypair;
}

export function deleteKeyPair(name: string): Promise<void> {
  return compute(`/os-keypairs/${segment(name)}`, { method: "DELETE" });
}

export function attachVolume(serverId: string, volumeId: string): Promise<void> {
  return compute(`/servers/${segment(serverId)}/os-volume_attachments`, {
    method: "POST",
    body: { volumeAttachment: { volumeId } },
  });
}

export function detachVolume(serverId: string, volumeId: string): Promise<void> {
  return compute(`/servers/${segment(serverId)}/os-volume_attachments/${segment(volumeId)}`, {
    method: "DELETE",
  });
}
