import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { fontsAsFiles } from "./vite_fonts";

// Where `npm run dev` finds the API; the built console always talks to its own origin.
const api = process.env.NURI_URL ?? "https://127.0.0.1:8443";
const prefixes = ["/identity", "/image", "/compute", "/volume", "/network", "/metering"];

export default defineConfig({
  plugins: [react(), fontsAsFiles()],
  build: {
    target: "es2022",
    // No data: URLs, so that the gateway's content security policy can stay narrow.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    rollupOptions: {
      input: ["index.html", "vnc.html"],
      output: {
        // The library changes rarely and the console often: apart, browsers keep the larger part.
        // A server's screen (vnc.html) needs nothing of either.
        manualChunks: (id) =>
          id.includes("@novnc") ? "novnc" : id.includes("node_modules") ? "vendor" : undefined,
      },
    },
  },
  server: {
    proxy: Object.fromEntries(prefixes.map((p) => [p, { target: api, secure: false }])),
  },
});
