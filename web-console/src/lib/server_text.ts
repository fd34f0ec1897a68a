import type { Address, Server } from "../api/compute";
import type { Image } from "../api/image";
import { m } from "../i18n";

export interface NetworkAddress extends Address {
  network: string;
}

/** All addresses of a server in one list, floating ones last. */
export function addressesOf(server: Server): NetworkAddress[] {
  const all = Object.entries(server.addresses).flatMap(([network, list]) =>
    list.map((address) => ({ ...address, network })),
  );
  const rank = (a: Address): number => (a["OS-EXT-IPS:type"] === "floating" ? 1 : 0);
  return all.sort((a, b) => rank(a) - rank(b));
}

export function imageName(server: Server, images: Image[]): string {
  if (server.image === "") return m.servers.bootFromVolume;
  const id = server.image.id;
  return images.find((image) => image.id === id)?.name ?? id.slice(0, 8);
}
