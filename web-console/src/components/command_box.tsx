import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { m } from "../i18n";

/** A command to read and to copy. */
export function CommandBox({ command }: { command: string }) {
  return (
    <SpaceBetween size="xs">
      <pre className="command" data-testid="command">
        {command}
      </pre>
      <CopyToClipboard
        copyButtonText={m.common.copy}
        copySuccessText={m.common.copied}
        copyErrorText={m.common.copyFailed}
        textToCopy={command}
      />
    </SpaceBetween>
  );
}
