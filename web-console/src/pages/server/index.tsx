import Alert from "@cloudscape-design/components/alert";
import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import ContentLayout from "@cloudscape-design/components/content-layout";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import { useEffect, useRef, useState } from "react";
import * as compute from "../../api/compute";
import { isMissing } from "../../api/errors";
import { useNotices } from "../../app/notices";
import { follow, go, to } from "../../app/router";
import { usePolled } from "../../app/use_polled";
import { PageLoading } from "../../components/page_loading";
import { isBusy } from "../../components/status";
import { m } from "../../i18n";
import { MissingPage } from "../missing";
import { Addresses } from "./addresses";
import { CostPanel } from "./cost";
import { Events } from "./events";
import { ServerHeader } from "./header";
import { ConsoleLog } from "./log";
import { Summary } from "./summary";
import { Volumes } from "./volumes";

const kFollowMs = 2_000;

export function ServerPage({ id }: { id: string }) {
  const notices = useNotices();
  const polled = usePolled(`server ${id}`, (signal) => compute.getServer(id, signal), kFollowMs);
  const [tab, setTab] = useState("overview");
  const deleting = useRef(false);
  const server = polled.data;
  const gone = isMissing(polled.error) || server?.status === "DELETED";
  const name = server?.name ?? "";

  useEffect(() => {
    if (!gone || !deleting.current) return;
    notices.succeed(m.server.deleted(name));
    deleting.current = false;
    go(to.servers);
    // Only the moment of going matters.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [gone]);

  if (gone) return <MissingPage title={m.server.missing} text={m.server.missingText} />;
  if (server === undefined) {
    return polled.error === undefined ? (
      <PageLoading />
    ) : (
      <Alert type="warning">{m.errors.stale}</Alert>
    );
  }
  return (
    <ContentLayout
      breadcrumbs={
        <BreadcrumbGroup
          items={[
            { text: m.servers.title, href: to.servers },
            { text: server.name, href: to.server(id) },
          ]}
          onFollow={follow}
        />
      }
      header={
        <ServerHeader
          server={server}
          onChanged={polled.refresh}
          onDeleting={() => {
            deleting.current = true;
          }}
        />
      }
    >
      <SpaceBetween size="l">
        {polled.error !== undefined && <Alert type="warning">{m.errors.stale}</Alert>}
        {server.status === "ERROR" && server.fault && (
          <Alert type="error" header={m.server.faultTitle}>
            <p>{server.fault.message}</p>
            <p>{m.server.faultHelp}</p>
          </Alert>
        )}
        <Tabs
          activeTabId={tab}
          onChange={({ detail }) => setTab(detail.activeTabId)}
          tabs={[
            {
              id: "overview",
              label: m.server.overview,
              content: (
                <SpaceBetween size="l">
                  <Summary server={server} />
                  <Addresses server={server} onChanged={polled.refresh} />
                  <Volumes server={server} onChanged={polled.refresh} />
                </SpaceBetween>
              ),
            },
            { id: "log", label: m.server.log, content: <ConsoleLog server={server} /> },
            { id: "cost", label: m.server.cost, content: <CostPanel serverId={id} /> },
            {
              id: "events",
              label: m.server.events,
              content: <Events serverId={id} busy={isBusy(server)} />,
            },
          ]}
        />
      </SpaceBetween>
    </ContentLayout>
  );
}
