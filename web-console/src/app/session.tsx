import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { setSessionToken, setSignedOutHandler } from "../api/http";
import * as identity from "../api/identity";
import type { Project } from "../api/identity";

export interface Session {
  token: string;
  /** Kept to change the project without asking for the password again. */
  unscoped: string;
  userName: string;
  project: Project;
  projects: Project[];
}

interface SessionContextValue {
  session: Session | null;
  /** The session ended by itself, rather than by signing out. */
  expired: boolean;
  begin: (unscoped: identity.Token, project: Project, projects: Project[]) => Promise<void>;
  changeProject: (projectId: string) => Promise<void>;
  end: () => void;
}

const kStorageKey = "nuri.session";
const SessionContext = createContext<SessionContextValue | null>(null);

function saved(): Session | null {
  try {
    const text = sessionStorage.getItem(kStorageKey);
    return text === null ? null : (JSON.parse(text) as Session);
  } catch {
    return null;
  }
}

function keep(session: Session | null): void {
  setSessionToken(session?.token ?? null);
  if (session === null) sessionStorage.removeItem(kStorageKey);
  else sessionStorage.setItem(kStorageKey, JSON.stringify(session));
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const [session, setSession] = useState<Session | null>(() => {
    const found = saved();
    setSessionToken(found?.token ?? null);
    return found;
  });
  const [expired, setExpired] = useState(false);

  useEffect(() => {
    setSignedOutHandler(() => {
      keep(null);
      setSession(null);
      setExpired(true);
    });
  }, []);

  const value = useMemo<SessionContextValue>(() => {
    const adopt = (next: Session | null): void => {
      keep(next);
      setExpired(false);
      setSession(next);
    };
    return {
      session,
      expired,
      begin: async (unscoped, project, projects) => {
        const scoped = await identity.scopeToProject(unscoped.value, project.id);
        const userName = unscoped.body.user.name;
        adopt({ token: scoped.value, unscoped: unscoped.value, userName, project, projects });
      },
      changeProject: async (projectId) => {
        const project = session?.projects.find((p) => p.id === projectId);
        if (!session || !project || project.id === session.project.id) return;
        const scoped = await identity.scopeToProject(session.unscoped, project.id);
        adopt({ ...session, token: scoped.value, project });
      },
      end: () => {
        if (session) {
          for (const token of [session.token, session.unscoped]) {
            identity.revoke(token).catch(() => undefined);
          }
        }
        adopt(null);
      },
    };
  }, [session, expired]);
  return <SessionContext.Provider value={value}>{children}</SessionContext.Provider>;
}

export function useSession(): SessionContextValue {
  const value = useContext(SessionContext);
  if (value === null) throw new Error("useSession outside of SessionProvider");
  return value;
}

/** The project of the pages behind the sign-in, where there always is one. */
export function useProject(): Project {
  const { session } = useSession();
  if (session === null) throw new Error("useProject before signing in");
  return session.project;
}
