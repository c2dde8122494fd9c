import { ActionIcon, Menu, useMantineColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { meQuery } from "@/api/shared-queries";
import { Address } from "@/components/Address";
import { Icon, type IconName } from "@/components/Icon";
import { pagePath, useParams } from "@/lib/url";
import { openHelp } from "../palette/state";
import { useSignOut } from "../session/use-sign-out";

const SCHEMES: readonly {
  readonly value: "light" | "dark" | "auto";
  readonly label: string;
  readonly icon: IconName;
}[] = [
  { value: "light", label: "Light", icon: "sun" },
  { value: "dark", label: "Dark", icon: "moon" },
  { value: "auto", label: "As the system", icon: "screen" },
];

export default function PersonMenu() {
  const person = useQuery(meQuery).data;
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const signOut = useSignOut();
  const navigate = useNavigate();
  const { project } = useParams();
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Account of ${person?.name ?? "you"}`}>
          <Icon name="person" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {person?.name}
          <br />
          <Address email={person?.email ?? null} />
        </Menu.Label>
        <Menu.Item
          leftSection={<Icon name="person" size={16} />}
          onClick={() => void navigate({ to: pagePath(project, "profile") })}
        >
          Your account
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Appearance</Menu.Label>
        {SCHEMES.map((each) => (
          <Menu.Item
            key={each.value}
            leftSection={<Icon name={each.icon} size={16} />}
            rightSection={colorScheme === each.value ? <Icon name="check" size={16} label="current" /> : null}
            onClick={() => setColorScheme(each.value)}
          >
            {each.label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="help" size={16} />} rightSection="?" onClick={openHelp}>
          Keyboard
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="signOut" size={16} />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
