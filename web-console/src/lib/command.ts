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
  volume?: string;
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
  if (c.volume) option("--block-device", `uuid=${c.volume},source_type=volume,destination_type=volume`);
  lines.push(shellQuote(c.name || "NAME"));
  return lines.join(" \\\n  ");
}
