// Failures, the theme, keys, volumes and networks: asked of the fake cloud.
import { must } from "./support.mjs";

async function nav(page, name) {
  await page
    .getByRole("navigation", { name: "Main navigation" })
    .getByRole("link", { name, exact: true })
    .click();
}

async function startCreate(page, name) {
  await nav(page, "Servers");
  await page.getByRole("link", { name: "Create server" }).first().click();
  await page.fill('input[name="server-name"]', name);
}

async function refusals(page, checks) {
  await checks.check(
    "a field's refusal by the API is shown at the field, and in sight",
    async () => {
      await startCreate(page, "bad\u007f");
      await page.locator('[data-testid="create-submit"]').click();
      const text = page.getByText(/Invalid input for field\/attribute name/).first();
      await text.waitFor();
      await page.waitForTimeout(200);
      const box = await text.boundingBox();
      must(box.y > 0 && box.y < 900, "the refusal is out of sight");
      const focused = await page.evaluate(() => document.activeElement?.getAttribute("name"));
      must(focused === "server-name", `the focus is on ${focused}`);
      await checks.shot("19-field-error");
    },
  );
  await checks.check("copying the command does not submit the form", async () => {
    await startCreate(page, "");
    await page.getByRole("button", { name: "Copy" }).click();
    await page.waitForTimeout(300);
    must((await page.getByText("Name is required.").count()) === 0, "the form was submitted");
  });
  await checks.check("a quota refusal is shown on the form", async () => {
    await startCreate(page, "too-many");
    await page.locator('[data-testid="create-submit"]').click();
    const text = page.getByText(/Quota exceeded for instances/).first();
    await text.waitFor();
    const box = await text.boundingBox();
    must(box.y > 0 && box.y < 900, "the refusal is out of sight");
    await checks.shot("20-quota");
  });
  await checks.check("a failed server shows its fault", async () => {
    await startCreate(page, "fail-1");
    await page.locator('[data-testid="create-submit"]').click();
    await page.getByText("This server failed").waitFor({ timeout: 15_000 });
    await page.getByText(/No valid host was found/).waitFor();
    await checks.shot("21-fault");
  });
}

async function withEverything(page, checks, cloud) {
  await checks.check("a key pair made in the form is saved once and chosen", async () => {
    await startCreate(page, "db-1");
    await page.getByRole("button", { name: "New key pair" }).click();
    await page.fill('input[name="key-name"]', "laptop");
    const download = page.waitForEvent("download");
    await page.locator('[data-testid="modal-submit"]').click();
    must((await download).suggestedFilename() === "laptop.pem", "another file name");
    await page.getByRole("heading", { name: "Keep this private key" }).waitFor();
    await page.waitForTimeout(300);
    await checks.shot("22-key");
    await page.getByRole("button", { name: "I have kept it" }).click();
    await page.locator('[data-testid="key"]').getByText("laptop").waitFor();
  });
  await checks.check("one click lets ssh in", async () => {
    await page.getByRole("button", { name: "Let ssh and ping in" }).click();
    await page.locator('[data-testid="groups"]').getByText("allow-ssh").first().waitFor();
    const group = cloud.groups.find((g) => g.name === "allow-ssh");
    must(group.security_group_rules.length === 2, "the group has other than two rules");
  });
  await checks.check("a server with a new volume is created", async () => {
    await page.getByRole("button", { name: /Storage and start-up/ }).click();
    await page.locator('[data-testid="volume"] button').first().click();
    await page.getByRole("option", { name: "New volume" }).click();
    await page.mouse.wheel(0, 10_000);
    await page.waitForTimeout(300);
    await checks.shot("23-create-full");
    await page.locator('[data-testid="create-submit"]').click();
    await page
      .locator('[data-testid="server-status"][data-status="ACTIVE"]')
      .waitFor({ timeout: 30_000 });
    await page.getByRole("cell", { name: "/dev/vdb" }).waitFor({ timeout: 10_000 });
  });
  await checks.check("a floating IP is added on the server's page", async () => {
    await page.getByRole("button", { name: "Add floating IP" }).click();
    await page.waitForTimeout(500);
    await checks.shot("24-floating");
    await page.locator('[data-testid="modal-submit"]').click();
    await page.getByRole("cell", { name: "172.24.4.10" }).waitFor({ timeout: 10_000 });
    await page.waitForTimeout(500);
    await checks.shot("25-server-full");
  });
  await checks.check("it stops and starts", async () => {
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page
      .locator('[data-testid="server-status"][data-status="SHUTOFF"]')
      .waitFor({ timeout: 10_000 });
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page
      .locator('[data-testid="server-status"][data-status="ACTIVE"][data-task=""]')
      .waitFor({ timeout: 10_000 });
  });
}

