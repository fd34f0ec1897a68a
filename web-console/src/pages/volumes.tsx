import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import { useState } from "react";
import { createVolume, deleteVolume, listVolumes, type Volume } from "../api/volume";
import { useNotices } from "../app/notices";
import { follow, to } from "../app/router";
import { useProject } from "../app/session";
import { usePolled } from "../app/use_polled";
import { FormModal } from "../components/form_modal";
import { ResourceTable } from "../components/resource_table";
import { Status } from "../components/status";
import { m } from "../i18n";
import { fullTime, timeAgo } from "../lib/format";
import { parseGib, volumeName } from "../lib/volume_text";

const kFollowMs = 3_000;

export function VolumesPage() {
  const project = useProject();
  const [making, setMaking] = useState(false);
  const rows = usePolled(
    `volumes ${project.id}`,
    (signal) => listVolumes(project.id, signal),
    kFollowMs,
  );
  return (
    <>
      <ResourceTable<Volume>
        names={m.volumes}
        rows={rows}
        idOf={(v) => v.id}
        nameOf={volumeName}
        textOf={(v) => [v.name, v.id, v.status, m.status[v.status]].join(" ")}
        sortBy={{ id: "created", descending: true }}
        remove={{
          one: (v) => deleteVolume(project.id, v.id),
          warning: "",
          can: (v) => v.attachments.length === 0,
        }}
        createButton={
          <Button variant="primary" onClick={() => setMaking(true)}>
            {m.volumes.create}
          </Button>
        }
        columns={[
          {
            id: "name",
            header: m.common.name,
            cell: volumeName,
            sortingField: "name",
            isRowHeader: true,
          },
          {
            id: "status",
            header: m.common.status,
            cell: (v) => <Status value={v.status} />,
            sortingField: "status",
          },
          {
            id: "size",
            header: m.common.size,
            cell: (v) => m.volumes.gib(v.size),
            sortingField: "size",
          },
          {
            id: "attached",
            header: m.volumes.attachedTo,
            cell: (v) =>
              v.attachments.length === 0
                ? "–"
                : v.attachments.map((a) => (
                    <Link key={a.server_id} href={to.server(a.server_id)} onFollow={follow}>
                      {`${a.server_id.slice(0, 8)} (${a.device})`}
                    </Link>
                  )),
          },
          {
            id: "created",
            header: m.common.created,
            cell: (v) => <span title={fullTime(v.created_at)}>{timeAgo(v.created_at)}</span>,
            sortingField: "created_at",
          },
        ]}
      />
      {making && (
        <NewVolume projectId={project.id} onDone={rows.refresh} onClose={() => setMaking(false)} />
      )}
    </>
  );
}

function NewVolume(props: { projectId: string; onDone: () => void; onClose: () => void }) {
  const notices = useNotices();
  const [name, setName] = useState("");
  const [size, setSize] = useState("10");
  const submit = async (): Promise<void> => {
    const gib = parseGib(size);
    if (gib === null) throw new Error(m.create.volumeSizeBad);
    const made = await createVolume(props.projectId, name.trim(), gib);
    notices.say(m.volumes.made(volumeName(made)));
    props.onDone();
  };
  return (
    <FormModal
      title={m.volumes.create}
      action={m.common.create}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <FormField label={m.common.name} stretch>
        <Input
          name="volume-name"
          value={name}
          onChange={({ detail }) => setName(detail.value)}
          autoFocus
        />
      </FormField>
      <FormField label={m.volumes.sizeLabel} stretch>
        <Input
          name="volume-size"
          inputMode="numeric"
          value={size}
          onChange={({ detail }) => setSize(detail.value)}
        />
      </FormField>
    </FormModal>
  );
}
