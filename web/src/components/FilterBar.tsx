import { Button, Menu, MultiSelect, Select } from "@mantine/core";
import classes from "./FilterBar.module.css";
import { Icon } from "./Icon";
import { TextFilter } from "./TextFilter";

export interface FilterOption {
  readonly value: string;
  readonly label: string;
}

export interface FilterField {
  readonly name: string;
  readonly label: string;
  readonly kind: "text" | "choice" | "many";
  readonly options?: readonly FilterOption[];
  /** The page draws it; here it is cleared with the others. */
  readonly drawn?: boolean;
}

export type FilterValue = Readonly<Record<string, string | readonly string[] | null | undefined>>;

export interface FilterViews {
  readonly items: readonly { readonly name: string; readonly onOpen: () => void; readonly onDelete?: () => void }[];
  readonly onSave?: () => void;
}

interface Props {
  readonly fields: readonly FilterField[];
  readonly value: FilterValue;
  /** Only what changed; an empty text or list clears. */
  readonly onChange: (change: Readonly<Record<string, string | string[]>>) => void;
  readonly views?: FilterViews;
}

/** The filters of a list; they live in the address, so `value` is what `useSearchState` has. */
export function FilterBar(props: Props) {
  return (
    <search className={classes.bar}>
      <Filters {...props} />
    </search>
  );
}

/** The same where the page draws the bar, as its text stands before the rest is read. */
export function Filters({ fields, value, onChange, views }: Props) {
  const active = fields.filter((each) => isSet(value[each.name]));
  const undrawn = fields.filter((each) => each.drawn !== true);
  const clear = () =>
    onChange(Object.fromEntries(active.map((each) => [each.name, each.kind === "many" ? [] : ""] as const)));
  return (
    <>
      {undrawn.map((field) => (
        <Field
          key={field.name}
          field={field}
          value={value[field.name]}
          onChange={(next) => onChange({ [field.name]: next })}
        />
      ))}
      {active.length > 0 && (
        <Button variant="subtle" size="compact-sm" onClick={clear}>
          Clear filters
        </Button>
      )}
      {views !== undefined && <Views views={views} />}
    </>
  );
}

interface FieldProps {
  readonly field: FilterField;
  readonly value: string | readonly string[] | null | undefined;
  readonly onChange: (next: string | string[]) => void;
}

function Field({ field, value, onChange }: FieldProps) {
  if (field.kind === "text") {
    return <TextFilter label={field.label} value={typeof value === "string" ? value : ""} onChange={onChange} />;
  }
  const data = (field.options ?? []).map((each) => ({ ...each }));
  if (field.kind === "choice") {
    return (
      <Select
        className={classes.field ?? ""}
        aria-label={field.label}
        placeholder={field.label}
        data={data}
        clearable
        clearButtonProps={{ "aria-label": `Clear ${field.label}` }}
        searchable={data.length > 8}
        value={typeof value === "string" && value !== "" ? value : null}
        onChange={(next) => onChange(next ?? "")}
      />
    );
  }
  const chosen = Array.isArray(value) ? value : [];
  return (
    <MultiSelect
      className={classes.field ?? ""}
      aria-label={field.label}
      placeholder={chosen.length === 0 ? field.label : ""}
      data={data}
      clearable
      clearButtonProps={{ "aria-label": `Clear ${field.label}` }}
      searchable={data.length > 8}
      value={[...chosen]}
      onChange={onChange}
    />
  );
}

function Views({ views }: { readonly views: FilterViews }) {
  const deletable = views.items.filter((each) => each.onDelete !== undefined);
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <Button variant="default" leftSection={<Icon name="star" size={16} />} className={classes.views ?? ""}>
          Saved views
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {views.items.length === 0 && <Menu.Label>No view is saved yet</Menu.Label>}
        {views.items.map((each) => (
          <Menu.Item key={each.name} onClick={each.onOpen}>
            {each.name}
          </Menu.Item>
        ))}
        {deletable.length > 0 && (
          <>
            <Menu.Divider />
            {deletable.map((each) => (
              <Menu.Item
                key={each.name}
                c="var(--problem)"
                leftSection={<Icon name="trash" size={16} />}
                onClick={each.onDelete}
              >
                Delete {each.name}
              </Menu.Item>
            ))}
          </>
        )}
        {views.onSave !== undefined && (
          <>
            <Menu.Divider />
            <Menu.Item leftSection={<Icon name="plus" size={16} />} onClick={views.onSave}>
              Save these filters as a view
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function isSet(value: string | readonly string[] | null | undefined): boolean {
  return value !== undefined && value !== null && value.length > 0;
}
