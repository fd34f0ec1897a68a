import FormField from "@cloudscape-design/components/form-field";
import Select, { type SelectProps } from "@cloudscape-design/components/select";
import { useState } from "react";
import * as network from "../../api/network";
import { useProject } from "../../app/session";
import { usePolled } from "../../app/use_polled";
import { FormModal } from "../../components/form_modal";
import { m } from "../../i18n";

interface AddFloatingIpProps {
  serverId: string;
  onDone: (address: string) => void;
  onClose: () => void;
}

const kNew = "new:";

/** Leads a floating IP, a free one or a new one, to one of the server's ports. */
export function AddFloatingIp({ serverId, onDone, onClose }: AddFloatingIpProps) {
  const project = useProject();
  const known = usePolled(
    `floating choices ${serverId}`,
    async (signal) => {
      const [networks, ips, ports] = await Promise.all([
        network.listNetworks(project.id, signal),
        network.listFloatingIps(project.id, signal),
        network.listPortsOf(serverId, signal),
      ]);
      return { networks, ips, ports };
    },
    null,
  );
  const [pickedAddress, setAddress] = useState<string | null>(null);
  const [pickedPort, setPort] = useState<string | null>(null);

  const external = (known.data?.networks ?? []).filter((n) => n["router:external"]);
  const free = (known.data?.ips ?? []).filter((ip) => ip.port_id === null);
  const addresses: SelectProps.Option[] = [
    ...free.map((ip) => ({
      value: ip.id,
      label: ip.floating_ip_address,
      description: m.addresses.free,
    })),
    ...external.map((n) => ({
      value: kNew + n.id,
      label: m.addresses.new,
      description: m.addresses.newFrom(n.name),
    })),
  ];
  const ports: SelectProps.Option[] = (known.data?.ports ?? []).map((p) => ({
    value: p.id,
    label: p.fixed_ips.map((ip) => ip.ip_address).join(", ") || p.mac_address,
  }));
  const address = addresses.find((o) => o.value === pickedAddress) ?? addresses[0] ?? null;
  const port = ports.find((o) => o.value === pickedPort) ?? ports[0] ?? null;
  const loading = known.data === undefined && known.error === undefined;

  const submit = async (): Promise<void> => {
    if (!address?.value) throw new Error(m.addresses.noExternal);
    if (!port?.value) throw new Error(m.addresses.noPort);
    if (address.value.startsWith(kNew)) {
      const made = await network.createFloatingIp(address.value.slice(kNew.length), port.value);
      onDone(made.floating_ip_address);
    } else {
      await network.bindFloatingIp(address.value, port.value);
      onDone(address.label ?? "");
    }
  };
  return (
    <FormModal title={m.addresses.add} action={m.addresses.add} onSubmit={submit} onClose={onClose}>
      <FormField label={m.addresses.pick} stretch>
        <Select
          options={addresses}
          selectedOption={address}
          onChange={({ detail }) => setAddress(detail.selectedOption.value ?? null)}
          statusType={loading ? "loading" : "finished"}
          empty={m.addresses.noExternal}
        />
      </FormField>
      <FormField label={m.addresses.port} stretch>
        <Select
          options={ports}
          selectedOption={port}
          onChange={({ detail }) => setPort(detail.selectedOption.value ?? null)}
          statusType={loading ? "loading" : "finished"}
          empty={m.addresses.noPort}
        />
      </FormField>
    </FormModal>
  );
}
