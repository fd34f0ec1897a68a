import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useEffect, useState } from "react";
import { m } from "../../i18n";
import { volumeName } from "../../lib/volume_text";
import type { Choices } from "./choices";
import type { FormState } from "./use_form";

const kNone = "none";
const kNew = "new";
const kDefaultGib = "10";

export function ExtraFields({ state, choices }: { state: FormState; choices: Choices }) {
  const { form, set, errors } = state;
  const [open, setOpen] = useState(false);
  useEffect(() => {
    // A complaint must not hide in a closed section.
    if (errors.volume || errors.userData) setOpen(true);
  }, [errors.volume, errors.userData]);

  const options = [
    { value: kNone, label: m.create.volumeNone },
    { value: kNew, label: m.create.volumeNew },
    ...(choices.volumes.data ?? []).map((v) => ({
      value: v.id,
      label: volumeName(v),
      description: m.volumes.gib(v.size),
    })),
  ];
  const { volume } = form;
  const value = volume.kind === "existing" ? volume.id : volume.kind;
  const choose = (chosen: string | undefined): void => {
    if (chosen === undefined || chosen === kNone) set("volume", { kind: "none" });
    else if (chosen === kNew) set("volume", { kind: "new", sizeGib: kDefaultGib });
    else set("volume", { kind: "existing", id: chosen });
  };
  return (
    <ExpandableSection
      variant="container"
      headerText={m.create.extras}
      headerInfo={m.common.optional}
      expanded={open}
      onChange={({ detail }) => setOpen(detail.expanded)}
    >
      <SpaceBetween size="l">
        <FormField
          label={m.create.volume}
          description={m.create.volumeHelp}
          errorText={volume.kind === "new" ? undefined : errors.volume}
        >
          <Select
            data-testid="volume"
            options={options}
            selectedOption={
              options.find((o) => o.value === value) ?? { value, label: value.slice(0, 8) }
            }
            onChange={({ detail }) => choose(detail.selectedOption.value)}
          />
        </FormField>
        {volume.kind === "new" && (
          <FormField label={m.create.volumeSize} errorText={errors.volume}>
            <Input
              inputMode="numeric"
              value={volume.sizeGib}
              onChange={({ detail }) => set("volume", { kind: "new", sizeGib: detail.value })}
            />
          </FormField>
        )}
        <FormField
          label={m.create.userData}
          description={m.create.userDataHelp}
          errorText={errors.userData}
          stretch
        >
          <Textarea
            rows={6}
            value={form.userData}
            onChange={({ detail }) => set("userData", detail.value)}
            spellcheck={false}
          />
        </FormField>
      </SpaceBetween>
    </ExpandableSection>
  );
}
