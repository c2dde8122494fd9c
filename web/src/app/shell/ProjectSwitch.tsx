import { Menu, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { meQuery, projectQuery, projectsQuery } from "@/api/shared-queries";
import { Icon } from "@/components/Icon";
import { useParams } from "@/lib/url";
import classes from "./ProjectSwitch.module.css";

/** From how many projects on they are found by typing. */
const SEARCHED_FROM = 8;

export default function ProjectSwitch({ onNavigate }: { readonly onNavigate: () => void }) {
  const { project: key } = useParams();
  const person = useQuery(meQuery).data;
  const organizations = person?.organizations ?? [];
  const current = useQuery(projectQuery(key)).data;
  const projects = useQuery({ ...projectsQuery(organizations), enabled: person !== undefined }).data ?? [];
  const [text, setText] = useState("");
  const navigate = useNavigate();
  const shown = projects.filter((each) => `${each.name} ${each.key}`.toLowerCase().includes(text.toLowerCase()));
  const home = organizations.find((each) => each.id === current?.organization_id);

  const go = (to: string) => {
    setText("");
    onNavigate();
    void navigate({ to });
  };

  return (
    <Menu width={280} position="bottom-start" offset={4}>
      <Menu.Target>
        <UnstyledButton className={classes.switch} aria-label={`Project ${current?.name ?? key}, change it`}>
          <span className={classes.mark}>{(current?.name ?? key).charAt(0).toUpperCase()}</span>
          <span className={classes.names}>
            <span className={classes.project}>{current?.name ?? key}</span>
            <span className={classes.organization}>{home?.name}</span>
          </span>
          <Icon name="chevron" size={16} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown className={classes.list ?? ""}>
        {projects.length >= SEARCHED_FROM && (
          <Menu.Search
            placeholder="Find a project"
            aria-label="Find a project"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
        {organizations.map((organization) => {
          const own = shown.filter((each) => each.organization_id === organization.id);
          if (own.length === 0) return null;
          return (
            <div key={organization.id}>
              <Menu.Label>{organization.name}</Menu.Label>
              {own.map((each) => (
                <Menu.Item
                  key={each.id}
                  onClick={() => go(`/p/${encodeURIComponent(each.key)}`)}
                  rightSection={each.key === key ? <Icon name="check" size={16} label="current" /> : null}
                >
                  {each.name}
                </Menu.Item>
              ))}
            </div>
          );
        })}
        {shown.length === 0 && <Menu.Label>No project is called so</Menu.Label>}
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="plus" size={16} />} onClick={() => go("/start")}>
          Create project
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
