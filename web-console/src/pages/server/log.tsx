import Container from "@cloudscape-design/components/container";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Toggle from "@cloudscape-design/components/toggle";
import { useEffect, useRef, useState } from "react";
import { consoleOutput, type Server } from "../../api/compute";
import { ApiError } from "../../api/errors";
import { usePolled } from "../../app/use_polled";
import { m } from "../../i18n";
import { stripTerminalCodes } from "../../lib/format";

const kLines = 1000;
const kRefreshMs = 3_000;

export function ConsoleLog({ server }: { server: Server }) {
  const [following, setFollowing] = useState(true);
  const box = useRef<HTMLPreElement>(null);
  const log = usePolled(
    `log ${server.id}`,
    async (signal) => {
      try {
        return stripTerminalCodes(await consoleOutput(server.id, kLines, signal));
      } catch (error) {
        // A server that is still being built has no console yet: wait rather than complain.
        if (error instanceof ApiError && (error.kind === "missing" || error.kind === "conflict"))
          return null;
        throw error;
      }
    },
    kRefreshMs,
  );
  const text = log.data;

  useEffect(() => {
    if (following && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text, following]);

  const shown =
    text || (text === null ? m.log.notYet : text === "" ? m.log.empty : m.common.loading);
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={log.error === undefined ? m.log.description : m.errors.stale}
          actions={
            <SpaceBetween direction="horizontal" size="m" alignItems="center">
              <Toggle checked={following} onChange={({ detail }) => setFollowing(detail.checked)}>
                {m.log.follow}
              </Toggle>
              <CopyToClipboard
                copyButtonText={m.common.copy}
                copySuccessText={m.common.copied}
                copyErrorText={m.common.copyFailed}
                textToCopy={text ?? ""}
              />
            </SpaceBetween>
          }
        >
          {m.log.title}
        </Header>
      }
    >
      <pre
        className="log"
        ref={box}
        tabIndex={0}
        aria-label={m.log.title}
        data-testid="console-log"
      >
        {shown}
      </pre>
    </Container>
  );
}
