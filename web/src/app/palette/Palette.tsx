import { Modal, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useId, useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem, sentence } from "@/api/problem";
import { Badge } from "@/components/Badge";
import { Icon, type IconName } from "@/components/Icon";
import { pagePath } from "@/lib/url";
import { groups } from "../shell/Rail";
import classes from "./Palette.module.css";
import { searchQuery, targetOf } from "./search";
import { takeTyped } from "./state";

interface Option {
  readonly id: string;
  readonly icon: IconName;
  readonly label: string;
  readonly hint: string;
  readonly archived: boolean;
  readonly path: string;
  readonly search: Readonly<Record<string, string>>;
}

/** Anything by its name: pages, environments, and all that the project has. */
export default function Palette({ onClose }: { readonly onClose: () => void }) {
  const { project, environments } = usePlace();
  const navigate = useNavigate();
  const list = useId();
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const [asked] = useDebouncedValue(text.trim(), 120);
  const found = useQuery({ ...searchQuery(project.key, asked), enabled: asked !== "" });
  const matches = (label: string) => label.toLowerCase().includes(text.trim().toLowerCase());

  const pages: Option[] = groups
    .flatMap((group) => group.pages)
    .filter((page) => matches(page.label))
    .map((page) => ({
      id: `page ${page.path}`,
      icon: page.icon,
      label: page.label,
      hint: `g ${page.key}`,
      archived: false,
      path: pagePath(project.key, page.path),
      search: {},
    }));
  const switches: Option[] = environments
    .filter((each) => text.trim() !== "" && matches(each.name))
    .map((each) => ({
      id: `environment ${each.key}`,
      icon: "layers",
      label: `Switch to ${each.name}`,
      hint: "Environment",
      archived: false,
      path: ".",
      search: { env: each.key },
    }));
  const entities: Option[] = (asked === "" ? [] : (found.data?.items ?? [])).map((each) => {
    const target = targetOf(project.key, each);
    const where = each.environment === null ? "" : ` in ${each.environment}`;
    return {
      id: `${each.kind} ${each.environment ?? ""} ${each.key}`,
      icon: target.icon,
      label: each.name,
      hint: `${target.word} ${each.key}${where}`,
      archived: each.archived,
      path: target.path,
      search: target.search,
    };
  });
  const options = text.trim() === "" ? pages : [...entities, ...pages, ...switches];
  const chosen = Math.min(active, options.length - 1);

  const go = (option: Option | undefined) => {
    if (option === undefined) return;
    onClose();
    void navigate({
      to: option.path,
      search: ((before: Record<string, unknown>) =>
        option.path === "." ? { ...before, ...option.search } : option.search) as never,
    });
  };

  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && options.length > 0) {
      event.preventDefault();
      const next = (chosen + step + options.length) % options.length;
      setActive(next);
      document.getElementById(`${list}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") go(options[chosen]);
  };

  return (
    <Modal.Root opened onClose={onClose} size="lg" yOffset="10vh">
      <Modal.Overlay />
      <Modal.Content aria-label="Find anything">
        <TextInput
          aria-label="Find anything"
          placeholder="Find anything, go anywhere"
          leftSection={<Icon name="search" size={18} />}
          size="lg"
          variant="unstyled"
          data-autofocus
          role="combobox"
          aria-expanded
          aria-controls={list}
          aria-activedescendant={options.length > 0 ? `${list}-${chosen}` : undefined}
          value={text}
          onFocus={() => {
            const typed = takeTyped();
            setText((before) => before + typed);
          }}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setActive(0);
          }}
          onKeyDown={onKey}
        />
        <div id={list} role="listbox" aria-label="Results" className={classes.list}>
          {options.map((option, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field
            <div
              key={option.id}
              id={`${list}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === chosen}
              className={classes.item}
              onClick={() => go(option)}
              onMouseMove={() => setActive(index)}
            >
              <Icon name={option.icon} size={18} />
              <span className={classes.label}>
                {option.label} {option.archived && <Badge>archived</Badge>}
              </span>
              <span className={classes.hint}>{option.hint}</span>
            </div>
          ))}
        </div>
        {found.isError && <p className={classes.none}>{sentence(asProblem(found.error))}</p>}
        {options.length === 0 && !found.isFetching && !found.isError && (
          <p className={classes.none}>Nothing is called “{text.trim()}”.</p>
        )}
      </Modal.Content>
    </Modal.Root>
  );
}
