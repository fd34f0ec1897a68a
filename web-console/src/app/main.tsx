import "@cloudscape-design/global-styles/index.css";
import { I18nProvider } from "@cloudscape-design/components/i18n";
import libraryTexts from "@cloudscape-design/components/i18n/messages/all.en";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { m } from "../i18n";
import { App } from "./App";
import "./app.css";
import { NoticeProvider } from "./notices";
import { SessionProvider } from "./session";
import { ThemeProvider } from "./theme";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <I18nProvider locale={m.locale} messages={[libraryTexts]}>
      <ThemeProvider>
        <NoticeProvider>
          <SessionProvider>
            <App />
          </SessionProvider>
        </NoticeProvider>
      </ThemeProvider>
    </I18nProvider>
  </StrictMode>,
);
