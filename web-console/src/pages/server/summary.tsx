import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect } from "react";
import type { Server } from "../../api/compute";
import { listImages } from "../../api/image";
import { serverCost } from "../../api/metering";
import { usePolled } from "../../app/use_polled";
import { CommandBox } from "../../components/command_box";
import { CostFigure, Rate } from "../../components/cost_figure";
import { ServerStatus } from "../../components/status";
import { m } from "../../i18n";
import { shellQuote } from "../../lib/command";
import { fullTime, memory, timeAgo } from "../../lib/format";
import { addressesOf, imageName } from "../../lib/server_text";

const kCostMs = 5_000;

export function Summary({ server }: { server: Server }) {
  const images = usePolled("images", listImages, null);
  const cost = usePolled(`cost ${server.id}`, (signal) => serverCost(server.id, signal), kCostMs);
  const { flavor } = server;
  const refreshCost = cost.refresh;
  // Starting and ending are what changes the rate.
  useEffect(() => refreshCost(), [server.status, refreshCost]);
  const floating = addressesOf(server).find((a) => a["OS-EXT-IPS:type"] === "floating");
  const size = [
    flavor.original_name,
    flavor.vcpus !== undefined && flavor.ram !== undefined && flavor.disk !== undefined
      ? m.create.flavorText(flavor.vcpus, memory(flavor.ram), flavor.disk)
      : null,
  ];
  const groups = [...new Set((server.security_groups ?? []).map((group) => group.name))];
  const commands = [`openstack server show ${shellQuote(server.id)}`];
  if (floating) commands.push(`ssh USER@${floating.addr}`);
  return (
    <Container header={<Header variant="h2">{m.server.summary}</Header>}>
      <SpaceBetween size="l">
        <KeyValuePairs
          columns={4}
          items={[
            { label: m.common.status, value: <ServerStatus server={server} /> },
            {
              label: m.cost.soFar,
              value: cost.data ? <CostFigure cost={cost.data} receivedAt={cost.receivedAt} /> : "–",
            },
            {
              label: m.cost.rate,
              value: cost.data ? (
                <Rate value={cost.data.rate_per_hour} currency={cost.data.currency} />
              ) : (
                "–"
              ),
            },
            {
              label: m.common.created,
              value: <span title={fullTime(server.created)}>{timeAgo(server.created)}</span>,
            },
            { label: m.servers.image, value: imageName(server, images.data ?? []) },
            { label: m.servers.flavor, value: size.filter(Boolean).join(" – ") || "–" },
            { label: m.server.keyPair, value: server.key_name ?? m.common.none },
            { label: m.server.groups, value: groups.join(", ") || m.common.none },
            { label: m.server.zone, value: server["OS-EXT-AZ:availability_zone"] || "–" },
            ...(server["OS-EXT-SRV-ATTR:host"]
              ? [{ label: m.server.host, value: server["OS-EXT-SRV-ATTR:host"] }]
              : []),
          ]}
        />
        <FormField label={m.server.commandHelp} stretch>
          <CommandBox command={commands.join("\n")} />
        </FormField>
      </SpaceBetween>
    </Container>
  );
}
