// One error type out of the error formats of six OpenStack APIs.

export type ErrorKind =
  | "refused"
  | "signedOut"
  | "forbidden"
  | "missing"
  | "conflict"
  | "busy"
  | "unreachable";

export class ApiError extends Error {
  constructor(
    readonly kind: ErrorKind,
    readonly status: number,
    message: string,
    readonly requestId: string | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The sentence for a person in an error body: {"error": {"message"}} (identity),
 * {"badRequest": {"message"}} (compute, volume), {"NeutronError": {"message"}} (network),
 * {"message"} or {"faultstring"} (metering), and the HTML page of image.
 */
export function messageOf(body: string): string | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    const text = body
      .replace(/<title>[^]*?<\/title>/i, "")
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .trim();
    return text === "" ? null : text;
  }
  if (!isRecord(parsed)) return null;
  for (const inner of [parsed, ...Object.values(parsed)]) {
    if (!isRecord(inner)) continue;
    const text = inner["message"] ?? inner["faultstring"];
    if (typeof text === "string" && text.trim() !== "") return text.trim();
  }
  return null;
}

export function kindOf(status: number): ErrorKind {
  if (status === 0) return "unreachable";
  if (status === 401) return "signedOut";
  if (status === 403) return "forbidden";
  if (status === 404 || status === 410) return "missing";
  if (status === 409) return "conflict";
  if (status === 429 || status >= 500) return "busy";
  return "refused";
}

/** The text of anything thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function isMissing(error: unknown): boolean {
  return error instanceof ApiError && error.kind === "missing";
}

/** Which API names stand for which field of a form, most telling first. */
export type FieldNames<F extends string> = Readonly<Record<F, readonly string[]>>;

/**
 * The form field that an API's message is about: the one it names as "field/attribute NAME",
 * else the first API name found as a word of its own; null when the whole form is meant.
 */
export function fieldOf<F extends string>(message: string, names: FieldNames<F>): F | null {
  const entries = Object.entries(names) as [F, readonly string[]][];
  // "networks/0/uuid" and "networks[0].uuid" are about networks.
  const named = /field\/attribute ['"]?([A-Za-z0-9_:-]+)/.exec(message)?.[1];
  if (named) {
    const found = entries.find(([, apiNames]) => apiNames.includes(named));
    if (found) return found[0];
  }
  let best: { field: F; at: number } | null = null;
  for (const [field, apiNames] of entries) {
    for (const name of apiNames) {
      const at = wordAt(message, name);
      if (at >= 0 && (best === null || at < best.at)) best = { field, at };
    }
  }
  return best?.field ?? null;
}

function wordAt(text: string, word: string): number {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return text.search(new RegExp(`(?<![A-Za-z0-9_])${escaped}(?![A-Za-z0-9_])`, "i"));
}
