import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import { attachVolume, detachVolume, type Server } from "../../api/compute";
import { listVolumes, type Volume } from "../../api/volume";
import { useNotices } from "../../app/notices";
import { useProject } from "../../app/session";
import { usePolled } from "../../app/use_polled";
import { Confirm } from "../../components/confirm";
import { FormModal } from "../../components/form_modal";
import { Status } from "../../components/status";
import { m } from "../../i18n";
import { volumeName } from "../../lib/volume_text";

const kRefreshMs = 4_000;

export function Volumes({ server, onChanged }: { server: Server; onChanged: () => void }) {
  const notices = useNotices();
  const project = useProject();
  const volumes = usePolled(
    `volumes ${project.id}`,
    (signal) => listVolumes(project.id, signal),
    kRefreshMs,
  );
  const [attaching, setAttaching] = useState(false);
  const [detaching, setDetaching] = useState<Volume | null>(null);
  const all = volumes.data ?? [];
  const attached = all.filter((v) => v.attachments.some((a) => a.server_id === server.id));
  const changed = (): void => {
    volumes.refresh();
    onChanged();
  };
  const detach = async (volume: Volume): Promise<void> => {
    try {
      await detachVolume(server.id, volume.id);
      notices.say(m.volumes.detached(volumeName(volume)));
    } catch (error) {
      notices.fail(error);
    }
    changed();
  };
  return (
    <>
      <Table<Volume>
        header={
          <Header
            variant="h2"
            actions={<Button onClick={() => setAttaching(true)}>{m.volumes.attach}</Button>}
          >
            {m.server.volumes}
          </Header>
        }
        items={attached}
        trackBy="id"
        loading={volumes.data === undefined && volumes.error === undefined}
        loadingText={m.common.loading}
        empty={volumes.error === undefined ? m.volumes.noneAttached : m.errors.stale}
        columnDefinitions={[
          { id: "name", header: m.common.name, cell: volumeName, isRowHeader: true },
          { id: "status", header: m.common.status, cell: (v) => <Status value={v.status} /> },
          { id: "size", header: m.common.size, cell: (v) => m.volumes.gib(v.size) },
          {
            id: "device",
            header: m.volumes.device,
            cell: (v) => v.attachments.find((a) => a.server_id === server.id)?.device ?? "–",
          },
          {
            id: "actions",
            header: "",
            cell: (v) => (
              <Button
                variant="inline-link"
                ariaLabel={`${m.volumes.detach} ${volumeName(v)}`}
                disabled={v.status !== "in-use"}
                onClick={() => setDetaching(v)}
              >
                {m.volumes.detach}
              </Button>
            ),
          },
        ]}
      />
      {attaching && (
        <AttachVolume
          serverId={server.id}
          free={all.filter((v) => v.status === "available")}
          onDone={(volume) => {
            notices.say(m.volumes.attached(volumeName(volume)));
            changed();
          }}
          onClose={() => setAttaching(false)}
        />
      )}
      {detaching && (
        <Confirm
          title={m.volumes.detachTitle(volumeName(detaching))}
          action={m.volumes.detach}
          onConfirm={() => detach(detaching)}
          onClose={() => setDetaching(null)}
        >
          {m.volumes.detachText}
        </Confirm>
      )}
    </>
  );
}

interface AttachVolumeProps {
  serverId: string;
  free: Volume[];
  onDone: (volume: Volume) => void;
  onClose: () => void;
}

function AttachVolume({ serverId, free, onDone, onClose }: AttachVolumeProps) {
  const [picked, setPicked] = useState<string | null>(null);
  const volume = free.find((v) => v.id === picked) ?? free[0];
  const option = (v: Volume) => ({
    value: v.id,
    label: volumeName(v),
    description: m.volumes.gib(v.size),
  });
  const submit = async (): Promise<void> => {
    if (!volume) throw new Error(m.volumes.noneFree);
    await attachVolume(serverId, volume.id);
    onDone(volume);
  };
  return (
    <FormModal
      title={m.volumes.attach}
      action={m.volumes.attach}
      onSubmit={submit}
      onClose={onClose}
    >
      <FormField label={m.volumes.pick} stretch>
        <Select
          options={free.map(option)}
          selectedOption={volume ? option(volume) : null}
          onChange={({ detail }) => setPicked(detail.selectedOption.value ?? null)}
          empty={m.volumes.noneFree}
        />
      </FormField>
    </FormModal>
  );
}
