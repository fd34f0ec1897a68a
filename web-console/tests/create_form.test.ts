import { describe, expect, it } from "vitest";
import type { Flavor } from "../src/api/compute";
import type { Image } from "../src/api/image";
import { createServerCommand, shellQuote } from "../src/lib/command";
import {
  checkForm,
  smallestFor,
  toNewServer,
  withDefaults,
  type CreateForm,
} from "../src/lib/create_form";
import { parseGib } from "../src/lib/volume_text";

const flavors: Flavor[] = [
  { id: "2", name: "m1.small", vcpus: 1, ram: 2048, disk: 20 },
  { id: "1", name: "m1.tiny", vcpus: 1, ram: 512, disk: 1 },
];
const image: Image = {
  id: "i",
  name: "debian",
  status: "active",
  visibility: "public",
  size: 1,
  disk_format: "qcow2",
  min_disk: 2,
  min_ram: 0,
  created_at: "2026-01-01T00:00:00Z",
};
const good: CreateForm = {
  name: " web ",
  imageId: "i",
  flavorId: "2",
  networkId: "n",
  keyName: "k",
  groups: ["default"],
  volume: { kind: "none" },
  userData: "",
};

describe("checkForm", () => {
  it("finds nothing wrong with a good form", () => {
    expect(checkForm(good, [image], flavors)).toEqual({});
  });
  it("names each field that is missing or wrong", () => {
    const bad: CreateForm = { ...good, name: " ", imageId: null, flavorId: null, networkId: null };
    expect(Object.keys(checkForm(bad, [image], flavors)).sort()).toEqual([
      "flavor",
      "image",
      "name",
      "network",
    ]);
    expect(checkForm({ ...good, name: "x".repeat(256) }, [image], flavors).name).toBeDefined();
    expect(
      checkForm({ ...good, volume: { kind: "new", sizeGib: "0" } }, [image], flavors).volume,
    ).toBeDefined();
  });
  it("says when the image does not fit the size", () => {
    expect(checkForm({ ...good, flavorId: "1" }, [image], flavors).flavor).toContain("2 GiB");
  });
});

describe("smallestFor", () => {
  it("skips sizes that the image does not fit", () => {
    expect(smallestFor(image, flavors)?.id).toBe("2");
    expect(smallestFor(undefined, flavors)?.id).toBe("1");
  });
});

describe("withDefaults", () => {
  const empty: CreateForm = {
    ...good,
    imageId: null,
    flavorId: null,
    networkId: null,
    keyName: null,
    groups: [],
  };
  const known = {
    images: [image],
    flavors,
    networks: [{ id: "n" }],
    keys: [{ name: "k" }],
    groups: [{ name: "default" }],
  };
  it("fills in what was not chosen", () => {
    expect(withDefaults(empty, known, new Set())).toEqual(good);
  });
  it("leaves alone what was chosen, even if it is nothing", () => {
    const touched = new Set<keyof CreateForm>(["keyName", "groups"]);
    const filled = withDefaults(empty, known, touched);
    expect([filled.keyName, filled.groups, filled.networkId]).toEqual([null, [], "n"]);
  });
  it("gives the same form back when there is nothing to fill in", () => {
    expect(withDefaults(good, known, new Set())).toBe(good);
  });
});

describe("toNewServer", () => {
  it("sends only what was chosen", () => {
    expect(toNewServer({ ...good, keyName: null, groups: [] })).toEqual({
      name: "web",
      imageRef: "i",
      flavorRef: "2",
      networks: [{ uuid: "n" }],
    });
  });
  it("sends the start-up script as UTF-8 in base64", () => {
    const sent = toNewServer({ ...good, userData: "#!/bin/sh\necho 누리" }).user_data ?? "";
    const decoded = new TextDecoder().decode(Uint8Array.from(atob(sent), (c) => c.charCodeAt(0)));
    expect(decoded).toBe("#!/bin/sh\necho 누리");
  });
  it("names the key and the groups that were chosen", () => {
    const sent = toNewServer(good);
    expect([sent.key_name, sent.security_groups]).toEqual(["k", [{ name: "default" }]]);
  });
});

describe("commands", () => {
  it("quotes what a shell would read otherwise", () => {
    expect(shellQuote("plain-1.2")).toBe("plain-1.2");
    expect(shellQuote("two words")).toBe("'two words'");
    expect(shellQuote("it's $HOME")).toBe("'it'\\''s $HOME'");
    expect(shellQuote("")).toBe("''");
  });
  it("says all that the form says", () => {
    const command = createServerCommand({
      name: "my web",
      image: "debian",
      flavor: "m1.small",
      network: "net",
      key: "k",
      groups: ["default", "allow-ssh"],
    });
    expect(command).toBe(
      [
        "openstack server create",
        "--image debian",
        "--flavor m1.small",
        "--network net",
        "--key-name k",
        "--security-group default",
        "--security-group allow-ssh",
        "'my web'",
      ].join(" \\\n  "),
    );
  });
});

describe("commands with a volume", () => {
  const base = { name: "db", image: "i", flavor: "f", network: "n", groups: [] };
  it("wait for the server before they attach", () => {
    const command = createServerCommand({ ...base, volume: "db-data" });
    expect(command).toContain("--wait");
    expect(command.endsWith("\nopenstack server add volume db db-data")).toBe(true);
  });
  it("make the volume first when it is new", () => {
    const command = createServerCommand({ ...base, volume: "db-data", newVolumeGib: 10 });
    expect(command.startsWith("openstack volume create --size 10 db-data\n")).toBe(true);
  });
});

describe("parseGib", () => {
  it("takes whole numbers in range only", () => {
    expect(["1", " 10 ", "16384"].map(parseGib)).toEqual([1, 10, 16384]);
    expect(["", "0", "-1", "1.5", "16385", "1e2", "abc"].map(parseGib)).toEqual(
      Array(7).fill(null),
    );
  });
});
