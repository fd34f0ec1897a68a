import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { follow, to } from "../app/router";
import { m } from "../i18n";

export function MissingPage({ title, text }: { title: string; text?: string }) {
  return (
    <Box textAlign="center" padding={{ vertical: "xxxl" }}>
      <SpaceBetween size="m">
        <Box variant="h1">{title}</Box>
        {text && <Box color="text-body-secondary">{text}</Box>}
        <Button href={to.servers} onFollow={follow}>
          {m.server.back}
        </Button>
      </SpaceBetween>
    </Box>
  );
}
