import { useCallback, useEffect, useRef, useState } from "react";
import { pollDelay } from "../lib/backoff";

export interface Polled<T> {
  data: T | undefined;
  /** The last attempt's failure; `data` is then what was known before. */
  error: unknown;
  /** When `data` came, by performance.now(). */
  receivedAt: number;
  refresh: () => void;
}

/**
 * Loads now and then every `everyMs`; slower while the API fails, not at all while the tab is
 * hidden. A new `key` forgets the data and starts over; everyMs of null loads once.
 */
export function usePolled<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
  everyMs: number | null,
): Polled<T> {
  const [state, setState] = useState<{ key: string; data?: T; error?: unknown; at: number }>({
    key,
    at: 0,
  });
  const loader = useRef(load);
  loader.current = load;
  const wake = useRef<() => void>(() => undefined);

  useEffect(() => {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    let running = false;
    let again = false;

    const step = async (): Promise<void> => {
      clearTimeout(timer);
      if (running) {
        again = true;
        return;
      }
      running = true;
      try {
        const data = await loader.current(controller.signal);
        if (controller.signal.aborted) return;
        failures = 0;
        setState({ key, data, at: performance.now() });
      } catch (error) {
        if (controller.signal.aborted) return;
        failures += 1;
        setState((before) => (before.key === key ? { ...before, error } : { key, error, at: 0 }));
      } finally {
        running = false;
      }
      const delay = again
        ? 0
        : everyMs === null && failures === 0
          ? null
          : pollDelay(everyMs ?? 2000, failures);
      again = false;
      if (delay !== null && !document.hidden) timer = setTimeout(() => void step(), delay);
    };
    const onVisible = (): void => {
      if (!document.hidden && everyMs !== null) void step();
    };
    wake.current = () => void step();
    document.addEventListener("visibilitychange", onVisible);
    void step();
    return () => {
      controller.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [key, everyMs]);

  const refresh = useCallback(() => wake.current(), []);
  const current = state.key === key;
  return {
    data: current ? state.data : undefined,
    error: current ? state.error : undefined,
    receivedAt: state.at,
    refresh,
  };
}
