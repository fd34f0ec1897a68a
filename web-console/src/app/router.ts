// Pages by the part of the address after '#': the gateway then serves one file for all of them.

import { useSyncExternalStore } from "react";

export const to = {
  servers: "#/servers",
  createServer: "#/servers/create",
  server: (id: string) => `#/servers/${encodeURIComponent(id)}`,
  volumes: "#/volumes",
  networks: "#/networks",
  addresses: "#/floating-ips",
  images: "#/images",
  keys: "#/key-pairs",
};

/** "#/servers/a%20b" as ["servers", "a b"]. */
export function partsOf(hash: string): string[] {
  return hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decode);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function go(hash: string): void {
  window.location.hash = hash;
}

/** For Cloudscape's onFollow: a click without modifier keys stays in this page's own router. */
export function follow(event: CustomEvent<{ href?: string; external?: boolean }>): void {
  if (!event.detail.href?.startsWith("#")) return;
  event.preventDefault();
  go(event.detail.href);
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

export function useHash(): string {
  return useSyncExternalStore(subscribe, () => window.location.hash || to.servers);
}
