import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { Badge } from "@/components/Badge";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { type Tab, Tabs } from "@/components/Tabs";
import { useMemberNames } from "@/components/use-member-names";
import { day } from "@/lib/format";
import { pagePath, useParams } from "@/lib/url";
import { EnvironmentSwitches } from "../flag/EnvironmentSwitches";
import { ExperimentsTab } from "../flag/ExperimentsTab";
import { ExposuresTab } from "../flag/ExposuresTab";
import { FlagActions } from "../flag/FlagActions";
import classes from "../flag/flag.module.css";
import { HistoryTab } from "../flag/HistoryTab";
import { type Flag, flagQuery } from "../flag/queries";
import { RulesTab } from "../flag/RulesTab";
import { VariationsTab } from "../flag/VariationsTab";

const TABS: readonly Tab[] = [
  { key: "rules", label: "Rules", edit: "own" },
  { key: "variations", label: "Variations", edit: "fields" },
  { key: "exposures", label: "Exposures" },
  { key: "experiments", label: "Experiments" },
  { key: "history", label: "History" },
];

export default function FlagPage() {
  const { project } = usePlace();
  const { key } = useParams();
  const query = useQuery(flagQuery(project.key, key));
  return <QueryView query={query}>{(flag) => <Loaded key={flag.id} flag={flag} />}</QueryView>;
}

function Loaded({ flag }: { readonly flag: Flag }) {
  const { project } = usePlace();
  const { tab } = useParams();
  return (
    <>
      <PageHeader
        back={{ label: "Flags", to: pagePath(project.key, "flags") }}
        title={flag.name || flag.key}
        subtitle={<Subtitle flag={flag} />}
        actions={<FlagActions flag={flag} />}
        tabs={<Tabs label="Parts of the flag" tabs={TABS} />}
      />
      <EnvironmentSwitches flag={flag} />
      <Part flag={flag} tab={tab} />
    </>
  );
}

function Part({ flag, tab }: { readonly flag: Flag; readonly tab: string | null }) {
  if (tab === "variations") return <VariationsTab flag={flag} />;
  if (tab === "exposures") return <ExposuresTab flag={flag} />;
  if (tab === "experiments") return <ExperimentsTab flag={flag} />;
  if (tab === "history") return <HistoryTab flag={flag} />;
  return <RulesTab flag={flag} />;
}

function Subtitle({ flag }: { readonly flag: Flag }) {
  const names = useMemberNames();
  return (
    <>
      <div className={classes.facts}>
        <span>
          <code>{flag.key}</code> · {flag.type} · {flag.purpose}
          {flag.expected_end !== null && `, needed until ${day(flag.expected_end)}`}
          {flag.owner !== null && ` · looked after by ${names.get(flag.owner) ?? flag.owner}`}
        </span>
        {flag.archived && <Badge tone="caution">archived</Badge>}
        {flag.tags.map((tag) => (
          <Badge key={tag}>{tag}</Badge>
        ))}
      </div>
      {flag.description !== "" && (
        <Text mt={4} c="var(--mantine-color-text)">
          {flag.description}
        </Text>
      )}
    </>
  );
}
