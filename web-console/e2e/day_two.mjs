// What is done with a server after it runs, against a real cloud: its own network, key, security
// group, volumes and floating IP, power, several at once. Everything made goes again.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { clearUp } from "./clear_up.mjs";
import { pick } from "./flow.mjs";
import { must } from "./support.mjs";

const run = promisify(execFile);
const kGroup = "allow-ssh";
const kSettledMs = 60_000;

async function nav(page, name) {
  await page
    .getByRole("navigation", { name: "Main navigation" })
    .getByRole("link", { name, exact: true })
    .click();
}

async function submitDialog(page) {
  await page.locator('[data-testid="modal-submit"]').click();
  await page.locator('[data-testid="modal-submit"]').waitFor({ state: "detached" });
}

function rowOf(page, text) {
  return page.getByRole("row").filter({ hasText: text });
}

/** Waits until the server's page shows this status, and nothing being done. */
async function settled(page, status, ms = kSettledMs) {
  await page
    .locator(`[data-testid="server-status"][data-status="${status}"][data-task=""]`)
    .waitFor({ timeout: ms });
}

async function startCreate(page, env, name) {
  await nav(page, "Servers");
  await page.getByRole("link", { name: "Create server" }).first().click();
  await page.fill('input[name="server-name"]', name);
  await pick(page, "image", env.image);
}

async function makeAccess(page, checks, made, env) {
  await checks.check("a network with a way out is made in the form, and chosen", async () => {
    await startCreate(page, env, made.server);
    await page.getByRole("button", { name: "Create a network" }).click();
    await page.fill('input[name="network-name"]', made.network);
    await page.fill('input[name="cidr"]', "10.78.0.0/24");
    await submitDialog(page);
    await page.locator('[data-testid="network"]').getByText(made.network).waitFor();
  });
  await checks.check("a key pair is made in the form, saved and chosen", async () => {
    await page.getByRole("button", { name: "New key pair" }).click();
    await page.fill('input[name="key-name"]', made.key);
    const download = page.waitForEvent("download");
    await page.locator('[data-testid="modal-submit"]').click();
    await (await download).saveAs(made.keyFile);
    await page.getByRole("button", { name: "I have kept it" }).click();
    await page.locator('[data-testid="key"]').getByText(made.key).waitFor();
  });
  await checks.check("one click lets ssh in", async () => {
    const button = page.getByRole("button", { name: "Let ssh and ping in" });
    const group = page.locator('[data-testid="groups"]').getByText(kGroup).first();
    // A project that has the group already has it chosen.
    await button.or(group).first().waitFor();
    made.group = await button.isVisible();
    if (made.group) await button.click();
    await group.waitFor();
  });
}

