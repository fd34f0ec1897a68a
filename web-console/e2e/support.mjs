import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";

const kArgs = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];

export async function openBrowser(options = {}) {
  const executablePath = process.env.NURI_CHROMIUM ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: kArgs, headless: true });
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: 1280, height: 900 },
    colorScheme: "light",
    ...options,
  });
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(`script error: ${error.message}`));
  page.on("console", (message) => {
    // A refused request is logged by the browser too; those are checked by what the page shows.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      problems.push(`console: ${message.text()}`);
    }
  });
  return { browser, page, problems };
}

/** One printed line a check; the first that fails ends the run, after a picture of the page. */
export class Checks {
  constructor(page, folder) {
    this.page = page;
    this.folder = folder;
    this.count = 0;
  }

  async check(name, work) {
    const begin = Date.now();
    try {
      const note = await work();
      this.count += 1;
      const seconds = ((Date.now() - begin) / 1000).toFixed(1);
      console.log(`ok   ${name} (${seconds} s)${typeof note === "string" ? `: ${note}` : ""}`);
    } catch (error) {
      await this.shot("failed");
      console.log(
        `FAIL ${name}: ${String(error.message ?? error)
          .split("\n")
          .slice(0, 6)
          .join(" | ")}`,
      );
      throw new Error(`check failed: ${name}`);
    }
  }

  async shot(name) {
    if (!this.folder) return;
    await mkdir(this.folder, { recursive: true });
    await this.page.screenshot({ path: join(this.folder, `${name}.png`) });
  }
}

export function must(condition, message) {
  if (!condition) throw new Error(message);
}
