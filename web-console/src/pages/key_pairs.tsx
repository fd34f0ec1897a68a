import Button from "@cloudscape-design/components/button";
import { useState } from "react";
import { deleteKeyPair, listKeyPairs, type KeyPair } from "../api/compute";
import { usePolled } from "../app/use_polled";
import { NewKeyPair } from "../components/new_key_pair";
import { ResourceTable } from "../components/resource_table";
import { m } from "../i18n";

const kFollowMs = 10_000;

export function KeyPairsPage() {
  const [making, setMaking] = useState(false);
  const rows = usePolled("key pairs", listKeyPairs, kFollowMs);
  return (
    <>
      <ResourceTable<KeyPair>
        names={m.keys}
        rows={rows}
        idOf={(k) => k.name}
        nameOf={(k) => k.name}
        textOf={(k) => `${k.name} ${k.fingerprint}`}
        sortBy={{ id: "name", descending: false }}
        remove={{ one: (k) => deleteKeyPair(k.name), warning: "" }}
        createButton={
          <Button variant="primary" onClick={() => setMaking(true)}>
            {m.keys.create}
          </Button>
        }
        columns={[
          {
            id: "name",
            header: m.common.name,
            cell: (k) => k.name,
            sortingField: "name",
            isRowHeader: true,
          },
          { id: "type", header: m.keys.type, cell: (k) => k.type ?? "ssh" },
          { id: "fingerprint", header: m.keys.fingerprint, cell: (k) => k.fingerprint },
        ]}
      />
      {making && <NewKeyPair onDone={rows.refresh} onClose={() => setMaking(false)} />}
    </>
  );
}
