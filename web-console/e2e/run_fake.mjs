// The same flow against the fake cloud, and what a real cloud cannot be asked for on demand.
// Needs dist/ (npm run build). NURI_SHOTS as in run.mjs.
import { more } from "./fake_flow.mjs";
import { startFake } from "./fake/server.mjs";
import { createServer, deleteIt, seeItRun, signIn, signOut } from "./flow.mjs";
import { Checks, must, openBrowser } from "./support.mjs";

const { cloud, url, stop } = await startFake();
const env = { url, user: "admin", password: cloud.password, project: "admin", bootSeconds: 30 };
const { browser, page, problems } = await openBrowser();
const checks = new Checks(page, process.env.NURI_SHOTS);
try {
  await signIn(page, checks, env);
  // First as on a fresh cloud: nothing but the outside network.
  const inner = cloud.networks.shift();
  await createServer(page, checks, env, "web-1");
  await seeItRun(page, checks, env, "web-1");
  await deleteIt(page, checks, env, "web-1");
  cloud.networks.unshift(inner);
  await more(page, checks, env, cloud);
  await signOut(page, checks, env);
  await checks.check("no script error on the way", async () =>
    must(problems.length === 0, problems.join("; ")),
  );
  console.log(`console (fake cloud): ${checks.count} checks ok`);
} catch (error) {
  console.error(error.message);
  if (problems.length > 0) console.error(problems.join("\n"));
  process.exitCode = 1;
} finally {
  await browser.close();
  stop();
}
