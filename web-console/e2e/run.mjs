// The console against a real cloud. Environment: NURI_URL, OS_USERNAME, OS_PASSWORD,
// OS_PROJECT_NAME; NURI_SHOTS (folder for pictures), NURI_IMAGE, NURI_FLAVOR, NURI_NETWORK
// (else the form's own choice), NURI_BOOT_SECONDS (how long a guest may take; 300), NURI_SSH_USER
// (the guest's user, where floating IPs are reachable from here: then ssh is tried too).
import { clearUp } from "./clear_up.mjs";
import { dayTwo, forgetKey, namesFor } from "./day_two.mjs";
import { createServer, deleteIt, seeItRun, signIn, signOut } from "./flow.mjs";
import { Checks, must, openBrowser } from "./support.mjs";

const { env: e } = process;
const env = {
  url: e.NURI_URL ?? "https://127.0.0.1:8443",
  user: e.OS_USERNAME ?? "admin",
  password: e.OS_PASSWORD ?? "",
  project: e.OS_PROJECT_NAME ?? "admin",
  image: e.NURI_IMAGE,
  flavor: e.NURI_FLAVOR,
  network: e.NURI_NETWORK,
  sshUser: e.NURI_SSH_USER,
  bootSeconds: Number(e.NURI_BOOT_SECONDS ?? 300),
};
if (env.password === "") {
  console.error("OS_PASSWORD is not set: source the credentials file first");
  process.exit(2);
}

const { browser, page, problems } = await openBrowser();
const checks = new Checks(page, e.NURI_SHOTS);
const name = `console-test-${Date.now().toString(36)}`;
const made = await namesFor(name);
try {
  await signIn(page, checks, env);
  await createServer(page, checks, env, name);
  await seeItRun(page, checks, env, name);
  await deleteIt(page, checks, env, name);
  await dayTwo(page, checks, env, made);
  await signOut(page, checks, env);
  await checks.check("no script error on the way", async () =>
    must(problems.length === 0, problems.join("; ")),
  );
  console.log(`console: ${checks.count} checks ok`);
} catch (error) {
  console.error(error.message);
  if (problems.length > 0) console.error(problems.join("\n"));
  process.exitCode = 1;
  const cleared = await clearUp(page, made).catch((failure) => failure.message);
  console.error(`cleared up: ${cleared}`);
} finally {
  await browser.close();
  await forgetKey(made);
}
