import type { FlashbarProps } from "@cloudscape-design/components/flashbar";
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from "react";
import { ApiError, errorText } from "../api/errors";
import { m } from "../i18n";

interface Notices {
  items: FlashbarProps.MessageDefinition[];
  say: (text: string) => void;
  succeed: (text: string) => void;
  fail: (error: unknown, title?: string) => void;
  clear: () => void;
}

const kShownMs = 6_000;
const kNoticesMax = 4;
let nextId = 0;

const NoticeContext = createContext<Notices | null>(null);

export function NoticeProvider({ children }: { children: ReactNode }) {
  const [items, setItems] = useState<FlashbarProps.MessageDefinition[]>([]);

  const dismiss = useCallback((id: string) => {
    setItems((shown) => shown.filter((item) => item.id !== id));
  }, []);

  const add = useCallback(
    (type: "info" | "success" | "error", content: string, header?: string) => {
      const id = `notice-${nextId++}`;
      const item = { id, type, header, content, dismissible: true, onDismiss: () => dismiss(id) };
      setItems((shown) => [item, ...shown].slice(0, kNoticesMax));
      // Errors stay until they are read; what went well goes by itself.
      if (type !== "error") setTimeout(() => dismiss(id), kShownMs);
    },
    [dismiss],
  );

  const notices = useMemo<Notices>(
    () => ({
      items,
      say: (text) => add("info", text),
      succeed: (text) => add("success", text),
      fail: (error, title = m.errors.title) => {
        if (error instanceof ApiError && error.kind === "signedOut") return;
        const request = error instanceof ApiError ? error.requestId : null;
        add(
          "error",
          request ? `${errorText(error)} (${m.errors.request(request)})` : errorText(error),
          title,
        );
      },
      clear: () => setItems([]),
    }),
    [items, add],
  );
  return <NoticeContext.Provider value={notices}>{children}</NoticeContext.Provider>;
}

export function useNotices(): Notices {
  const notices = useContext(NoticeContext);
  if (notices === null) throw new Error("useNotices outside of NoticeProvider");
  return notices;
}
