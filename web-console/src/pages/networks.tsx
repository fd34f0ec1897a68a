import Button from "@cloudscape-design/components/button";
import { useState } from "react";
import { deleteNetwork, listNetworks, listSubnets, type Network } from "../api/network";
import { useProject } from "../app/session";
import { usePolled } from "../app/use_polled";
import { NewNetworkModal } from "../components/new_network";
import { ResourceTable } from "../components/resource_table";
import { Status } from "../components/status";
import { m } from "../i18n";

const kFollowMs = 5_000;

interface NetworkRow extends Network {
  ranges: string[];
}

export function NetworksPage() {
  const project = useProject();
  const [making, setMaking] = useState(false);
  const rows = usePolled<NetworkRow[]>(
    `networks ${project.id}`,
    async (signal) => {
      const [networks, subnets] = await Promise.all([
        listNetworks(project.id, signal),
        listSubnets(signal),
      ]);
      return networks.map((n) => ({
        ...n,
        ranges: subnets.filter((s) => s.network_id === n.id).map((s) => s.cidr),
      }));
    },
    kFollowMs,
  );
  return (
    <>
      <ResourceTable<NetworkRow>
        names={m.networks}
        rows={rows}
        idOf={(n) => n.id}
        nameOf={(n) => n.name}
        textOf={(n) => [n.name, n.id, kindOf(n), ...n.ranges].join(" ")}
        sortBy={{ id: "name", descending: false }}
        remove={{
          one: deleteNetwork,
          warning: "",
          can: (n) => n.project_id === project.id && !n["router:external"],
        }}
        createButton={
          <Button variant="primary" onClick={() => setMaking(true)}>
            {m.networks.create}
          </Button>
        }
        columns={[
          {
            id: "name",
            header: m.common.name,
            cell: (n) => n.name,
            sortingField: "name",
            isRowHeader: true,
          },
          {
            id: "status",
            header: m.common.status,
            cell: (n) => <Status value={n.status} active={m.ready} />,
            sortingField: "status",
          },
          { id: "kind", header: m.networks.kind, cell: kindOf },
          { id: "ranges", header: m.networks.ranges, cell: (n) => n.ranges.join(", ") || "–" },
          { id: "id", header: m.common.id, cell: (n) => n.id },
        ]}
      />
      {making && <NewNetworkModal onDone={rows.refresh} onClose={() => setMaking(false)} />}
    </>
  );
}

function kindOf(network: Network): string {
  if (network["router:external"]) return m.networks.external;
  return network.shared ? m.networks.shared : m.networks.private;
}
