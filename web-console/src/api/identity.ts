import { call, callFull } from "./http";

export interface Named {
  id: string;
  name: string;
}

export interface Project extends Named {
  enabled?: boolean;
  domain_id?: string;
}

export interface TokenBody {
  expires_at: string;
  user: Named & { domain: Named };
  project?: Named & { domain: Named };
  roles?: Named[];
}

export interface Token {
  value: string;
  body: TokenBody;
}

interface Credentials {
  user: string;
  password: string;
  domain: string;
}

/** Password for an unscoped token: who it is, before any project is chosen. */
export function signIn({ user, password, domain }: Credentials): Promise<Token> {
  return issue({
    identity: {
      methods: ["password"],
      password: { user: { name: user, domain: { name: domain }, password } },
    },
    scope: "unscoped",
  });
}

export function scopeToProject(token: string, projectId: string): Promise<Token> {
  return issue({
    identity: { methods: ["token"], token: { id: token } },
    scope: { project: { id: projectId } },
  });
}

export async function listMyProjects(token: string): Promise<Project[]> {
  const body = await call<{ projects: Project[] }>("/identity/v3/auth/projects", { token });
  return body.projects.filter((project) => project.enabled !== false);
}

/** Makes the token useless at once, rather than at its expiry. */
export function revoke(token: string): Promise<void> {
  return call("/identity/v3/auth/tokens", {
    method: "DELETE",
    token,
    headers: { "X-Subject-Token": token },
  });
}

async function issue(auth: unknown): Promise<Token> {
  const { data, headers } = await callFull<{ token: TokenBody }>("/identity/v3/auth/tokens", {
    method: "POST",
    body: { auth },
    token: null,
  });
  return { value: headers.get("X-Subject-Token") ?? "", body: data.token };
}
