import { SegmentedControl } from "@mantine/core";
import { z } from "zod";
import { usePlace } from "@/api/place";
import { EntityPicker } from "@/components/EntityPicker";
import { PageHeader } from "@/components/PageHeader";
import { useSearchState } from "@/lib/url";
import classes from "../exposures.module.css";
import { Arrivals } from "../parts/Arrivals";
import { FlagExposures } from "../parts/FlagExposures";
import { LiveTail } from "../parts/LiveTail";
import { UnknownKeys } from "../parts/UnknownKeys";

const schema = z.object({
  show: z.enum(["live", "flag", "unknown"]).default("live"),
  flag: z.string().default(""),
  days: z.enum(["1", "7", "30"]).default("7"),
});

const SHOWN = [
  { value: "live", label: "Events now" },
  { value: "flag", label: "Of one flag" },
  { value: "unknown", label: "Unknown keys" },
] as const;

export default function ExposuresPage() {
  const { environment } = usePlace();
  const [search, setSearch] = useSearchState(schema);
  return (
    <>
      <PageHeader
        title="Exposures"
        subtitle={`Who saw which variation, and what arrives from your code, in ${environment.name}.`}
      />
      <div className={classes.bar}>
        <SegmentedControl
          aria-label="What is shown"
          data={SHOWN.map((each) => ({ ...each }))}
          value={search.show}
          onChange={(value) => setSearch({ show: schema.shape.show.parse(value) }, { push: true })}
        />
      </div>
      {search.show === "live" && (
        <>
          <Arrivals />
          <LiveTail key={environment.key} />
        </>
      )}
      {search.show === "unknown" && <UnknownKeys />}
      {search.show === "flag" && (
        <>
          <div className={classes.bar}>
            <EntityPicker
              kind="flag"
              label="Flag"
              value={search.flag === "" ? null : search.flag}
              onChange={(flag) => setSearch({ flag: flag ?? "" })}
            />
            <SegmentedControl
              aria-label="Time"
              data={[
                { value: "1", label: "1 day" },
                { value: "7", label: "7 days" },
                { value: "30", label: "30 days" },
              ]}
              value={search.days}
              onChange={(value) => setSearch({ days: schema.shape.days.parse(value) })}
            />
          </div>
          <FlagExposures flag={search.flag} days={Number(search.days)} />
        </>
      )}
    </>
  );
}
