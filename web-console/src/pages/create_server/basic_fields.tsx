import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tiles from "@cloudscape-design/components/tiles";
import { m } from "../../i18n";
import type { FieldErrors } from "../../lib/create_form";
import { bytes, memory } from "../../lib/format";
import type { Choices } from "./choices";
import type { FormState } from "./use_form";

interface BasicFieldsProps {
  state: FormState;
  choices: Choices;
  errors: FieldErrors;
}

/** More sizes than this are a list rather than tiles. */
const kTilesMax = 9;

export function BasicFields({ state, choices, errors }: BasicFieldsProps) {
  const { form, set } = state;
  const images = (choices.images.data ?? []).map((i) => ({
    value: i.id,
    label: i.name ?? i.id,
    description: [i.disk_format, bytes(i.size)].filter(Boolean).join(" · "),
  }));
  const flavors = (choices.flavors.data ?? []).map((f) => ({
    value: f.id,
    label: f.name,
    description: m.create.flavorText(f.vcpus, memory(f.ram), f.disk),
  }));
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">{m.create.basics}</Header>}>
        <SpaceBetween size="l">
          <FormField label={m.create.name} description={m.create.nameHelp} errorText={errors.name}>
            <Input
              name="server-name"
              value={form.name}
              onChange={({ detail }) => set("name", detail.value)}
              autoFocus
              autoComplete={false}
              spellcheck={false}
            />
          </FormField>
          <FormField
            label={m.create.image}
            description={m.create.imageHelp}
            errorText={errors.image}
          >
            <Select
              data-testid="image"
              options={images}
              selectedOption={images.find((o) => o.value === form.imageId) ?? null}
              onChange={({ detail }) => set("imageId", detail.selectedOption.value ?? null)}
              statusType={statusOf(choices.images)}
              errorText={m.errors.stale}
              filteringType={images.length > 10 ? "auto" : "none"}
              empty={m.images.emptyTitle}
              triggerVariant="option"
            />
          </FormField>
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">{m.create.sizing}</Header>}>
        <FormField errorText={errors.flavor} stretch data-invalid={errors.flavor !== undefined}>
          {flavors.length <= kTilesMax && flavors.length > 0 ? (
            <Tiles
              data-testid="flavor"
              ariaLabel={m.create.flavor}
              columns={3}
              items={flavors}
              value={form.flavorId}
              onChange={({ detail }) => set("flavorId", detail.value)}
            />
          ) : (
            <Select
              data-testid="flavor"
              ariaLabel={m.create.flavor}
              options={flavors}
              selectedOption={flavors.find((o) => o.value === form.flavorId) ?? null}
              onChange={({ detail }) => set("flavorId", detail.selectedOption.value ?? null)}
              statusType={statusOf(choices.flavors)}
              errorText={m.errors.stale}
              filteringType="auto"
            />
          )}
        </FormField>
      </Container>
    </SpaceBetween>
  );
}

export function statusOf(list: {
  data: unknown;
  error: unknown;
}): "loading" | "error" | "finished" {
  if (list.data !== undefined) return "finished";
  return list.error === undefined ? "loading" : "error";
}