async function lists(page, checks, cloud) {
  await checks.check("a network is created with its way out", async () => {
    await nav(page, "Networks");
    await page.getByRole("button", { name: "Create network" }).first().click();
    await page.fill('input[name="network-name"]', "lab");
    await page.fill('input[name="cidr"]', "10.9.0.0/24");
    await checks.shot("26-new-network");
    await page.locator('[data-testid="modal-submit"]').click();
    await page.getByRole("gridcell", { name: "10.9.0.0/24" }).waitFor({ timeout: 10_000 });
    must(cloud.routers.length === 1, "no router was made");
    await checks.shot("27-networks");
  });
  await checks.check("the network goes, with its router", async () => {
    await page
      .getByRole("row")
      .filter({ hasText: "lab" })
      .getByRole("checkbox")
      .check({ force: true });
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.locator('[data-testid="confirm"]').click();
    await page
      .getByRole("gridcell", { name: "10.9.0.0/24" })
      .waitFor({ state: "detached", timeout: 15_000 });
    must(cloud.routers.length === 0, "the router stayed");
  });
  await checks.check("images, volumes, floating IPs and key pairs are listed", async () => {
    await nav(page, "Images");
    await page.getByRole("rowheader", { name: "debian-12" }).waitFor();
    await checks.shot("28-images");
    await nav(page, "Volumes");
    await page.getByRole("rowheader", { name: "db-1-data" }).waitFor();
    await nav(page, "Floating IPs");
    await page.getByRole("rowheader", { name: "172.24.4.10" }).waitFor();
    await nav(page, "Key pairs");
    await page.getByRole("rowheader", { name: "laptop" }).waitFor();
  });
  await checks.check("the filter finds by address", async () => {
    await nav(page, "Servers");
    await page.getByPlaceholder("Find servers").fill("172.24.4.10");
    await page.getByText("1 match").first().waitFor();
    await page.getByPlaceholder("Find servers").fill("no such thing");
    await page.getByText("Nothing matches").waitFor();
    await page.getByRole("button", { name: "Clear filter" }).first().click();
  });
}

async function weather(page, checks, env, cloud) {
  await checks.check(
    "while the cloud does not answer the list says so, and then goes on",
    async () => {
      cloud.broken = true;
      await page.getByText(/may be out of date/).waitFor({ timeout: 15_000 });
      await checks.shot("29-stale");
      cloud.broken = false;
      await page.getByText(/may be out of date/).waitFor({ state: "detached", timeout: 20_000 });
    },
  );
  await checks.check("dark colours, and they stay after a reload", async () => {
    await page.getByRole("button", { name: "Use dark colours" }).click();
    await page.reload();
    await page.getByRole("button", { name: "Use light colours" }).waitFor();
    await page.getByRole("link", { name: "db-1" }).waitFor();
    await checks.shot("30-dark-servers");
    await page.getByRole("link", { name: "db-1" }).click();
    await page.getByRole("heading", { name: "Summary" }).waitFor();
    await page.waitForTimeout(800);
    await checks.shot("31-dark-server");
  });
  await checks.check("a phone's width still shows the list", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${env.url}/#/servers`);
    await page.reload();
    await page.getByRole("link", { name: "db-1" }).waitFor();
    const wider = await page.evaluate(
      () => document.documentElement.scrollWidth - window.innerWidth,
    );
    await checks.shot("32-phone");
    must(wider <= 0, `the page is ${wider} px wider than the screen`);
    await page.setViewportSize({ width: 1280, height: 900 });
    // So narrow, the navigation had gone behind its button.
    await page.reload();
    await page.getByRole("link", { name: "db-1" }).waitFor();
  });
  await checks.check("markup in a name is text", async () => {
    await startCreate(page, "<img src=x onerror=alert(1)>");
    await page.locator('[data-testid="create-submit"]').click();
    await page.getByRole("heading", { name: "<img src=x onerror=alert(1)>" }).waitFor();
  });
  await checks.check("another project is another world", async () => {
    await nav(page, "Servers");
    await page.getByRole("button", { name: "Project: admin" }).click();
    await page.getByRole("menuitem", { name: "research" }).click();
    await page.getByRole("button", { name: "Project: research" }).waitFor();
  });
  await checks.check(
    "a token that is no longer good leads to the sign-in, which says why",
    async () => {
      cloud.tokens.clear();
      await page.getByText("Your session has ended").waitFor({ timeout: 15_000 });
      await checks.shot("33-expired");
      await page.fill('input[name="user"]', env.user);
      await page.fill('input[name="password"]', env.password);
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByRole("heading", { name: /^Servers/ }).waitFor();
    },
  );
}

export async function more(page, checks, env, cloud) {
  await refusals(page, checks);
  await withEverything(page, checks, cloud);
  await lists(page, checks, cloud);
  await weather(page, checks, env, cloud);
}
