import { applyMode, Mode } from "@cloudscape-design/global-styles";
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";

interface Theme {
  dark: boolean;
  toggle: () => void;
}

const kStorageKey = "nuri.theme";
const ThemeContext = createContext<Theme>({ dark: false, toggle: () => undefined });

function initiallyDark(): boolean {
  const saved = localStorage.getItem(kStorageKey);
  if (saved !== null) return saved === "dark";
  return window.matchMedia("(prefers-color-scheme: dark)").matches;
}

export function ThemeProvider({ children }: { children: ReactNode }) {
  const [dark, setDark] = useState(initiallyDark);
  useEffect(() => applyMode(dark ? Mode.Dark : Mode.Light), [dark]);
  const theme = useMemo<Theme>(() => {
    const toggle = (): void => {
      localStorage.setItem(kStorageKey, dark ? "light" : "dark");
      setDark(!dark);
    };
    return { dark, toggle };
  }, [dark]);
  return <ThemeContext.Provider value={theme}>{children}</ThemeContext.Provider>;
}

export function useTheme(): Theme {
  return useContext(ThemeContext);
}
