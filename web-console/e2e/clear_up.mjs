/**
 * Deletes what is left, by the API: after a failure whatever was made, else the security group,
 * which the console has no page for. Tells the names of what it deleted.
 */
export function clearUp(page, made) {
  return page.evaluate(clearUpInPage, made);
}

/** Runs in the page, with its session's token. */
async function clearUpInPage(made) {
  const { token, project } = JSON.parse(sessionStorage.getItem("nuri.session") ?? "{}");
  if (!token) return "nothing, for nobody is signed in";
  const ask = async (path, options = {}) => {
    const headers = { "X-Auth-Token": token, "Content-Type": "application/json" };
    const answer = await fetch(path, { ...options, headers });
    return answer.ok && answer.status !== 204 ? answer.json().catch(() => ({})) : {};
  };
  const done = [];
  const remove = async (path, rows) => {
    for (const row of rows ?? []) {
      await ask(`${path}/${row.id ?? row.name}`, { method: "DELETE" });
      done.push(row.name ?? row.id);
    }
  };
  const compute = "/compute/v2.1";
  const network = "/network/v2.0";
  const servers = async () =>
    (await ask(`${compute}/servers`)).servers.filter((s) =>
      [made.main, made.server, made.second].includes(s.name),
    );
  await remove(`${compute}/servers`, await servers());
  for (let i = 0; i < 30 && (await servers()).length > 0; i += 1)
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  const { floatingips } = await ask(`${network}/floatingips`);
  await remove(
    `${network}/floatingips`,
    floatingips.filter((ip) => ip.floating_ip_address === made.address),
  );
  const { volumes } = await ask(`/volume/v3/${project.id}/volumes`);
  await remove(
    `/volume/v3/${project.id}/volumes`,
    volumes?.filter((v) => v.name === `${made.server}-data`),
  );
  for (const name of [made.network, `${made.main}-net`]) {
    const { routers } = await ask(`${network}/routers?name=${name}`);
    for (const router of routers) {
      const { ports } = await ask(`${network}/ports?device_id=${router.id}`);
      for (const port of ports)
        await ask(`${network}/routers/${router.id}/remove_router_interface`, {
          method: "PUT",
          body: JSON.stringify({ port_id: port.id }),
        });
    }
    await remove(`${network}/routers`, routers);
    await remove(`${network}/networks`, (await ask(`${network}/networks?name=${name}`)).networks);
  }
  const { keypairs } = await ask(`${compute}/os-keypairs`);
  await remove(
    `${compute}/os-keypairs`,
    keypairs.map((row) => row.keypair).filter((pair) => pair.name === made.key),
  );
  if (made.group) {
    const path = `${network}/security-groups`;
    const query = `?name=${made.groupName}&project_id=${project.id}`;
    await remove(path, (await ask(path + query)).security_groups);
  }
  return done.join(", ");
}