async function makeServer(page, checks, made) {
  await checks.check("its price an hour is what is counted then", async () => {
    made.price = await page.locator('[data-testid="price"]').innerText();
    await page.getByRole("button", { name: /Storage and start-up/ }).click();
    await page.locator('[data-testid="volume"] button').first().click();
    await page.getByRole("option", { name: "New volume" }).click();
    await page.getByLabel("Size in GiB").fill("1");
    await page.waitForTimeout(300);
    await checks.shot("20-create-full");
    await page.locator('[data-testid="create-submit"]').click();
    await page.waitForURL(/#\/servers\/[0-9a-f-]{36}$/, { timeout: kSettledMs });
    await settled(page, "ACTIVE");
    const rate = page.locator('[data-testid="cost-rate"]').first();
    await rate.getByText(made.price, { exact: true }).waitFor({ timeout: 20_000 });
    return made.price;
  });
  await checks.check("the volume made with it is attached once it runs", async () => {
    const row = rowOf(page, `${made.server}-data`);
    await row.getByRole("cell", { name: /^\/dev\/vd[b-z]$/ }).waitFor({ timeout: kSettledMs });
    await row.getByText("In use").waitFor({ timeout: kSettledMs });
  });
}

async function addAddress(page, checks, made, env) {
  await checks.check("a floating IP is added on its page", async () => {
    await page.getByRole("button", { name: "Add floating IP" }).click();
    const dialog = page.getByRole("dialog", { name: "Add floating IP" });
    await dialog.getByText("A new address").first().waitFor();
    await dialog.getByText(/^10\.78\.0\.\d+$/).first().waitFor();
    await checks.shot("21-floating");
    await submitDialog(page);
    const row = rowOf(page, "Floating").filter({ hasText: made.network });
    await row.waitFor({ timeout: 15_000 });
    [made.address] = /\d+\.\d+\.\d+\.\d+/.exec(await row.innerText());
    await checks.shot("22-server-full");
    return made.address;
  });
  if (!env.sshUser) return;
  await checks.check("ssh signs in at that address with the saved key", () =>
    sshUntil(made, env, "uname -n", env.bootSeconds),
  );
}

/** What the command prints in the guest; tried until it answers or the time is over. */
async function sshUntil(made, env, command, seconds) {
  const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectTimeout=5"];
  const words = [...options, "BatchMode=yes", "IdentitiesOnly=yes", "LogLevel=ERROR"];
  const target = `${env.sshUser}@${made.address}`;
  const args = ["-i", made.keyFile, ...words.flatMap((w) => ["-o", w]), target, command];
  await run("chmod", ["600", made.keyFile]);
  const end = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return (await run("ssh", args, { timeout: 20_000 })).stdout.trim();
    } catch (error) {
      must(Date.now() < end, `no ssh after ${seconds} s: ${error.stderr || error.message}`);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

async function swapVolume(page, checks, made) {
  const row = rowOf(page, `${made.server}-data`);
  await checks.check("the volume is detached on its page", async () => {
    await row.getByRole("button", { name: /^Detach/ }).click();
    await page.getByText(`Detach ${made.server}-data?`).waitFor();
    await page.locator('[data-testid="confirm"]').click();
    await row.waitFor({ state: "detached", timeout: kSettledMs });
    await checks.shot("23-detached");
  });
  await checks.check("and attached again", async () => {
    await page.getByRole("button", { name: "Attach volume" }).click();
    await page.waitForTimeout(300);
    await checks.shot("24-attach");
    await submitDialog(page);
    await row.getByText("In use").waitFor({ timeout: kSettledMs });
  });
}

async function power(page, checks, made, env) {
  let rebootedAt = 0;
  await checks.check("it reboots", async () => {
    rebootedAt = Date.now();
    await page.getByRole("button", { name: "Reboot", exact: true }).click();
    await page.locator('[data-testid="server-status"]:not([data-task=""])').waitFor();
    await checks.shot("25-rebooting");
    await settled(page, "ACTIVE", 180_000);
  });
  if (env.sshUser) {
    await checks.check("ssh signs in again, soon after that start", async () => {
      const uptime = await sshUntil(made, env, "cut -d. -f1 /proc/uptime", env.bootSeconds);
      const seconds = Number(uptime);
      must(seconds < (Date.now() - rebootedAt) / 1000 + 2, `it has run for ${seconds} s`);
      return `up ${seconds} s`;
    });
  }
  await checks.check("it stops", async () => {
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await settled(page, "SHUTOFF", 180_000);
    await checks.shot("26-stopped");
  });
  await checks.check("it starts", async () => {
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await settled(page, "ACTIVE");
  });
  await checks.check("its events tell of all that", async () => {
    await page.getByRole("tab", { name: "Events" }).click();
    for (const action of ["create", "attach_volume", "detach_volume", "reboot", "stop", "start"])
      await page.getByRole("cell", { name: action, exact: true }).first().waitFor();
    await checks.shot("27-events");
    await page.getByRole("tab", { name: "Overview" }).click();
  });
}

async function removeAddress(page, checks, made) {
  await checks.check("the floating IP is detached on its page", async () => {
    await page.getByRole("button", { name: `Detach ${made.address}` }).click();
    await page
      .getByRole("button", { name: `Detach ${made.address}` })
      .waitFor({ state: "detached", timeout: 15_000 });
  });
}

async function deleteRows(page, checks, list, names) {
  await nav(page, list);
  for (const name of names)
    await rowOf(page, name).getByRole("checkbox").check({ force: true });
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText(new RegExp(`^Delete ${names.length} `)).first().waitFor();
  await page.waitForTimeout(300);
  if (names.length > 1) await checks.shot("28-delete-two");
  await page.locator('[data-testid="confirm"]').click();
  for (const name of names)
    await rowOf(page, name).waitFor({ state: "detached", timeout: kSettledMs });
}

async function goneAgain(page, checks, made, env) {
  await checks.check("two servers are deleted at once", async () => {
    await startCreate(page, env, made.second);
    await pick(page, "network", made.network);
    await page.locator('[data-testid="create-submit"]').click();
    await page.waitForURL(/#\/servers\/[0-9a-f-]{36}$/, { timeout: kSettledMs });
    await settled(page, "ACTIVE");
    await nav(page, "Servers");
    await rowOf(page, made.second).waitFor();
    await deleteRows(page, checks, "Servers", [made.server, made.second]);
  });
  await checks.check("volume, address, key and network go from their lists", async () => {
    await nav(page, "Volumes");
    const volume = `${made.server}-data`;
    await rowOf(page, volume).getByText("Available").waitFor({ timeout: kSettledMs });
    await deleteRows(page, checks, "Volumes", [volume]);
    await deleteRows(page, checks, "Floating IPs", [made.address]);
    await deleteRows(page, checks, "Key pairs", [made.key]);
    await deleteRows(page, checks, "Networks", [made.network]);
    await checks.shot("29-networks");
  });
}

/** The names of all that this part makes, for clearing up after a failure too. */
export async function namesFor(name) {
  const folder = await mkdtemp(join(tmpdir(), "nuri-console-"));
  return {
    folder,
    groupName: kGroup,
    main: name,
    server: `${name}-two`,
    second: `${name}-three`,
    network: `${name}-net2`,
    key: `${name}-key`,
    keyFile: join(folder, "key.pem"),
  };
}

export async function dayTwo(page, checks, env, made) {
  await makeAccess(page, checks, made, env);
  await makeServer(page, checks, made);
  await addAddress(page, checks, made, env);
  await swapVolume(page, checks, made);
  await power(page, checks, made, env);
  await removeAddress(page, checks, made);
  await goneAgain(page, checks, made, env);
  await clearUp(page, made);
}

export function forgetKey(made) {
  return rm(made.folder, { recursive: true, force: true });
}
