import AppLayout from "@cloudscape-design/components/app-layout";
import Flashbar from "@cloudscape-design/components/flashbar";
import SideNavigation, {
  type SideNavigationProps,
} from "@cloudscape-design/components/side-navigation";
import { useState } from "react";
import { PageGuard } from "../components/page_guard";
import { m } from "../i18n";
import { useNotices } from "./notices";
import { Page } from "./page";
import { PendingAttachments } from "./pending_attachments";
import { follow, partsOf, to, useHash } from "./router";
import { TopBar } from "./top_bar";

const kSections: SideNavigationProps.Item[] = [
  {
    type: "section-group",
    title: m.nav.compute,
    items: [
      { type: "link", text: m.nav.servers, href: to.servers },
      { type: "link", text: m.nav.images, href: to.images },
      { type: "link", text: m.nav.keys, href: to.keys },
    ],
  },
  {
    type: "section-group",
    title: m.nav.storage,
    items: [{ type: "link", text: m.nav.volumes, href: to.volumes }],
  },
  {
    type: "section-group",
    title: m.nav.network,
    items: [
      { type: "link", text: m.nav.networks, href: to.networks },
      { type: "link", text: m.nav.addresses, href: to.addresses },
    ],
  },
];

/** Too narrow for navigation beside the page: it then waits behind its button. */
const kNarrowPx = 960;

export default function Shell() {
  const [open, setOpen] = useState(() => window.innerWidth >= kNarrowPx);
  const { items } = useNotices();
  const hash = useHash();
  return (
    <>
      <TopBar />
      <PendingAttachments />
      <AppLayout
        headerSelector="#top-bar"
        navigationOpen={open}
        onNavigationChange={({ detail }) => setOpen(detail.open)}
        navigationWidth={220}
        navigation={
          <SideNavigation
            activeHref={`#/${partsOf(hash)[0] ?? ""}`}
            items={kSections}
            onFollow={(event) => {
              follow(event);
              if (window.innerWidth < kNarrowPx) setOpen(false);
            }}
          />
        }
        notifications={<Flashbar items={items} stackItems={items.length > 2} />}
        toolsHide
        content={
          <PageGuard key={hash}>
            <Page hash={hash} />
          </PageGuard>
        }
        ariaLabels={{
          navigation: m.nav.label,
          navigationToggle: m.nav.open,
          navigationClose: m.nav.close,
          notifications: m.nav.notices,
        }}
      />
    </>
  );
}
