import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Form from "@cloudscape-design/components/form";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { createServer } from "../../api/compute";
import { errorText } from "../../api/errors";
import { useNotices } from "../../app/notices";
import { attachWhenRunning } from "../../app/pending_attachments";
import { follow, go, to } from "../../app/router";
import { useProject } from "../../app/session";
import { m } from "../../i18n";
import { checkForm, refusedField, toNewServer } from "../../lib/create_form";
import { AccessFields } from "./access_fields";
import { BasicFields } from "./basic_fields";
import { useChoices } from "./choices";
import { ExtraFields } from "./extra_fields";
import { volumeFor } from "./new_volume";
import { Overview } from "./overview";
import { useCreateForm } from "./use_form";

export function CreateServerPage() {
  const project = useProject();
  const notices = useNotices();
  const choices = useChoices(project.id);
  const state = useCreateForm(choices);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const { form, errors, setErrors, set } = state;
  const element = useRef<HTMLFormElement>(null);
  const [refusals, setRefusals] = useState(0);

  useEffect(() => {
    // What is wrong may be out of sight, and a keyboard wants to go on there.
    const first = element.current?.querySelector<HTMLElement>(
      "[aria-invalid=true], [data-invalid=true] input",
    );
    first?.focus();
    first?.scrollIntoView({ block: "center" });
  }, [refusals]);

  const submit = async (): Promise<void> => {
    const found = checkForm(form, choices.images.data ?? [], choices.flavors.data ?? []);
    setErrors(found);
    setRefusal(null);
    if (Object.keys(found).length > 0) {
      setRefusals((n) => n + 1);
      return;
    }
    setBusy(true);
    try {
      const volumeId = await volumeFor(form, project.id, (id) => {
        set("volume", { kind: "existing", id });
        choices.volumes.refresh();
      });
      const id = await createServer(toNewServer(form));
      if (volumeId !== null) attachWhenRunning({ projectId: project.id, serverId: id, volumeId });
      notices.succeed(m.create.created(form.name.trim()));
      go(to.server(id));
    } catch (error) {
      const message = errorText(error);
      const field = refusedField(message);
      if (field === null) setRefusal(message);
      else {
        setErrors({ [field]: message });
        setRefusals((n) => n + 1);
      }
    } finally {
      setBusy(false);
    }
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (!busy) void submit();
  };
  return (
    <ContentLayout
      breadcrumbs={
        <BreadcrumbGroup
          items={[
            { text: m.servers.title, href: to.servers },
            { text: m.create.title, href: to.createServer },
          ]}
          onFollow={follow}
        />
      }
      header={<Header variant="h1">{m.create.title}</Header>}
    >
      <form ref={element} onSubmit={onSubmit} noValidate>
        <Form
          errorText={refusal === null ? undefined : `${m.create.nothingMade}: ${refusal}`}
          errorIconAriaLabel={m.errors.title}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button variant="link" formAction="none" href={to.servers} onFollow={follow}>
                {m.common.cancel}
              </Button>
              <Button variant="primary" loading={busy} data-testid="create-submit">
                {m.create.submit}
              </Button>
            </SpaceBetween>
          }
        >
          <SpaceBetween size="l">
            <BasicFields state={state} choices={choices} errors={errors} />
            <AccessFields state={state} choices={choices} />
            <ExtraFields state={state} choices={choices} />
            <Overview form={form} choices={choices} />
          </SpaceBetween>
        </Form>
      </form>
    </ContentLayout>
  );
}
