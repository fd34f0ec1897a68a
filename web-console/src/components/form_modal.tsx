import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useId, useState, type ReactNode } from "react";
import { errorText } from "../api/errors";
import { m } from "../i18n";

interface FormModalProps {
  title: string;
  action: string;
  /** Throws to stay open, with the message shown. */
  onSubmit: () => Promise<void>;
  onClose: () => void;
  /** What was submitted closes the form itself. */
  keepOpen?: boolean;
  children: ReactNode;
}

/** A small form over the page: Enter submits, and a refusal keeps what was typed. */
export function FormModal({
  title,
  action,
  onSubmit,
  onClose,
  keepOpen,
  children,
}: FormModalProps) {
  const formId = useId();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const run = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await onSubmit();
      if (!keepOpen) onClose();
    } catch (failure) {
      setError(errorText(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      visible
      header={title}
      closeAriaLabel={m.common.close}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" formAction="none" onClick={onClose}>
              {m.common.cancel}
            </Button>
            <Button variant="primary" form={formId} loading={busy} data-testid="modal-submit">
              {action}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form
        id={formId}
        onSubmit={(event) => {
          event.preventDefault();
          // Opened from within a form, this event would go on to that one, though the page shows
          // the dialog elsewhere.
          event.stopPropagation();
          void run();
        }}
      >
        <SpaceBetween size="l">
          {error !== null && <Alert type="error">{error}</Alert>}
          {children}
        </SpaceBetween>
      </form>
    </Modal>
  );
}
