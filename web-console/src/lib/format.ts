import { m } from "../i18n";

const kMinute = 60;
const kHour = 60 * kMinute;
const kDay = 24 * kHour;

/** "3 minutes ago", for a list; the exact time belongs in a tooltip. */
export function timeAgo(iso: string, now = Date.now()): string {
  const seconds = Math.round((now - Date.parse(asUtc(iso))) / 1000);
  if (Number.isNaN(seconds)) return "–";
  if (seconds < 5) return m.time.justNow;
  const format = new Intl.RelativeTimeFormat(m.locale, { numeric: "auto" });
  if (seconds < kMinute) return format.format(-seconds, "second");
  if (seconds < kHour) return format.format(-Math.floor(seconds / kMinute), "minute");
  if (seconds < kDay) return format.format(-Math.floor(seconds / kHour), "hour");
  return format.format(-Math.floor(seconds / kDay), "day");
}

export function fullTime(iso: string): string {
  const at = new Date(asUtc(iso));
  if (Number.isNaN(at.getTime())) return "–";
  return new Intl.DateTimeFormat(m.locale, { dateStyle: "medium", timeStyle: "medium" }).format(at);
}

// Several OpenStack APIs send UTC times without a zone, which browsers would read as local.
function asUtc(iso: string): string {
  return /(Z|[+-]\d\d:?\d\d)$/.test(iso) ? iso : `${iso}Z`;
}

/** Bytes in binary units: "412 MiB". */
export function bytes(count: number | null | undefined): string {
  if (count === null || count === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = count;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size >= 100 || unit === 0 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** Memory as flavors give it, in MiB. */
export function memory(mib: number): string {
  return mib >= 1024 && mib % 512 === 0 ? `${mib / 1024} GiB` : `${mib} MiB`;
}

/** Colours and cursor moves that guests print on their serial console. */
export function stripTerminalCodes(text: string): string {
  return text
    .replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, "")
    .replace(/\u001b[()][A-Z0-9]|\u001b[=>c78DEHM]/g, "")
    .replace(/\r+\n/g, "\n")
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, "");
}
