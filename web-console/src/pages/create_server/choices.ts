import { useMemo } from "react";
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
  const networks = usePolled(
    "create networks",
    (signal) => network.listNetworks(projectId, signal),
    null,
  );
  const keys = usePolled("create keys", compute.listKeyPairs, null);
  const groups = usePolled(
    "create groups",
    (signal) => network.listSecurityGroups(projectId, signal),
    null,
  );
  const volumes = usePolled("create volumes", (signal) => listVolumes(projectId, signal), null);
  const prices = usePolled("create prices", priceList, null);

  // The same arrays from one drawing to the next, for what follows from them is worked out in effects.
  const active = useMemo(() => images.data?.filter((i) => i.status === "active"), [images.data]);
  const sizes = useMemo(() => flavors.data && bySize(flavors.data), [flavors.data]);
  const inner = useMemo(() => networks.data?.filter(canJoin), [networks.data]);
  const free = useMemo(() => volumes.data?.filter((v) => v.status === "available"), [volumes.data]);
  return {
    images: { ...images, data: active },
    flavors: { ...flavors, data: sizes },
    networks: { ...networks, data: inner },
    keys,
    groups,
    volumes: { ...volumes, data: free },
    prices,
  };
}

/** Nobody's server belongs on the outside network itself, nor on one that has no addresses. */
function canJoin(candidate: network.Network): boolean {
  return !candidate["router:external"] && candidate.subnets.length > 0;
}

export type Choices = ReturnType<typeof useChoices>;
