import { useQueries } from "@tanstack/react-query";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { readinessWords } from "../model";
import classes from "../pages/fleet.module.css";
import { readinessQuery, SERVICES } from "../queries";

/** Whether each service can do its job, and what it lacks. */
export function Services() {
  const found = useQueries({ queries: SERVICES.map(readinessQuery) });
  return (
    <Card title="Services" subtitle="As each says itself, asked by this page every ten seconds.">
      <ul className={classes.list}>
        {SERVICES.map((service, at) => {
          const words = readinessWords(found[at]?.data);
          return (
            <li key={service.name} className={classes.service}>
              <span className={classes.name}>{service.name}</span>
              <Badge tone={words.tone}>{words.label}</Badge>
              <span className={classes.lacks}>{words.lacks}</span>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
