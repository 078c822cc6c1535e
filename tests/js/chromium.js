// Debian's Chromium, driven by playwright-core: a fresh profile, and no name but this machine's resolves.
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const require = createRequire(new URL("../../pkg-config/tools/package.json", import.meta.url));
const { chromium } = require("playwright-core");

/** Opens a browser; resolves to `{ page, close }`. What a page logs as an error is kept in `page.faults`. */
export async function openChromium() {
  const profile = await mkdtemp(join(tmpdir(), "childlink-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (fault) => page.faults.push(String(fault)));
  page.on("console", (message) => message.type() === "error" && page.faults.push(message.text()));
  return {
    page,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
