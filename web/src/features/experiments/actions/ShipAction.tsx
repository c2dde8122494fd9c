import { Button } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { Guarded } from "@/components/Guarded";
import { patiently } from "@/lib/patiently";
import type { Experiment } from "../queries";
import { Withheld } from "../results/DecisionCard";
import { problems } from "../results/model";
import type { Decision, Result } from "../results/queries";
import { checkTitle } from "../results/words";

const ShipDialog = lazy(() =>
  patiently(() => import("./ShipDialog").then((module) => ({ default: module.ShipDialog }))),
);

interface Props {
  experiment: Experiment;
  result: Result;
  decision: Decision;
}

/** Ships a variation, or the control where the variation is to be rolled back. Nothing is shipped on unsound data. */
export function ShipAction({ experiment, result, decision }: Props) {
  const [opened, setOpened] = useState(false);
  const rollsBack = decision.verdict === "roll_back";
  const variation = rollsBack ? result.experiment.control : decision.variation;
  const label = rollsBack ? `Serve ${variation} to everybody` : `Ship ${variation}`;
  const obstacles = problems(result.health);
  if (experiment.archived) return null;
  if (obstacles.length > 0) {
    return (
      <Withheld label={label} reason={`${obstacles.map((each) => checkTitle(each.name)).join(", ")}: solve it first`} />
    );
  }
  const decided = decision.verdict === "ship" || rollsBack;
  return (
    <>
      <Guarded right="experiment:stop" environment={experiment.environment}>
        {(guard) => (
          <Button variant={decided ? "filled" : "default"} onClick={() => setOpened(true)} {...guard}>
            {decided ? label : `Ship ${variation}…`}
          </Button>
        )}
      </Guarded>
      <Suspense>
        {opened && (
          <ShipDialog
            experiment={experiment}
            variation={variation}
            against={decided ? null : decision.sentence}
            conclusion={decided ? `${decision.sentence} ${decision.rule}` : ""}
            opened
            onClose={() => setOpened(false)}
          />
        )}
      </Suspense>
    </>
  );
}
