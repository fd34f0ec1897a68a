// A small pretended cloud for working on the console: same paths as the gateway, all in memory.
// On its own: `node e2e/fake/server.mjs [port]`.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { compute } from "./compute.mjs";
import { identity, image, metering, network, volume } from "./others.mjs";
import { newCloud, settle } from "./state.mjs";

const kDist = join(dirname(fileURLToPath(import.meta.url)), "../../dist");
const kTypes = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};
// As narrow as the console can live with, so that a test notices when it needs more.
const kPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

async function sendFile(response, path) {
  const inside = normalize(path).replace(/^(\.\.[/\\])+/, "");
  const file = inside === "/" ? "/index.html" : inside;
  const text = await readFile(join(kDist, file)).catch(() => readFile(join(kDist, "index.html")));
  const type = kTypes[extname(file)] ?? "text/html";
  response.writeHead(200, { "Content-Type": type, "Content-Security-Policy": kPolicy }).end(text);
}

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? undefined : JSON.parse(text);
}

function route(cloud, request, url, body) {
  const [, service] = url.pathname.split("/");
  const path = url.pathname.slice(service.length + 1);
  const { method } = request;
  if (service === "identity") return identity(cloud, method, path, request.headers, body);
  if (!cloud.tokens.has(request.headers["x-auth-token"])) {
    return { status: 401, body: { error: { code: 401, message: "Sign in first." } } };
  }
  switch (service) {
    case "compute":
      return compute(cloud, method, path, url.searchParams, body);
    case "volume":
      return volume(cloud, method, path, body);
    case "network":
      return network(cloud, method, path, url.searchParams, body);
    case "image":
      return image(cloud, method);
    default:
      return metering(cloud, method, path);
  }
}

export async function startFake(port = 0) {
  const cloud = newCloud();
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, "http://fake");
    try {
      if (!/^\/(identity|compute|volume|network|image|metering)\//.test(url.pathname)) {
        await sendFile(response, url.pathname);
        return;
      }
      if (cloud.broken) {
        response.writeHead(503).end();
        return;
      }
      settle(cloud);
      const answer = route(cloud, request, url, await readBody(request));
      const text =
        answer.body === undefined
          ? ""
          : typeof answer.body === "string"
            ? answer.body
            : JSON.stringify(answer.body);
      const headers = {
        "Content-Type": "application/json",
        "x-openstack-request-id": "req-fake",
        ...answer.headers,
      };
      response.writeHead(answer.status, headers).end(text);
    } catch (error) {
      response.writeHead(500).end(JSON.stringify({ message: String(error) }));
    }
  });
  await new Promise((ready) => server.listen(port, "127.0.0.1", ready));
  return { cloud, url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url, cloud } = await startFake(Number(process.argv[2] ?? 0));
  console.log(`${url}  user: any  password: ${cloud.password}`);
}
