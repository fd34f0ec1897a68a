import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import type { Server } from "../../api/compute";
import { bindFloatingIp, listFloatingIps } from "../../api/network";
import { useNotices } from "../../app/notices";
import { useProject } from "../../app/session";
import { m } from "../../i18n";
import { addressesOf, type NetworkAddress } from "../../lib/server_text";
import { AddFloatingIp } from "./add_floating_ip";

interface AddressesProps {
  server: Server;
  onChanged: () => void;
}

export function Addresses({ server, onChanged }: AddressesProps) {
  const notices = useNotices();
  const project = useProject();
  const [adding, setAdding] = useState(false);
  const rows = addressesOf(server);

  const remove = async (address: string): Promise<void> => {
    try {
      const known = await listFloatingIps(project.id);
      const found = known.find((ip) => ip.floating_ip_address === address);
      // One that is gone is as good as detached.
      if (found) await bindFloatingIp(found.id, null);
      notices.succeed(m.addresses.removed(address));
    } catch (error) {
      notices.fail(error);
    }
    onChanged();
  };
  return (
    <>
      <Table<NetworkAddress>
        header={
          <Header
            variant="h2"
            description={m.addresses.addHelp}
            actions={<Button onClick={() => setAdding(true)}>{m.addresses.add}</Button>}
          >
            {m.addresses.title}
          </Header>
        }
        items={rows}
        trackBy="addr"
        empty={m.addresses.empty}
        columnDefinitions={[
          { id: "address", header: m.addresses.address, cell: (a) => a.addr, isRowHeader: true },
          {
            id: "kind",
            header: m.addresses.kind,
            cell: (a) =>
              a["OS-EXT-IPS:type"] === "floating" ? m.addresses.floating : m.addresses.fixed,
          },
          { id: "network", header: m.addresses.network, cell: (a) => a.network },
          { id: "mac", header: m.addresses.mac, cell: (a) => a["OS-EXT-IPS-MAC:mac_addr"] ?? "–" },
          {
            id: "actions",
            header: "",
            cell: (a) =>
              a["OS-EXT-IPS:type"] === "floating" && (
                <Button
                  variant="inline-link"
                  ariaLabel={`${m.addresses.remove} ${a.addr}`}
                  onClick={() => void remove(a.addr)}
                >
                  {m.addresses.remove}
                </Button>
              ),
          },
        ]}
      />
      {adding && (
        <AddFloatingIp
          serverId={server.id}
          onDone={(address) => {
            notices.succeed(m.addresses.added(address));
            onChanged();
          }}
          onClose={() => setAdding(false)}
        />
      )}
    </>
  );
}
