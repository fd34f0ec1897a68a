// The `openstack` commands that do what a form is about to do, ready for a POSIX shell.

/** Quotes a word for sh unless it has only harmless characters. */
export function shellQuote(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replace(/'/g, `'\\''`)}'`;
}

export interface CreateCommand {
  name: string;
  image: string;
  flavor: string;
  network: string;
  key?: string;
  groups: string[];
  /** Name or id of a volume to attach. */
  volume?: string;
  /** Size of that volume when it is to be made first. */
  newVolumeGib?: number;
}

export function createServerCommand(c: CreateCommand): string {
  const lines = ["openstack server create"];
  const option = (name: string, value: string | undefined): void => {
    if (value) lines.push(`${name} ${shellQuote(value)}`);
  };
  option("--image", c.image);
  option("--flavor", c.flavor);
  option("--network", c.network);
  option("--key-name", c.key);
  for (const group of c.groups) option("--security-group", group);
  const name = shellQuote(c.name || "NAME");
  if (c.volume) lines.push("--wait");
  lines.push(name);
  const commands = [lines.join(" \\\n  ")];
  if (c.volume) {
    const volume = shellQuote(c.volume);
    if (c.newVolumeGib)
      commands.unshift(`openstack volume create --size ${c.newVolumeGib} ${volume}`);
    commands.push(`openstack server add volume ${name} ${volume}`);
  }
  return commands.join("\n");
}
