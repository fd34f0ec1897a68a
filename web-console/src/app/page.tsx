import { useEffect } from "react";
import { m } from "../i18n";
import { CreateServerPage } from "../pages/create_server";
import { FloatingIpsPage } from "../pages/floating_ips";
import { ImagesPage } from "../pages/images";
import { KeyPairsPage } from "../pages/key_pairs";
import { MissingPage } from "../pages/missing";
import { NetworksPage } from "../pages/networks";
import { ServerPage } from "../pages/server";
import { ServersPage } from "../pages/servers";
import { VolumesPage } from "../pages/volumes";
import { partsOf } from "./router";

const kTitles: Readonly<Record<string, string>> = {
  servers: m.nav.servers,
  volumes: m.nav.volumes,
  networks: m.nav.networks,
  "floating-ips": m.nav.addresses,
  images: m.nav.images,
  "key-pairs": m.nav.keys,
};

export function Page({ hash }: { hash: string }) {
  const [first = "servers", second] = partsOf(hash);
  useEffect(() => {
    document.title = `${kTitles[first] ?? m.product} · ${m.product}`;
  }, [first]);
  switch (first) {
    case "servers":
      if (second === undefined) return <ServersPage />;
      return second === "create" ? <CreateServerPage /> : <ServerPage key={second} id={second} />;
    case "volumes":
      return <VolumesPage />;
    case "networks":
      return <NetworksPage />;
    case "floating-ips":
      return <FloatingIpsPage />;
    case "images":
      return <ImagesPage />;
    case "key-pairs":
      return <KeyPairsPage />;
    default:
      return <MissingPage title={m.errors.missingPage} />;
  }
}
