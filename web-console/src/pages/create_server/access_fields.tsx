import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Multiselect from "@cloudscape-design/components/multiselect";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { createSshGroup } from "../../api/network";
import { useNotices } from "../../app/notices";
import { NewKeyPair } from "../../components/new_key_pair";
import { NewNetworkModal } from "../../components/new_network";
import { m } from "../../i18n";
import { statusOf } from "./basic_fields";
import type { Choices } from "./choices";
import type { FormState } from "./use_form";

const kNoKey = "";

export function AccessFields({ state, choices }: { state: FormState; choices: Choices }) {
  const { form, set, errors } = state;
  const [makingNetwork, setMakingNetwork] = useState(false);
  const [makingKey, setMakingKey] = useState(false);
  const networks = (choices.networks.data ?? []).map((n) => ({ value: n.id, label: n.name }));
  const keys = [{ value: kNoKey, label: m.create.keyNone }].concat(
    (choices.keys.data ?? []).map((k) => ({ value: k.name, label: k.name })),
  );
  return (
    <Container header={<Header variant="h2">{m.create.connect}</Header>}>
      <SpaceBetween size="l">
        <FormField
          label={m.create.network}
          description={m.create.networkHelp}
          errorText={errors.network}
          secondaryControl={
            <Button formAction="none" iconName="add-plus" onClick={() => setMakingNetwork(true)}>
              {m.create.networkMake}
            </Button>
          }
        >
          <Select
            data-testid="network"
            options={networks}
            selectedOption={networks.find((o) => o.value === form.networkId) ?? null}
            onChange={({ detail }) => set("networkId", detail.selectedOption.value ?? null)}
            statusType={statusOf(choices.networks)}
            errorText={m.errors.stale}
            empty={m.create.networkNone}
          />
        </FormField>
        <FormField
          label={m.create.key}
          description={m.create.keyHelp}
          errorText={errors.key}
          secondaryControl={
            <Button formAction="none" iconName="add-plus" onClick={() => setMakingKey(true)}>
              {m.create.keyMake}
            </Button>
          }
        >
          <Select
            data-testid="key"
            options={keys}
            selectedOption={keys.find((o) => o.value === (form.keyName ?? kNoKey)) ?? null}
            onChange={({ detail }) => set("keyName", detail.selectedOption.value || null)}
            statusType={statusOf(choices.keys)}
            errorText={m.errors.stale}
          />
        </FormField>
        <GroupsField state={state} choices={choices} />
      </SpaceBetween>
      {makingNetwork && (
        <NewNetworkModal
          onDone={(made) => {
            set("networkId", made.id);
            choices.networks.refresh();
          }}
          onClose={() => setMakingNetwork(false)}
        />
      )}
      {makingKey && (
        <NewKeyPair
          onDone={(name) => {
            set("keyName", name);
            choices.keys.refresh();
          }}
          onClose={() => setMakingKey(false)}
        />
      )}
    </Container>
  );
}

function GroupsField({ state, choices }: { state: FormState; choices: Choices }) {
  const { form, set, errors } = state;
  const notices = useNotices();
  const [busy, setBusy] = useState(false);
  const options = [...new Set((choices.groups.data ?? []).map((group) => group.name))].map(
    (name) => ({
      value: name,
      label: name,
    }),
  );
  const hasSsh = options.some((o) => o.value === m.create.sshGroup);
  const makeSshGroup = async (): Promise<void> => {
    setBusy(true);
    try {
      await createSshGroup(m.create.sshGroup, m.create.sshDescription);
      set("groups", [...form.groups, m.create.sshGroup]);
      choices.groups.refresh();
    } catch (error) {
      notices.fail(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <FormField
      label={m.create.groups}
      description={m.create.groupsHelp}
      errorText={errors.groups}
      secondaryControl={
        choices.groups.data && !hasSsh ? (
          <Button
            formAction="none"
            iconName="add-plus"
            loading={busy}
            onClick={() => void makeSshGroup()}
          >
            {m.create.sshMake}
          </Button>
        ) : undefined
      }
    >
      <Multiselect
        data-testid="groups"
        options={options}
        selectedOptions={form.groups.map((name) => ({ value: name, label: name }))}
        onChange={({ detail }) =>
          set(
            "groups",
            detail.selectedOptions.flatMap((o) => (o.value ? [o.value] : [])),
          )
        }
        placeholder={form.groups.length > 0 ? m.create.groupsAdd : m.create.groupsDefault}
        statusType={statusOf(choices.groups)}
        errorText={m.errors.stale}
      />
    </FormField>
  );
}
