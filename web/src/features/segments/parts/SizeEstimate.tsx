import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { Card } from "@/components/Card";
import { QueryView } from "@/components/QueryView";
import { count, percent } from "@/lib/format";
import { estimateQuery, type Segment } from "../queries";
import classes from "../segments.module.css";

/** How many of the recent units are in it, as it is saved. */
export function SizeEstimate({ segment }: { readonly segment: Segment }) {
  const { project, environment } = usePlace();
  const query = useQuery(estimateQuery(project.key, environment.key, segment.key, segment.version));
  return (
    <Card title="Size" subtitle={`Of the units of the last days in ${environment.name}`}>
      <QueryView query={query} part>
        {(told) =>
          told.unavailable !== null ? (
            <Text c="dimmed">Not known: {told.unavailable.detail}.</Text>
          ) : told.units === 0 ? (
            <Text c="dimmed">No unit was exposed in the last days.</Text>
          ) : told.unknown >= told.units ? (
            <Text c="dimmed">Not known: exposures of {environment.name} lack what the segment asks for.</Text>
          ) : (
            <>
              <div className={classes.figure}>
                {told.share === null ? count(told.units_in) : percent(told.share.percent)}
              </div>
              <Text>
                {count(told.units_in)} of {count(told.units - told.unknown)} units
                {told.share !== null && `; between ${percent(told.share.lower)} and ${percent(told.share.upper)}`}
              </Text>
              {told.unknown > 0 && (
                <Text c="dimmed">Of {count(told.unknown)} more it can't be told: exposures lack what it asks for.</Text>
              )}
            </>
          )
        }
      </QueryView>
    </Card>
  );
}
