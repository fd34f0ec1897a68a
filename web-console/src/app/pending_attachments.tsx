// A volume can be attached once its server runs. The console waits for that in the background,
// whichever page is shown, and goes on after a reload; what waits is kept with the session.

import { attachVolume, getServer } from "../api/compute";
import { isMissing } from "../api/errors";
import { getVolume } from "../api/volume";
import { m } from "../i18n";
import { volumeName } from "../lib/volume_text";
import { useNotices } from "./notices";
import { useProject } from "./session";
import { usePolled } from "./use_polled";

interface Pending {
  projectId: string;
  serverId: string;
  volumeId: string;
}

const kStorageKey = "nuri.attach";
const kLookMs = 2_000;

function read(): Pending[] {
  try {
    return JSON.parse(sessionStorage.getItem(kStorageKey) ?? "[]") as Pending[];
  } catch {
    return [];
  }
}

function write(list: Pending[]): void {
  sessionStorage.setItem(kStorageKey, JSON.stringify(list));
}

export function attachWhenRunning(pending: Pending): void {
  write([...read(), pending]);
}

export function forgetAttachments(): void {
  sessionStorage.removeItem(kStorageKey);
}

/** One look: the name of the volume when it was attached now, null while there is reason to wait. */
async function attempt({ projectId, serverId, volumeId }: Pending): Promise<string | null> {
  const [server, volume] = await Promise.all([getServer(serverId), getVolume(projectId, volumeId)]);
  if (server.status === "ERROR" || volume.status.startsWith("error"))
    throw new Error(m.volumes.notAttached);
  const ready =
    server.status === "ACTIVE" && !server["OS-EXT-STS:task_state"] && volume.status === "available";
  if (!ready) return null;
  await attachVolume(serverId, volumeId);
  return volumeName(volume);
}

export function PendingAttachments() {
  const project = useProject();
  const notices = useNotices();
  usePolled(
    `attachments ${project.id}`,
    async () => {
      for (const pending of read().filter((p) => p.projectId === project.id)) {
        const drop = (): void => write(read().filter((p) => p.volumeId !== pending.volumeId));
        try {
          const attached = await attempt(pending);
          if (attached === null) continue;
          drop();
          notices.say(m.volumes.attached(attached));
        } catch (error) {
          drop();
          // A server deleted meanwhile wants no volume.
          if (!isMissing(error)) notices.fail(error, m.volumes.notAttached);
        }
      }
      return null;
    },
    kLookMs,
  );
  return null;
}
