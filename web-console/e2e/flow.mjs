// The console's main flow. It runs the same against a real cloud and against the fake one.
import { must } from "./support.mjs";

const kBootText = /Linux version|login:|cloud-init|\[\s+\d+\.\d+\]/;

export async function signIn(page, checks, env) {
  await page.goto(env.url);
  await checks.check("a wrong password is refused with a message", async () => {
    await page.fill('input[name="user"]', env.user);
    await page.fill('input[name="password"]', `${env.password}-wrong`);
    await page.click('[data-testid="sign-in"]');
    const text = await page.locator('[data-testid="sign-in-error"]').innerText({ timeout: 15_000 });
    must(/password is not right/.test(text), `the message is: ${text}`);
    await checks.shot("01-wrong-password");
  });
  await checks.check("the right password signs in", async () => {
    await page.fill('input[name="password"]', env.password);
    await page.click('[data-testid="sign-in"]');
    const list = page.getByRole("heading", { name: /^Servers/ });
    const chooser = page.getByRole("heading", { name: "Choose a project" });
    await list.or(chooser).first().waitFor({ timeout: 20_000 });
    if (await chooser.isVisible()) {
      await checks.shot("02-choose-project");
      await page.getByRole("radio", { name: env.project, exact: true }).check();
      await page.getByRole("button", { name: "Continue" }).click();
      await list.waitFor({ timeout: 20_000 });
    }
    await page.getByRole("button", { name: `Project: ${env.project}` }).waitFor();
  });
  await checks.check("the list of servers has loaded", async () => {
    // Either rows or the empty state; not the spinner.
    await page.locator("tbody tr").first().waitFor({ timeout: 20_000 });
    await page
      .getByText("Loading", { exact: true })
      .waitFor({ state: "detached", timeout: 20_000 });
    await checks.shot("03-servers");
  });
}

/** Picks an option of a Cloudscape select by its label, when a label is asked for. */
export async function pick(page, testId, label) {
  if (!label) return;
  const box = page.locator(`[data-testid="${testId}"]`);
  await box.locator("button").first().click();
  // The whole label, which a description may follow: "tiny" is not "tiny-alt".
  const exact = page.getByText(label, { exact: true });
  await page.getByRole("option").filter({ has: exact }).first().click();
}

/** Notes every state of a server that the page shows from now on, however briefly. */
async function watchStates(page) {
  await page.evaluate(() => {
    window.statesSeen = [];
    const look = () => {
      const status = document.querySelector('[data-testid="server-status"]')?.dataset.status;
      if (status && window.statesSeen.at(-1) !== status) window.statesSeen.push(status);
    };
    const watched = {
      subtree: true,
      childList: true,
      attributes: true,
      attributeFilter: ["data-status"],
    };
    new MutationObserver(look).observe(document.body, watched);
  });
}

/** A cloud without any network to join gets one, as its user would make it. Whether it did. */
async function networkIfNone(page, checks, name) {
  const box = page.locator('[data-testid="network"]');
  await box.getByText("Loading").waitFor({ state: "detached" });
  await page.waitForTimeout(1_000);
  if ((await box.innerText()).trim() !== "") return false;
  await checks.check("a network is created from the form, there being none", async () => {
    await page.getByRole("button", { name: "Create a network" }).click();
    await page.fill('input[name="network-name"]', name);
    await page.fill('input[name="cidr"]', "10.77.0.0/24");
    await page.locator('[data-testid="modal-submit"]').click();
    await box.getByText(name).waitFor({ timeout: 30_000 });
  });
  return true;
}

async function removeNetwork(page, checks, name) {
  await checks.check("its network is deleted again", async () => {
    await page.getByRole("link", { name: "Networks", exact: true }).click();
    const row = page.getByRole("row").filter({ hasText: name });
    await row.getByRole("checkbox").check({ force: true });
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.locator('[data-testid="confirm"]').click();
    await row.waitFor({ state: "detached", timeout: 30_000 });
  });
}

