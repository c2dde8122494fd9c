import { AppShell, Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { environmentsQuery, meQuery } from "@/api/shared-queries";
import { Empty } from "@/components/Empty";
import { useParams } from "@/lib/url";
import { EnvironmentStripe } from "./EnvironmentStripe";
import classes from "./ProjectLayout.module.css";
import { Rail } from "./Rail";
import { ShellKeys } from "./ShellKeys";
import { TopBar } from "./TopBar";

/** The frame of every page of a project: the rail, the bar with the environment, and what stands over all of them. */
export function ProjectLayout() {
  const [opened, { toggle, close }] = useDisclosure();
  const { project } = useParams();
  const person = useQuery(meQuery).data;
  const environments = useQuery(environmentsQuery(project)).data;
  if (person === undefined || environments === undefined) return null;
  const hasEnvironment = environments.length > 0;
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 232, breakpoint: "sm", collapsed: { mobile: !opened } }}
      padding={0}
      classNames={{ main: classes.main ?? "", navbar: classes.rail ?? "", header: classes.bar ?? "" }}
    >
      <a className={classes.skip} href="#content">
        Skip to the content
      </a>
      {hasEnvironment && <ShellKeys />}
      <AppShell.Header>
        {hasEnvironment && <EnvironmentStripe />}
        <TopBar menuOpened={opened} onMenu={toggle} hasEnvironment={hasEnvironment} />
      </AppShell.Header>
      <AppShell.Navbar aria-label="Pages">
        <Rail onNavigate={close} />
      </AppShell.Navbar>
      <AppShell.Main id="content">
        <div className={classes.page}>
          {hasEnvironment ? (
            <Outlet />
          ) : (
            <Empty
              title="This project has no environment yet"
              text="Flags are defined once and switched in each environment: create the first one to go on."
              action={
                <Button component={Link} to={`/start?project=${encodeURIComponent(project)}`}>
                  Create environment
                </Button>
              }
            />
          )}
        </div>
      </AppShell.Main>
    </AppShell>
  );
}
