import { Loader } from "@mantine/core";
import { usePlace } from "@/api/place";
import { Icon } from "@/components/Icon";
import { plural } from "@/lib/format";
import { type Experiment, useFlagSettings } from "../queries";
import styles from "./designer.module.css";
import { useFlagUsage, useRunningOn, useSlots } from "./queries";

interface Item {
  readonly key: string;
  readonly text: string;
  readonly state: "ok" | "warning" | "waiting";
}

/** What has to hold before a start, looked up now. It warns; the service refuses what can't be. */
export function Checklist({ experiment }: { experiment: Experiment }) {
  const { project } = usePlace();
  const { environment, flag } = experiment;
  const settings = useFlagSettings(project.key, flag, environment);
  const usage = useFlagUsage(project.key, environment, flag);
  const others = useRunningOn(project.key, environment, flag);
  const slots = useSlots(project.key, experiment.layer?.key ?? "", environment);
  const items: Item[] = [];
  const add = (key: string, state: Item["state"], text: string) => items.push({ key, state, text });

  if (settings.isPending) add("on", "waiting", `Is ${flag} on in ${environment}?`);
  else if (settings.data) {
    add(
      "on",
      settings.data.enabled ? "ok" : "warning",
      settings.data.enabled
        ? `${flag} is on in ${environment}`
        : `${flag} is off in ${environment}: nobody is exposed until it is on`,
    );
  }
  const asked = usage.data?.items.find((each) => each.flag === flag)?.evaluations ?? 0;
  if (usage.isPending) add("usage", "waiting", `Is ${flag} asked for?`);
  else if (usage.isSuccess) {
    add(
      "usage",
      asked > 0 ? "ok" : "warning",
      asked > 0
        ? `Asked for ${plural(asked, "time")} in the last day`
        : "Nobody asked for it in the last day, so no exposures can come",
    );
  }
  const goals = experiment.metrics.filter((each) => each.role === "goal");
  add(
    "goal",
    goals.length > 0 ? "ok" : "warning",
    goals.length > 0
      ? `${plural(goals.length, "goal")}: ${goals.map((each) => each.metric).join(", ")}`
      : "It has no goal, so it can decide nothing",
  );
  const open = experiment.metrics.filter((each) => each.role === "guardrail" && each.margin === null);
  if (open.length > 0) add("margins", "warning", `No margin: ${open.map((each) => each.metric).join(", ")}`);
  add(
    "unit",
    "ok",
    experiment.bucket_by === null
      ? "Units are users, by their targeting key"
      : `Units are told by the attribute ${experiment.bucket_by}; exposures have to carry it`,
  );
  const running = others.data?.items.filter((each) => each.key !== experiment.key && each.mode === "assigns") ?? [];
  if (others.isSuccess) {
    const clash = running.filter(
      (each) =>
        experiment.mode === "assigns" && (experiment.layer === null || each.layer?.key !== experiment.layer.key),
    );
    add(
      "overlap",
      clash.length > 0 ? "warning" : "ok",
      clash.length > 0
        ? `${clash.map((each) => each.key).join(", ")} assigns on the same flag: share a layer, or wait for its end`
        : "No other experiment stands in its way on this flag",
    );
  }
  if (experiment.layer !== null && slots.isSuccess) {
    const fits = slots.data.free.some((each) => each.share >= (experiment.layer?.share ?? 0));
    add(
      "layer",
      fits ? "ok" : "warning",
      fits
        ? `${experiment.layer.key} has ${experiment.layer.share}% free in one piece`
        : `${experiment.layer.key} has no free range of ${experiment.layer.share}%`,
    );
  }
  return (
    <ul className={styles.checklist} aria-label="Before the start">
      {items.map((each) => (
        <li key={each.key} data-state={each.state}>
          {each.state === "waiting" ? (
            <Loader size={14} />
          ) : (
            <Icon
              name={each.state === "ok" ? "check" : "warning"}
              size={16}
              label={each.state === "ok" ? "Holds" : "Look at it"}
            />
          )}
          <span>{each.text}</span>
        </li>
      ))}
    </ul>
  );
}
