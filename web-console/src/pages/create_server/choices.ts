import * as compute from "../../api/compute";
import { listImages } from "../../api/image";
import { priceList } from "../../api/metering";
import * as network from "../../api/network";
import { listVolumes } from "../../api/volume";
import { usePolled } from "../../app/use_polled";
import { bySize } from "../../lib/create_form";

/** Everything there is to choose from; each list by itself, so that one that fails stops no other. */
export function useChoices(projectId: string) {
  const images = usePolled("create images", listImages, null);
  const flavors = usePolled("create flavors", compute.listFlavors, null);
  const networks = usePolled("create networks", network.listNetworks, null);
  const keys = usePolled("create keys", compute.listKeyPairs, null);
  const groups = usePolled("create groups", network.listSecurityGroups, null);
  const volumes = usePolled("create volumes", (signal) => listVolumes(projectId, signal), null);
  const prices = usePolled("create prices", priceList, null);
  return {
    images: { ...images, data: images.data?.filter((i) => i.status === "active") },
    flavors: { ...flavors, data: flavors.data && bySize(flavors.data) },
    // Nobody's server belongs on the outside network itself.
    networks: { ...networks, data: networks.data?.filter((n) => !n["router:external"] && n.subnets.length > 0) },
    keys,
    groups,
    volumes: { ...volumes, data: volumes.data?.filter((v) => v.status === "available") },
    prices,
  };
}

export type Choices = ReturnType<typeof useChoices>;
