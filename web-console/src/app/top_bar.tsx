import TopNavigation from "@cloudscape-design/components/top-navigation";
import { m } from "../i18n";
import { useNotices } from "./notices";
import { forgetAttachments } from "./pending_attachments";
import { to } from "./router";
import { useSession } from "./session";
import { useTheme } from "./theme";

export function TopBar() {
  const { session, changeProject, end } = useSession();
  const { dark, toggle } = useTheme();
  const notices = useNotices();
  if (session === null) return null;
  const themeText = dark ? m.nav.light : m.nav.dark;
  return (
    <div id="top-bar">
      <TopNavigation
        identity={{ href: to.servers, title: m.product, logo: { src: "/favicon.svg", alt: "" } }}
        utilities={[
          {
            type: "menu-dropdown",
            iconName: "folder",
            text: session.project.name,
            ariaLabel: `${m.nav.project}: ${session.project.name}`,
            description: m.nav.project,
            items: session.projects.map((project) => ({
              id: project.id,
              text: project.name,
              iconName: project.id === session.project.id ? "check" : undefined,
            })),
            onItemClick: ({ detail }) => {
              changeProject(detail.id).catch((error: unknown) => notices.fail(error));
            },
          },
          {
            type: "button",
            iconSvg: dark ? <SunIcon /> : <MoonIcon />,
            ariaLabel: themeText,
            title: themeText,
            onClick: toggle,
          },
          {
            type: "menu-dropdown",
            iconName: "user-profile",
            text: session.userName,
            items: [{ id: "sign-out", text: m.nav.signOut }],
            onItemClick: () => {
              notices.clear();
              forgetAttachments();
              end();
            },
          },
        ]}
      />
    </div>
  );
}

function SunIcon() {
  return (
    <svg viewBox="0 0 16 16" focusable="false" aria-hidden="true">
      <circle cx="8" cy="8" r="3" />
      <path d="M8 1v2M8 13v2M1 8h2M13 8h2M3 3l1.5 1.5M11.5 11.5 13 13M13 3l-1.5 1.5M4.5 11.5 3 13" />
    </svg>
  );
}

function MoonIcon() {
  return (
    <svg viewBox="0 0 16 16" focusable="false" aria-hidden="true">
      <path d="M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3z" />
    </svg>
  );
}
