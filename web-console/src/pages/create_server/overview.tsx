import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { CommandBox } from "../../components/command_box";
import { m } from "../../i18n";
import { createServerCommand } from "../../lib/command";
import type { CreateForm } from "../../lib/create_form";
import { formatDecimal, formatRate, withCurrency } from "../../lib/money";
import { hourlyPrice, thirtyDays } from "../../lib/price";
import { parseGib } from "../../lib/volume_text";
import type { Choices } from "./choices";

/** What the form is about to do: its price and its command. */
export function Overview({ form, choices }: { form: CreateForm; choices: Choices }) {
  const named = (
    list: { id: string; name: string | null }[] | undefined,
    id: string | null,
  ): string => list?.find((row) => row.id === id)?.name ?? id ?? "…";
  const command = createServerCommand({
    name: form.name.trim(),
    image: named(choices.images.data, form.imageId),
    flavor: named(choices.flavors.data, form.flavorId),
    network: named(choices.networks.data, form.networkId),
    key: form.keyName ?? undefined,
    groups: form.groups,
    ...volumeWords(form, choices),
  });
  return (
    <Container header={<Header variant="h2">{m.create.summary}</Header>}>
      <SpaceBetween size="l">
        <PriceText form={form} choices={choices} />
        <FormField label={m.create.command} stretch>
          <CommandBox command={command} />
        </FormField>
      </SpaceBetween>
    </Container>
  );
}

function volumeWords(
  { name, volume }: CreateForm,
  choices: Choices,
): { volume?: string; newVolumeGib?: number } {
  if (volume.kind === "none") return {};
  if (volume.kind === "new")
    return { volume: `${name.trim()}-data`, newVolumeGib: parseGib(volume.sizeGib) ?? undefined };
  return { volume: choices.volumes.data?.find((v) => v.id === volume.id)?.name || volume.id };
}

function PriceText({ form, choices }: { form: CreateForm; choices: Choices }) {
  const list = choices.prices.data;
  const flavor = choices.flavors.data?.find((f) => f.id === form.flavorId);
  if (!list || !flavor) return null;
  const volumeGib = form.volume.kind === "new" ? (parseGib(form.volume.sizeGib) ?? 0) : 0;
  const size = {
    flavor: flavor.name,
    vcpus: flavor.vcpus,
    ramMib: flavor.ram,
    diskGib: flavor.disk,
    volumeGib,
  };
  const hourly = hourlyPrice(size, list);
  if (hourly === null) return null;
  const monthly = withCurrency(formatDecimal(thirtyDays(hourly), 2), list.currency);
  return (
    <FormField label={m.create.price}>
      <Box variant="awsui-value-large">
        <span data-testid="price">{withCurrency(formatRate(hourly), list.currency)}</span>
      </Box>
      <Box color="text-body-secondary">{m.create.priceMonth(monthly)}</Box>
    </FormField>
  );
}
