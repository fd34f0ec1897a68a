import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { useState } from "react";
import { createNetwork, listNetworks, type Network } from "../api/network";
import { useNotices } from "../app/notices";
import { useProject } from "../app/session";
import { usePolled } from "../app/use_polled";
import { m } from "../i18n";
import { FormModal } from "./form_modal";

interface NewNetworkProps {
  onDone: (made: Network) => void;
  onClose: () => void;
}

const kCidr = /^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/;

/** Network, address range and the way out, in one step. */
export function NewNetworkModal({ onDone, onClose }: NewNetworkProps) {
  const notices = useNotices();
  const project = useProject();
  const [name, setName] = useState("");
  const [cidr, setCidr] = useState("10.0.0.0/24");
  const [outside, setOutside] = useState(true);
  const networks = usePolled(
    `outside networks ${project.id}`,
    (signal) => listNetworks(project.id, signal),
    null,
  );
  const external = networks.data?.find((n) => n["router:external"]);

  const submit = async (): Promise<void> => {
    if (name.trim() === "") throw new Error(m.common.required(m.common.name));
    if (!kCidr.test(cidr.trim())) throw new Error(m.networks.cidrBad);
    const made = await createNetwork({
      name: name.trim(),
      cidr: cidr.trim(),
      externalId: outside && external ? external.id : null,
    });
    notices.succeed(m.networks.made(made.name));
    onDone(made);
  };
  return (
    <FormModal
      title={m.networks.create}
      action={m.common.create}
      onSubmit={submit}
      onClose={onClose}
    >
      <FormField label={m.common.name} stretch>
        <Input
          name="network-name"
          value={name}
          onChange={({ detail }) => setName(detail.value)}
          autoFocus
        />
      </FormField>
      <FormField label={m.networks.cidr} description={m.networks.cidrHelp} stretch>
        <Input name="cidr" value={cidr} onChange={({ detail }) => setCidr(detail.value)} />
      </FormField>
      {external && (
        <Checkbox
          checked={outside}
          onChange={({ detail }) => setOutside(detail.checked)}
          description={m.networks.outsideHelp(external.name)}
        >
          {m.networks.outside}
        </Checkbox>
      )}
    </FormModal>
  );
}
