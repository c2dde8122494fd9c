import { Menu, UnstyledButton } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { usePlace } from "@/api/place";
import { Icon } from "@/components/Icon";
import { environmentColor } from "@/lib/environment-color";
import type { Search } from "@/lib/url";
import classes from "./EnvironmentSwitch.module.css";

export default function EnvironmentSwitch() {
  const { environment, environments } = usePlace();
  const navigate = useNavigate();
  const go = (key: string) =>
    void navigate({ to: ".", search: ((before: Search) => ({ ...before, env: key })) as never, resetScroll: false });
  return (
    <Menu position="bottom-start" width={240}>
      <Menu.Target>
        <UnstyledButton
          className={classes.switch}
          aria-label={`Environment ${environment.name}${environment.protected ? ", protected" : ""}, change it`}
        >
          <span className={classes.dot} style={{ background: environmentColor(environment, environments) }} />
          <span className={classes.name}>{environment.name}</span>
          {environment.protected && <Icon name="lock" size={16} />}
          <Icon name="chevron" size={16} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Environment</Menu.Label>
        {environments.map((each) => (
          <Menu.Item
            key={each.key}
            onClick={() => go(each.key)}
            leftSection={<span className={classes.dot} style={{ background: environmentColor(each, environments) }} />}
            rightSection={
              <>
                {each.protected && <Icon name="lock" size={16} label="protected" />}
                {each.key === environment.key && <Icon name="check" size={16} label="current" />}
              </>
            }
          >
            {each.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
