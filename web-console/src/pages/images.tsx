import { deleteImage, listImages, type Image } from "../api/image";
import { useProject } from "../app/session";
import { usePolled } from "../app/use_polled";
import { ResourceTable } from "../components/resource_table";
import { Status } from "../components/status";
import { m } from "../i18n";
import { bytes, fullTime, timeAgo } from "../lib/format";

const kFollowMs = 5_000;

export function ImagesPage() {
  const project = useProject();
  const rows = usePolled("images", listImages, kFollowMs);
  return (
    <ResourceTable<Image>
      names={m.images}
      rows={rows}
      idOf={(i) => i.id}
      nameOf={(i) => i.name ?? i.id}
      textOf={(i) => [i.name, i.id, i.disk_format, i.visibility].join(" ")}
      sortBy={{ id: "name", descending: false }}
      remove={{ one: (i) => deleteImage(i.id), warning: "", can: (i) => i.owner === project.id }}
      columns={[
        {
          id: "name",
          header: m.common.name,
          cell: (i) => i.name ?? i.id,
          sortingField: "name",
          isRowHeader: true,
        },
        {
          id: "status",
          header: m.common.status,
          cell: (i) => <Status value={i.status} />,
          sortingField: "status",
        },
        {
          id: "format",
          header: m.images.format,
          cell: (i) => i.disk_format ?? "–",
          sortingField: "disk_format",
        },
        { id: "size", header: m.common.size, cell: (i) => bytes(i.size), sortingField: "size" },
        {
          id: "visibility",
          header: m.images.visibility,
          cell: visibility,
          sortingField: "visibility",
        },
        {
          id: "created",
          header: m.common.created,
          cell: (i) => <span title={fullTime(i.created_at)}>{timeAgo(i.created_at)}</span>,
          sortingField: "created_at",
        },
      ]}
    />
  );
}

function visibility(image: Image): string {
  switch (image.visibility) {
    case "public":
      return m.images.public;
    case "private":
      return m.images.private;
    case "shared":
      return m.images.shared;
    case "community":
      return m.images.community;
    default:
      return image.visibility;
  }
}
