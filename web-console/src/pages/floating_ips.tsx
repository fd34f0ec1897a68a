import Button from "@cloudscape-design/components/button";
import * as network from "../api/network";
import type { FloatingIp } from "../api/network";
import { useNotices } from "../app/notices";
import { useProject } from "../app/session";
import { usePolled } from "../app/use_polled";
import { ResourceTable } from "../components/resource_table";
import { Status } from "../components/status";
import { m } from "../i18n";

const kFollowMs = 5_000;

export function FloatingIpsPage() {
  const notices = useNotices();
  const project = useProject();
  const rows = usePolled(
    `floating ips ${project.id}`,
    (signal) => network.listFloatingIps(project.id, signal),
    kFollowMs,
  );
  const allocate = async (): Promise<void> => {
    try {
      const external = (await network.listNetworks(project.id)).find((n) => n["router:external"]);
      if (!external) throw new Error(m.addresses.noExternal);
      const made = await network.createFloatingIp(external.id);
      notices.succeed(m.addresses.allocated(made.floating_ip_address));
    } catch (error) {
      notices.fail(error);
    }
    rows.refresh();
  };
  return (
    <ResourceTable<FloatingIp>
      names={{
        ...m.addresses,
        title: m.nav.addresses,
        emptyTitle: m.addresses.listEmpty,
        emptyText: m.addresses.listEmptyText,
      }}
      rows={rows}
      idOf={(ip) => ip.id}
      nameOf={(ip) => ip.floating_ip_address}
      textOf={(ip) => [ip.floating_ip_address, ip.fixed_ip_address, ip.status].join(" ")}
      sortBy={{ id: "address", descending: false }}
      remove={{ one: (ip) => network.deleteFloatingIp(ip.id), warning: "" }}
      createButton={
        <Button variant="primary" onClick={() => void allocate()}>
          {m.addresses.allocate}
        </Button>
      }
      columns={[
        {
          id: "address",
          header: m.addresses.address,
          cell: (ip) => ip.floating_ip_address,
          sortingField: "floating_ip_address",
          isRowHeader: true,
        },
        {
          id: "status",
          header: m.common.status,
          cell: (ip) => <Status value={ip.status} active={m.inUse} />,
          sortingField: "status",
        },
        {
          id: "fixed",
          header: m.addresses.leadsTo,
          cell: (ip) => ip.fixed_ip_address ?? m.addresses.unused,
        },
      ]}
    />
  );
}
