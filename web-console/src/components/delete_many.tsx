import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { errorText, isMissing } from "../api/errors";
import { useNotices } from "../app/notices";
import { m } from "../i18n";
import { Confirm } from "./confirm";

export interface ResourceNames {
  one: string;
  many: string;
}

interface DeleteManyProps<T> {
  rows: T[];
  names: ResourceNames;
  nameOf: (row: T) => string;
  warning: string;
  deleteOne: (row: T) => Promise<void>;
  onClose: () => void;
}

/** Names listed in the question; of more, the count says enough. */
const kNamesShown = 8;

export function DeleteMany<T>({
  rows,
  names,
  nameOf,
  warning,
  deleteOne,
  onClose,
}: DeleteManyProps<T>) {
  const notices = useNotices();
  const run = async (): Promise<void> => {
    const results = await Promise.allSettled(rows.map(deleteOne));
    const refused: string[] = [];
    results.forEach((result, i) => {
      const row = rows[i];
      // What is already gone is what was asked for.
      if (result.status === "rejected" && !isMissing(result.reason) && row !== undefined) {
        refused.push(`${nameOf(row)}: ${errorText(result.reason)}`);
      }
    });
    const done = rows.length - refused.length;
    if (refused.length === 0) notices.say(m.table.deleteAsked(done, names.one, names.many));
    else
      notices.fail(new Error(refused.join(" ")), m.table.deleteSome(refused.length, rows.length));
  };
  return (
    <Confirm
      title={m.table.deleteTitle(rows.length, names.one, names.many)}
      action={m.common.delete}
      onConfirm={run}
      onClose={onClose}
    >
      <SpaceBetween size="s">
        <Box>
          <ul>
            {rows.slice(0, kNamesShown).map((row, i) => (
              <li key={i}>{nameOf(row)}</li>
            ))}
            {rows.length > kNamesShown && <li>…</li>}
          </ul>
        </Box>
        <Box>
          {warning} {m.table.deleteText}
        </Box>
      </SpaceBetween>
    </Confirm>
  );
}
