// One way to the API: same origin, the session's token, a deadline, one error type.

import { m } from "../i18n";
import { ApiError, kindOf, messageOf } from "./errors";

const kDeadlineMs = 30_000;

export interface CallOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  headers?: Record<string, string>;
  /** Another token than the session's: for the steps of signing in; null sends none. */
  token?: string | null;
  signal?: AbortSignal;
}

export interface Answer<T> {
  data: T;
  headers: Headers;
}

let sessionToken: string | null = null;
let onSignedOut: () => void = () => undefined;

export function setSessionToken(token: string | null): void {
  sessionToken = token;
}

/** Called when the API no longer accepts the session's token. */
export function setSignedOutHandler(handler: () => void): void {
  onSignedOut = handler;
}

export async function callFull<T>(path: string, options: CallOptions = {}): Promise<Answer<T>> {
  const token = options.token === undefined ? sessionToken : options.token;
  const headers: Record<string, string> = { Accept: "application/json", ...options.headers };
  if (token !== null) headers["X-Auth-Token"] = token;
  if (options.body !== undefined) headers["Content-Type"] ??= "application/json";

  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      method: options.method ?? "GET",
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: withDeadline(options.signal),
      cache: "no-store",
      credentials: "omit",
    });
    text = await response.text();
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError("unreachable", 0, m.errors.unreachable);
  }
  if (!response.ok) {
    // A late answer to an earlier session's call must not end the present one.
    if (response.status === 401 && options.token === undefined && token === sessionToken)
      onSignedOut();
    const requestId =
      response.headers.get("x-openstack-request-id") ??
      response.headers.get("x-compute-request-id");
    const message = messageOf(text) ?? m.errors.status(response.status);
    throw new ApiError(kindOf(response.status), response.status, message, requestId);
  }
  return { data: read<T>(text), headers: response.headers };
}

export async function call<T>(path: string, options: CallOptions = {}): Promise<T> {
  return (await callFull<T>(path, options)).data;
}

function read<T>(text: string): T {
  if (text === "") return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new ApiError("busy", 0, m.errors.notJson);
  }
}

function withDeadline(signal: AbortSignal | undefined): AbortSignal {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), kDeadlineMs);
  controller.signal.addEventListener("abort", () => clearTimeout(timer));
  if (signal?.aborted) controller.abort();
  signal?.addEventListener("abort", () => controller.abort(), { once: true });
  return controller.signal;
}

/** A path segment from an id or name a person chose. */
export function segment(text: string): string {
  return encodeURIComponent(text);
}
