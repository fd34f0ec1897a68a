import Button from "@cloudscape-design/components/button";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import * as compute from "../../api/compute";
import type { Server, ServerAction } from "../../api/compute";
import { isMissing } from "../../api/errors";
import { useNotices } from "../../app/notices";
import { Confirm } from "../../components/confirm";
import { m } from "../../i18n";

interface ServerHeaderProps {
  server: Server;
  onChanged: () => void;
  onDeleting: () => void;
}

export function ServerHeader({ server, onChanged, onDeleting }: ServerHeaderProps) {
  const notices = useNotices();
  const [asking, setAsking] = useState(false);
  const task = server["OS-EXT-STS:task_state"];
  const run = (action: ServerAction, text: string): void => {
    compute
      .act(server.id, action)
      .then(() => notices.say(text))
      .catch((error: unknown) => notices.fail(error))
      .finally(onChanged);
  };
  const remove = async (): Promise<void> => {
    try {
      onDeleting();
      await compute.deleteServer(server.id);
    } catch (error) {
      if (!isMissing(error)) notices.fail(error);
    }
    onChanged();
  };
  return (
    <Header
      variant="h1"
      description={<CopyableId id={server.id} />}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button
            disabled={server.status !== "SHUTOFF" || Boolean(task)}
            onClick={() => run({ "os-start": null }, m.servers.started(server.name))}
          >
            {m.servers.start}
          </Button>
          <Button
            disabled={server.status !== "ACTIVE" || Boolean(task)}
            onClick={() => run({ "os-stop": null }, m.servers.stopped(server.name))}
          >
            {m.servers.stop}
          </Button>
          <Button
            disabled={server.status !== "ACTIVE" || Boolean(task)}
            onClick={() => run({ reboot: { type: "SOFT" } }, m.servers.rebooting(server.name))}
          >
            {m.servers.reboot}
          </Button>
          <Button
            disabled={task === "deleting"}
            onClick={() => setAsking(true)}
            data-testid="delete-server"
          >
            {m.common.delete}
          </Button>
        </SpaceBetween>
      }
    >
      {server.name}
      {asking && (
        <Confirm
          title={m.server.deleteTitle(server.name)}
          action={m.server.delete}
          onConfirm={remove}
          onClose={() => setAsking(false)}
        >
          {m.servers.deleteText} {m.table.deleteText}
        </Confirm>
      )}
    </Header>
  );
}

function CopyableId({ id }: { id: string }) {
  return (
    <CopyToClipboard
      variant="inline"
      textToCopy={id}
      textToDisplay={id}
      copyButtonAriaLabel={`${m.common.copy} ${m.common.id}`}
      copySuccessText={m.common.copied}
      copyErrorText={m.common.copyFailed}
    />
  );
}