export async function createServer(page, checks, env, name) {
  await checks.check("the create form says what is missing", async () => {
    await page.getByRole("link", { name: "Create server" }).first().click();
    await page.getByRole("heading", { name: "Create server" }).waitFor();
    await page.locator('[data-testid="create-submit"]').click();
    await page.getByText("Name is required.").first().waitFor();
  });
  env.networkMade = !env.network && (await networkIfNone(page, checks, `${name}-net`));
  await checks.check("a server is created from the form", async () => {
    await page.fill('input[name="server-name"]', name);
    await pick(page, "image", env.image);
    if (env.flavor) {
      const tile = page.getByRole("radio", { name: new RegExp(`^${env.flavor}\\b`) });
      if ((await tile.count()) > 0) await tile.first().check({ force: true });
      else await pick(page, "flavor", env.flavor);
    }
    await pick(page, "network", env.network);
    await page.mouse.wheel(0, 10_000);
    await page.waitForTimeout(300);
    await checks.shot("05-create-below");
    await page.mouse.wheel(0, -10_000);
    await page.waitForTimeout(300);
    await checks.shot("04-create");
    await watchStates(page);
    await page.locator('[data-testid="create-submit"]').click();
    await page.waitForURL(/#\/servers\/[0-9a-f-]{36}$/, { timeout: 60_000 });
    return page.url().split("/").pop();
  });
}

export async function seeItRun(page, checks, env, name) {
  const row = page.getByRole("row").filter({ hasText: name });
  const state = row.locator('[data-testid="server-status"]');
  await checks.check("the console follows it from BUILD to ACTIVE without reloading", async () => {
    await page.locator('[data-testid="server-status"]').waitFor({ timeout: 10_000 });
    await page.getByRole("link", { name: "Servers", exact: true }).first().click();
    await row.waitFor({ timeout: 10_000 });
    await checks.shot("06-building");
    const end = Date.now() + env.bootSeconds * 1000;
    for (;;) {
      const status = await state.getAttribute("data-status");
      must(status !== "ERROR", "the server went to ERROR");
      if (status === "ACTIVE") break;
      must(Date.now() < end, `still ${status} after ${env.bootSeconds} s`);
      await page.waitForTimeout(100);
    }
    // A reload would have lost these.
    const seen = await page.evaluate(() => window.statesSeen);
    must(seen?.[0] === "BUILD" && seen.at(-1) === "ACTIVE", `the states seen are ${seen}`);
    await checks.shot("07-active");
    return seen.join(" -> ");
  });
  await checks.check("its page opens", async () => {
    await row.getByRole("link", { name }).click();
    await page.getByRole("heading", { name: "Summary" }).waitFor();
    await page
      .locator('[data-testid="server-status"][data-status="ACTIVE"]')
      .waitFor({ timeout: 10_000 });
  });
  await checks.check("its page shows an address", async () => {
    const table = page.getByRole("table").filter({ hasText: "MAC address" });
    const text = await table.innerText();
    must(/\b\d+\.\d+\.\d+\.\d+\b/.test(text), `no address in: ${text}`);
    await checks.shot("08-server");
  });
  await checks.check("its cost counts up between two looks", async () => {
    const figure = page.locator('[data-testid="cost-amount"]').first();
    await figure.waitFor({ timeout: 60_000 });
    const read = async () => Number((await figure.innerText()).replace(/[^0-9.]/g, ""));
    const first = await read();
    await page.waitForTimeout(4_000);
    const second = await read();
    must(second > first, `${first} and then ${second}`);
    return `${first} -> ${second}`;
  });
  await checks.check("its console log has the guest's boot text", async () => {
    await page.getByRole("tab", { name: "Console log" }).click();
    const log = page.locator('[data-testid="console-log"]');
    const end = Date.now() + env.bootSeconds * 1000;
    while (!kBootText.test(await log.innerText())) {
      must(Date.now() < end, `the log is: ${(await log.innerText()).slice(0, 200)}`);
      await page.waitForTimeout(500);
    }
    await page.waitForTimeout(4_000);
    await checks.shot("09-log");
  });
  await checks.check("its cost opens into intervals", async () => {
    await page.getByRole("tab", { name: "Cost" }).click();
    await page.getByText("still counting").first().waitFor({ timeout: 30_000 });
    await checks.shot("10-cost");
  });
  await checks.check("its events name the creation", async () => {
    await page.getByRole("tab", { name: "Events" }).click();
    await page.getByRole("cell", { name: "create", exact: true }).waitFor({ timeout: 20_000 });
    await checks.shot("11-events");
  });
}

export async function deleteIt(page, checks, env, name) {
  await checks.check("deleted from the list after a question, it goes by itself", async () => {
    await page.getByRole("link", { name: "Servers", exact: true }).first().click();
    const row = page.getByRole("row").filter({ hasText: name });
    await row.getByRole("checkbox").check({ force: true });
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByText("Delete 1 server?").waitFor();
    await checks.shot("12-delete");
    await page.locator('[data-testid="confirm"]').click();
    await row.waitFor({ state: "detached", timeout: env.bootSeconds * 1000 });
    await checks.shot("13-gone");
  });
  if (env.networkMade) await removeNetwork(page, checks, `${name}-net`);
}

export async function signOut(page, checks, env) {
  await checks.check("signing out forgets the token", async () => {
    await page.getByRole("button", { name: env.user, exact: true }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    const kept = await page.evaluate(
      () => JSON.stringify(sessionStorage) + JSON.stringify(localStorage),
    );
    must(!/token/.test(kept), `kept: ${kept}`);
  });
}
