import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { createKeyPair } from "../api/compute";
import { useNotices } from "../app/notices";
import { m } from "../i18n";
import { CommandBox } from "./command_box";
import { FormModal } from "./form_modal";

interface NewKeyPairProps {
  onDone: (name: string) => void;
  onClose: () => void;
}

/** Takes a public key, or has a pair made and hands the private key over, once. */
export function NewKeyPair({ onDone, onClose }: NewKeyPairProps) {
  const notices = useNotices();
  const [name, setName] = useState("");
  const [publicKey, setPublicKey] = useState("");
  const [made, setMade] = useState<{ name: string; privateKey: string } | null>(null);

  if (made) return <PrivateKey name={made.name} privateKey={made.privateKey} onClose={onClose} />;
  const submit = async (): Promise<void> => {
    if (name.trim() === "") throw new Error(m.common.required(m.common.name));
    const pair = await createKeyPair(name.trim(), publicKey.trim() || undefined);
    onDone(pair.name);
    if (pair.private_key) {
      save(pair.name, pair.private_key);
      setMade({ name: pair.name, privateKey: pair.private_key });
    } else {
      notices.succeed(m.keys.made(pair.name));
      onClose();
    }
  };
  return (
    <FormModal
      title={m.keys.create}
      action={m.common.create}
      onSubmit={submit}
      onClose={onClose}
      keepOpen
    >
      <FormField label={m.common.name} stretch>
        <Input
          name="key-name"
          value={name}
          onChange={({ detail }) => setName(detail.value)}
          autoFocus
        />
      </FormField>
      <FormField
        label={`${m.keys.publicKey} – ${m.common.optional}`}
        description={m.keys.publicKeyHelp}
        stretch
      >
        <Textarea
          value={publicKey}
          onChange={({ detail }) => setPublicKey(detail.value)}
          rows={3}
          spellcheck={false}
        />
      </FormField>
    </FormModal>
  );
}

function PrivateKey({
  name,
  privateKey,
  onClose,
}: {
  name: string;
  privateKey: string;
  onClose: () => void;
}) {
  return (
    <Modal
      visible
      header={m.keys.madeTitle}
      closeAriaLabel={m.common.close}
      onDismiss={({ detail }) => {
        // A click beside the dialog must not lose what is shown only once.
        if (detail.reason !== "overlay") onClose();
      }}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button iconName="download" onClick={() => save(name, privateKey)}>
              {m.keys.download}
            </Button>
            <Button variant="primary" onClick={onClose}>
              {m.keys.done}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Alert type="warning">{m.keys.madeText}</Alert>
        <CommandBox command={m.keys.useIt(name)} />
      </SpaceBetween>
    </Modal>
  );
}

function save(name: string, privateKey: string): void {
  const url = URL.createObjectURL(new Blob([privateKey], { type: "application/x-pem-file" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${name}.pem`;
  link.click();
  URL.revokeObjectURL(url);
}
