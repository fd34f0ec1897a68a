import { useCollection } from "@cloudscape-design/collection-hooks";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import CollectionPreferences from "@cloudscape-design/components/collection-preferences";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useState, type ReactNode } from "react";
import type { Polled } from "../app/use_polled";
import { m } from "../i18n";
import { DeleteMany, type ResourceNames } from "./delete_many";

export interface ResourceTableProps<T> {
  names: ResourceNames & { title: string; emptyTitle: string; emptyText: string };
  rows: Polled<T[]>;
  columns: TableProps.ColumnDefinition<T>[];
  idOf: (row: T) => string;
  nameOf: (row: T) => string;
  /** Everything the filter looks at, as one text. */
  textOf: (row: T) => string;
  description?: ReactNode;
  /** Buttons beside delete, for what is selected. */
  actions?: (selected: T[]) => ReactNode;
  createButton?: ReactNode;
  remove?: { one: (row: T) => Promise<void>; warning: string; can?: (row: T) => boolean };
  sortBy?: { id: string; descending: boolean };
}

const kPageSizes = [10, 20, 50, 100];

/** A list with search, sort, pages, selection and delete: the same for every kind of resource. */
export function ResourceTable<T>(props: ResourceTableProps<T>) {
  const { names, rows, columns, idOf, nameOf } = props;
  const [pageSize, setPageSize] = useState(20);
  const [asking, setAsking] = useState<T[] | null>(null);
  const known = rows.data ?? [];
  const sorting = columns.find((column) => column.id === props.sortBy?.id);
  const { items, actions, filteredItemsCount, collectionProps, filterProps, paginationProps } =
    useCollection(known, {
      filtering: {
        filteringFunction: (row, text) =>
          props.textOf(row).toLowerCase().includes(text.toLowerCase()),
        empty: (
          <Empty title={names.emptyTitle} text={names.emptyText} action={props.createButton} />
        ),
        noMatch: (
          <Empty
            title={m.table.noMatch}
            text={m.table.noMatchHelp}
            action={<Button onClick={() => actions.setFiltering("")}>{m.table.clear}</Button>}
          />
        ),
      },
      pagination: { pageSize },
      sorting: sorting
        ? {
            defaultState: {
              sortingColumn: sorting,
              isDescending: props.sortBy?.descending ?? false,
            },
          }
        : {},
      selection: { keepSelection: true, trackBy: idOf },
    });
  // Selected rows as they are now, without those that are gone.
  const chosen = new Set((collectionProps.selectedItems ?? []).map(idOf));
  const selected = known.filter((row) => chosen.has(idOf(row)));
  const { remove } = props;
  const removable = remove?.can ? selected.filter(remove.can) : selected;

  return (
    <>
      <Table<T>
        {...collectionProps}
        items={items}
        selectedItems={selected}
        columnDefinitions={columns}
        trackBy={idOf}
        variant="full-page"
        stickyHeader
        enableKeyboardNavigation
        selectionType={remove || props.actions ? "multi" : undefined}
        loading={rows.data === undefined && rows.error === undefined}
        loadingText={m.common.loading}
        ariaLabels={{
          tableLabel: names.title,
          allItemsSelectionLabel: () => m.table.selectAll,
          itemSelectionLabel: (_, row) => m.table.select(nameOf(row)),
        }}
        header={
          <Header
            variant="awsui-h1-sticky"
            counter={rows.data ? counter(selected.length, known.length) : undefined}
            description={
              rows.error !== undefined ? (
                <StatusIndicator type="warning">{m.errors.stale}</StatusIndicator>
              ) : (
                props.description
              )
            }
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button iconName="refresh" ariaLabel={m.common.refresh} onClick={rows.refresh} />
                {props.actions?.(selected)}
                {remove && (
                  <Button disabled={removable.length === 0} onClick={() => setAsking(removable)}>
                    {m.common.delete}
                  </Button>
                )}
                {props.createButton}
              </SpaceBetween>
            }
          >
            {names.title}
          </Header>
        }
        filter={
          <TextFilter
            {...filterProps}
            filteringPlaceholder={m.table.find(names.many)}
            filteringAriaLabel={m.table.find(names.many)}
            countText={m.table.matches(filteredItemsCount ?? 0)}
          />
        }
        pagination={
          <Pagination
            {...paginationProps}
            ariaLabels={{
              nextPageLabel: m.table.next,
              previousPageLabel: m.table.previous,
              pageLabel: (n) => m.table.page(n),
            }}
          />
        }
        preferences={
          <CollectionPreferences
            title={m.table.preferences}
            confirmLabel={m.common.confirm}
            cancelLabel={m.common.cancel}
            preferences={{ pageSize }}
            pageSizePreference={{
              title: m.table.pageSize,
              options: kPageSizes.map((value) => ({ value, label: m.table.rows(value) })),
            }}
            onConfirm={({ detail }) => setPageSize(detail.pageSize ?? pageSize)}
          />
        }
      />
      {asking && remove && (
        <DeleteMany
          rows={asking}
          names={names}
          nameOf={nameOf}
          warning={remove.warning}
          deleteOne={remove.one}
          onClose={() => {
            setAsking(null);
            actions.setSelectedItems([]);
            rows.refresh();
          }}
        />
      )}
    </>
  );
}

function counter(selected: number, all: number): string {
  return selected > 0 ? `(${selected}/${all})` : `(${all})`;
}

function Empty({ title, text, action }: { title: string; text: string; action: ReactNode }) {
  return (
    <Box textAlign="center" padding={{ vertical: "xl" }}>
      <SpaceBetween size="m">
        <div>
          <Box variant="h3" padding="n">
            {title}
          </Box>
          <Box color="text-body-secondary">{text}</Box>
        </div>
        {action}
      </SpaceBetween>
    </Box>
  );
}
