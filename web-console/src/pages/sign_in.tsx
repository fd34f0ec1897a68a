import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState, type FormEvent, type ReactNode } from "react";
import { ApiError, errorText } from "../api/errors";
import * as identity from "../api/identity";
import { useSession } from "../app/session";
import { m } from "../i18n";

interface Entered {
  token: identity.Token;
  projects: identity.Project[];
}

export function SignInPage() {
  const [entered, setEntered] = useState<Entered | null>(null);
  return (
    <main className="sign-in">
      <div className="sign-in-column">
        <div className="sign-in-brand">
          <img src="/favicon.svg" alt="" />
          <div>
            <h1>{m.product}</h1>
            <p>{m.tagline}</p>
          </div>
        </div>
        {entered === null ? (
          <CredentialsForm onEntered={setEntered} />
        ) : (
          <ProjectForm entered={entered} onBack={() => setEntered(null)} />
        )}
      </div>
    </main>
  );
}

function CredentialsForm({ onEntered }: { onEntered: (entered: Entered) => void }) {
  const { begin, expired } = useSession();
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [domain, setDomain] = useState("Default");
  const attempt = useAttempt();

  const submit = (): Promise<void> =>
    attempt.run(async () => {
      if (user.trim() === "") throw new Error(m.common.required(m.signIn.user));
      const token = await identity.signIn({
        user: user.trim(),
        password,
        domain: domain.trim() || "Default",
      });
      const projects = await identity.listMyProjects(token.value);
      const [only] = projects;
      if (only === undefined) throw new Error(m.signIn.noProject);
      if (projects.length === 1) await begin(token, only, projects);
      else onEntered({ token, projects });
    });

  return (
    <SubmitForm
      title={m.signIn.title}
      action={m.signIn.submit}
      busy={attempt.busy}
      onSubmit={submit}
    >
      {attempt.error !== null && (
        <Alert type="error" header={m.signIn.failed}>
          <span data-testid="sign-in-error">{attempt.error}</span>
        </Alert>
      )}
      {attempt.error === null && expired && <Alert type="info">{m.signIn.expired}</Alert>}
      <FormField label={m.signIn.user} stretch>
        <Input
          name="user"
          value={user}
          onChange={({ detail }) => setUser(detail.value)}
          autoComplete="username"
          autoFocus
          spellcheck={false}
        />
      </FormField>
      <FormField label={m.signIn.password} stretch>
        <Input
          name="password"
          type="password"
          value={password}
          onChange={({ detail }) => setPassword(detail.value)}
          autoComplete="current-password"
        />
      </FormField>
      <ExpandableSection headerText={m.signIn.advanced}>
        <FormField label={m.signIn.domain} description={m.signIn.domainHelp} stretch>
          <Input name="domain" value={domain} onChange={({ detail }) => setDomain(detail.value)} />
        </FormField>
      </ExpandableSection>
    </SubmitForm>
  );
}

function ProjectForm({ entered, onBack }: { entered: Entered; onBack: () => void }) {
  const { begin } = useSession();
  const [chosen, setChosen] = useState(entered.projects[0]?.id ?? "");
  const attempt = useAttempt();
  const submit = (): Promise<void> =>
    attempt.run(async () => {
      const project = entered.projects.find((p) => p.id === chosen);
      if (project) await begin(entered.token, project, entered.projects);
    });
  return (
    <SubmitForm
      title={m.signIn.chooseProject}
      description={m.signIn.chooseHelp}
      action={m.signIn.continue}
      busy={attempt.busy}
      onSubmit={submit}
      secondary={
        <Button variant="link" formAction="none" onClick={onBack}>
          {m.signIn.back}
        </Button>
      }
    >
      {attempt.error !== null && <Alert type="error">{attempt.error}</Alert>}
      <RadioGroup
        ariaLabel={m.signIn.project}
        value={chosen}
        onChange={({ detail }) => setChosen(detail.value)}
        items={entered.projects.map((p) => ({ value: p.id, label: p.name }))}
      />
    </SubmitForm>
  );
}

interface SubmitFormProps {
  title: string;
  description?: string;
  action: string;
  busy: boolean;
  onSubmit: () => Promise<void>;
  secondary?: ReactNode;
  children: ReactNode;
}

function SubmitForm({
  title,
  description,
  action,
  busy,
  onSubmit,
  secondary,
  children,
}: SubmitFormProps) {
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!busy) void onSubmit();
  };
  return (
    <form onSubmit={submit}>
      <Container
        header={
          <Header variant="h2" description={description}>
            {title}
          </Header>
        }
      >
        <Form
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              {secondary}
              <Button variant="primary" loading={busy} data-testid="sign-in">
                {action}
              </Button>
            </SpaceBetween>
          }
        >
          <SpaceBetween size="l">{children}</SpaceBetween>
        </Form>
      </Container>
    </form>
  );
}

/** Runs one step of signing in at a time; a refused one leaves its message. */
function useAttempt() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const run = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (failure) {
      const wrong = failure instanceof ApiError && failure.kind === "signedOut";
      setError(wrong ? m.signIn.wrong : errorText(failure));
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, run };
}
