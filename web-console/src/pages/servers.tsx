import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import type { TableProps } from "@cloudscape-design/components/table";
import Link from "@cloudscape-design/components/link";
import { useEffect, useMemo } from "react";
import * as compute from "../api/compute";
import type { Server } from "../api/compute";
import { listImages, type Image } from "../api/image";
import { projectCost } from "../api/metering";
import { useNotices } from "../app/notices";
import { follow, to } from "../app/router";
import { useProject } from "../app/session";
import { usePolled } from "../app/use_polled";
import { CostFigure, Rate } from "../components/cost_figure";
import { ResourceTable } from "../components/resource_table";
import { ServerStatus } from "../components/status";
import { m } from "../i18n";
import { Feed } from "../lib/feed";
import { fullTime, timeAgo } from "../lib/format";
import { addressesOf, imageName } from "../lib/server_text";

const kFollowMs = 2_000;
const kCostMs = 15_000;

export function ServersPage() {
  const project = useProject();
  const feed = useMemo(
    () => new Feed<Server>({ all: compute.listServers, since: compute.serversChangedSince }),
    [],
  );
  const servers = usePolled(`servers ${project.id}`, (signal) => feed.next(signal), kFollowMs);
  const images = usePolled("images", listImages, null);
  const columns = useMemo(() => columnsWith(images.data ?? []), [images.data]);
  const rows = {
    ...servers,
    refresh: () => {
      feed.restart();
      servers.refresh();
    },
  };
  return (
    <ResourceTable<Server>
      names={m.servers}
      rows={rows}
      columns={columns}
      idOf={(s) => s.id}
      nameOf={(s) => s.name}
      textOf={(s) =>
        [
          s.name,
          s.id,
          s.status,
          m.status[s.status],
          s.flavor.original_name,
          imageName(s, images.data ?? []),
        ]
          .concat(addressesOf(s).map((a) => a.addr))
          .join(" ")
      }
      description={<ProjectCost projectId={project.id} servers={servers.data ?? []} />}
      sortBy={{ id: "created", descending: true }}
      actions={(selected) => <PowerActions selected={selected} onDone={servers.refresh} />}
      remove={{ one: (s) => compute.deleteServer(s.id), warning: m.servers.deleteText }}
      createButton={
        <Button variant="primary" href={to.createServer} onFollow={follow}>
          {m.servers.create}
        </Button>
      }
    />
  );
}

function columnsWith(images: Image[]): TableProps.ColumnDefinition<Server>[] {
  return [
    {
      id: "name",
      header: m.common.name,
      cell: (s) => (
        <Link href={to.server(s.id)} onFollow={follow}>
          {s.name}
        </Link>
      ),
      sortingField: "name",
      isRowHeader: true,
    },
    {
      id: "status",
      header: m.common.status,
      cell: (s) => <ServerStatus server={s} />,
      sortingField: "status",
      minWidth: 180,
    },
    {
      id: "addresses",
      header: m.servers.addresses,
      cell: (s) => addressesOf(s).map((a) => <div key={a.addr}>{a.addr}</div>),
      sortingComparator: (a, b) =>
        firstAddress(a).localeCompare(firstAddress(b), undefined, { numeric: true }),
    },
    {
      id: "flavor",
      header: m.servers.flavor,
      cell: (s) => s.flavor.original_name ?? "–",
      sortingComparator: (a, b) =>
        (a.flavor.original_name ?? "").localeCompare(b.flavor.original_name ?? "", undefined, {
          numeric: true,
        }),
    },
    {
      id: "image",
      header: m.servers.image,
      cell: (s) => imageName(s, images),
      sortingComparator: (a, b) => imageName(a, images).localeCompare(imageName(b, images)),
    },
    {
      id: "created",
      header: m.common.created,
      cell: (s) => (
        <span className="nowrap" title={fullTime(s.created)}>
          {timeAgo(s.created)}
        </span>
      ),
      sortingField: "created",
    },
  ];
}

function firstAddress(server: Server): string {
  return addressesOf(server)[0]?.addr ?? "";
}

function PowerActions({ selected, onDone }: { selected: Server[]; onDone: () => void }) {
  const notices = useNotices();
  const idle = selected.filter((s) => !s["OS-EXT-STS:task_state"]);
  const running = idle.filter((s) => s.status === "ACTIVE");
  const stopped = idle.filter((s) => s.status === "SHUTOFF");
  const run = (id: string): void => {
    const names = (rows: Server[]): string => rows.map((s) => s.name).join(", ");
    const [rows, action, text] =
      id === "start"
        ? ([stopped, { "os-start": null }, m.servers.started(names(stopped))] as const)
        : id === "stop"
          ? ([running, { "os-stop": null }, m.servers.stopped(names(running))] as const)
          : ([running, { reboot: { type: "SOFT" } }, m.servers.rebooting(names(running))] as const);
    Promise.all(rows.map((s) => compute.act(s.id, action)))
      .then(() => notices.say(text))
      .catch((error: unknown) => notices.fail(error))
      .finally(onDone);
  };
  return (
    <ButtonDropdown
      disabled={selected.length === 0}
      items={[
        { id: "start", text: m.servers.start, disabled: stopped.length === 0 },
        { id: "stop", text: m.servers.stop, disabled: running.length === 0 },
        { id: "reboot", text: m.servers.reboot, disabled: running.length === 0 },
      ]}
      onItemClick={({ detail }) => run(detail.id)}
    >
      {m.common.actions}
    </ButtonDropdown>
  );
}

function ProjectCost({ projectId, servers }: { projectId: string; servers: Server[] }) {
  const cost = usePolled(`cost ${projectId}`, (signal) => projectCost(projectId, signal), kCostMs);
  const states = servers.map((s) => s.id + s.status).join();
  const refreshCost = cost.refresh;
  // Starting and ending are what changes the rate.
  useEffect(() => refreshCost(), [states, refreshCost]);
  if (cost.data === undefined) return null;
  return (
    <>
      {m.servers.cost} <CostFigure cost={cost.data} receivedAt={cost.receivedAt} places={4} />
      {" · "}
      <Rate value={cost.data.rate_per_hour} currency={cost.data.currency} /> {m.servers.costRate}
    </>
  );
}
