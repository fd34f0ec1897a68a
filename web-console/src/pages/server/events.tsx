import Header from "@cloudscape-design/components/header";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { listEvents, type ServerEvent } from "../../api/compute";
import { usePolled } from "../../app/use_polled";
import { m } from "../../i18n";
import { fullTime } from "../../lib/format";

const kBusyMs = 2_000;
const kIdleMs = 10_000;

export function Events({ serverId, busy }: { serverId: string; busy: boolean }) {
  const events = usePolled(
    `events ${serverId}`,
    (signal) => listEvents(serverId, signal),
    busy ? kBusyMs : kIdleMs,
  );
  return (
    <Table<ServerEvent>
      header={<Header variant="h2">{m.server.events}</Header>}
      items={events.data ?? []}
      loading={events.data === undefined && events.error === undefined}
      loadingText={m.common.loading}
      empty={events.error === undefined ? m.server.eventsEmpty : m.errors.stale}
      columnDefinitions={[
        { id: "action", header: m.server.eventAction, cell: (e) => e.action },
        { id: "start", header: m.server.eventStart, cell: (e) => fullTime(e.start_time) },
        {
          id: "result",
          header: m.server.eventResult,
          cell: (e) =>
            e.message ? (
              <StatusIndicator type="error">{e.message}</StatusIndicator>
            ) : (
              <StatusIndicator type="success">{m.server.eventOk}</StatusIndicator>
            ),
        },
        { id: "request", header: m.server.request, cell: (e) => e.request_id },
      ]}
    />
  );
}
