// The form that makes a server: what it holds, what is wrong with it, what is sent. Pure.

import type { Flavor, NewServer } from "../api/compute";
import { fieldOf, type FieldNames } from "../api/errors";
import type { Image } from "../api/image";
import { m } from "../i18n";
import { parseGib } from "./volume_text";

export type VolumeChoice =
  | { kind: "none" }
  | { kind: "new"; sizeGib: string }
  | { kind: "existing"; id: string };

export interface CreateForm {
  name: string;
  imageId: string | null;
  flavorId: string | null;
  networkId: string | null;
  keyName: string | null;
  groups: string[];
  volume: VolumeChoice;
  userData: string;
}

export type Field =
  | "name"
  | "image"
  | "flavor"
  | "network"
  | "key"
  | "groups"
  | "volume"
  | "userData";
export type FieldErrors = Partial<Record<Field, string>>;

const kNameMax = 255;

/** The API's names of each field, as its messages use them. */
const kApiNames: FieldNames<Field> = {
  image: ["imageRef", "image"],
  flavor: ["flavorRef", "flavor"],
  network: ["networks", "network", "subnet", "fixed_ip", "port"],
  key: ["key_name", "keypair", "key pair"],
  groups: ["security_groups", "security group", "security_group"],
  volume: ["volume"],
  userData: ["user_data"],
  name: ["name", "hostname"],
};

/** The field that a refusal by the API is about; null for the form as a whole. */
export function refusedField(message: string): Field | null {
  return fieldOf(message, kApiNames);
}

export function checkForm(form: CreateForm, images: Image[], flavors: Flavor[]): FieldErrors {
  const errors: FieldErrors = {};
  if (form.name.trim() === "") errors.name = m.common.required(m.create.name);
  else if ([...form.name.trim()].length > kNameMax) errors.name = m.create.nameLong;
  if (form.imageId === null) errors.image = m.common.chooseOne(m.create.imageChoose);
  if (form.flavorId === null) errors.flavor = m.common.chooseOne(m.create.flavorChoose);
  if (form.networkId === null) errors.network = m.common.chooseOne(m.create.networkChoose);
  if (form.volume.kind === "new" && parseGib(form.volume.sizeGib) === null)
    errors.volume = m.create.volumeSizeBad;

  const image = images.find((i) => i.id === form.imageId);
  const flavor = flavors.find((f) => f.id === form.flavorId);
  if (image && flavor) {
    if (flavor.disk < image.min_disk) errors.flavor = m.create.imageTooBig(image.min_disk);
    else if (flavor.ram < image.min_ram) errors.flavor = m.create.imageMemory(image.min_ram);
  }
  return errors;
}

/** The smallest flavor that the image fits, which is what a first try wants. */
export function smallestFor(image: Image | undefined, flavors: Flavor[]): Flavor | undefined {
  return bySize(flavors).find(
    (f) => !image || (f.disk >= image.min_disk && f.ram >= image.min_ram),
  );
}

export interface Known {
  images?: Image[];
  flavors?: Flavor[];
  networks?: { id: string }[];
  keys?: { name: string }[];
  groups?: { name: string }[];
}

/**
 * Fills in what most people want where nothing was chosen by hand (`touched`). The same object
 * comes back when there is nothing to fill in.
 */
export function withDefaults(
  form: CreateForm,
  known: Known,
  touched: ReadonlySet<keyof CreateForm>,
): CreateForm {
  const next = { ...form };
  if (!touched.has("imageId")) next.imageId ??= known.images?.[0]?.id ?? null;
  const image = known.images?.find((i) => i.id === next.imageId);
  if (!touched.has("flavorId")) next.flavorId = smallestFor(image, known.flavors ?? [])?.id ?? null;
  if (!touched.has("networkId")) next.networkId ??= known.networks?.[0]?.id ?? null;
  if (!touched.has("keyName")) next.keyName ??= known.keys?.[0]?.name ?? null;
  if (!touched.has("groups")) {
    const wanted = ["default", m.create.sshGroup].filter((name) =>
      known.groups?.some((g) => g.name === name),
    );
    if (wanted.join() !== form.groups.join()) next.groups = wanted;
  }
  const keys = Object.keys(next) as (keyof CreateForm)[];
  return keys.every((key) => next[key] === form[key]) ? form : next;
}

export function bySize(flavors: Flavor[]): Flavor[] {
  return [...flavors].sort((a, b) => a.ram - b.ram || a.vcpus - b.vcpus || a.disk - b.disk);
}

/** The body to send, for a form that checkForm found nothing wrong with. */
export function toNewServer(form: CreateForm): NewServer {
  const server: NewServer = {
    name: form.name.trim(),
    imageRef: form.imageId ?? "",
    flavorRef: form.flavorId ?? "",
    networks: [{ uuid: form.networkId ?? "" }],
  };
  if (form.keyName !== null) server.key_name = form.keyName;
  if (form.groups.length > 0) server.security_groups = form.groups.map((name) => ({ name }));
  if (form.userData.trim() !== "") server.user_data = base64(form.userData);
  return server;
}

function base64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
