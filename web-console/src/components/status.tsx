import StatusIndicator, {
  type StatusIndicatorProps,
} from "@cloudscape-design/components/status-indicator";
import type { Server } from "../api/compute";
import { m } from "../i18n";

const kTypes: Readonly<Record<string, StatusIndicatorProps.Type>> = {
  ACTIVE: "success",
  active: "success",
  available: "success",
  "in-use": "success",
  SHUTOFF: "stopped",
  PAUSED: "stopped",
  SUSPENDED: "stopped",
  SHELVED: "stopped",
  SHELVED_OFFLOADED: "stopped",
  DELETED: "stopped",
  DOWN: "stopped",
  ERROR: "error",
  error: "error",
  killed: "error",
  error_deleting: "error",
  VERIFY_RESIZE: "pending",
  queued: "pending",
  UNKNOWN: "warning",
  RESCUE: "warning",
};

/**
 * A state the console does not know is shown as it is, as something under way. `active` is the
 * text for ACTIVE, which is "running" only for servers.
 */
export function Status({ value, active }: { value: string; active?: string }) {
  const text = (value === "ACTIVE" ? active : undefined) ?? m.status[value] ?? value;
  return <StatusIndicator type={kTypes[value] ?? "in-progress"}>{text}</StatusIndicator>;
}

/** A server's state, and what is being done to it. */
export function ServerStatus({ server }: { server: Server }) {
  const task = server["OS-EXT-STS:task_state"];
  const text = m.status[server.status] ?? server.status;
  const type =
    task && server.status !== "ERROR" ? "in-progress" : (kTypes[server.status] ?? "in-progress");
  const doing = task ? (m.task[task] ?? task) : "";
  // A server that is rebooting has the task "rebooting": once is enough.
  const both = doing !== "" && doing.toLowerCase() !== text.toLowerCase();
  return (
    <span data-testid="server-status" data-status={server.status} data-task={task ?? ""}>
      <StatusIndicator type={type}>{both ? `${text} · ${doing}` : text}</StatusIndicator>
    </span>
  );
}

/** Whether something is under way that will change the state by itself. */
export function isBusy(server: Server): boolean {
  return Boolean(server["OS-EXT-STS:task_state"]) || kTypes[server.status] === undefined;
}
