import { ActionIcon, NativeSelect, NumberInput, Select } from "@mantine/core";
import { Card } from "@/components/Card";
import { Icon } from "@/components/Icon";
import { Sideways } from "@/components/Sideways";
import { useMetrics } from "../queries";
import type { SectionProps } from "./DesignForm";
import styles from "./designer.module.css";
import type { MetricUse, Role } from "./model";

const ROLES = [
  { value: "goal", label: "Goal" },
  { value: "guardrail", label: "Guardrail" },
  { value: "secondary", label: "Secondary" },
];

/** What decides, what must not be harmed, what is looked at beside it. */
export function MetricsSection({ design, set, errors, project }: SectionProps & { project: string }) {
  const metrics = useMetrics(project);
  const known = metrics.data?.items ?? [];
  const nameOf = (key: string) => known.find((each) => each.key === key)?.name ?? key;
  const change = (at: number, more: Partial<MetricUse>) =>
    set({ metrics: design.metrics.map((each, index) => (index === at ? { ...each, ...more } : each)) });
  const free = known.filter((each) => !design.metrics.some((one) => one.metric === each.key));
  return (
    <Card
      title="Metrics"
      subtitle="Goals decide. A guardrail stops a decision to ship when harm beyond its margin isn't ruled out. Secondary metrics decide nothing."
    >
      {design.metrics.length > 0 && (
        <Sideways label="Metrics by role">
          <table className={styles.metrics}>
            <thead>
              <tr>
                <th scope="col">Metric</th>
                <th scope="col">Role</th>
                <th scope="col">Margin</th>
                <th scope="col" aria-label="Remove" />
              </tr>
            </thead>
            <tbody>
              {design.metrics.map((each, at) => (
                <tr key={each.metric}>
                  <th scope="row">{nameOf(each.metric)}</th>
                  <td>
                    <NativeSelect
                      aria-label={`Role of ${nameOf(each.metric)}`}
                      value={each.role}
                      data={ROLES}
                      onChange={(event) => change(at, { role: roleOf(event.currentTarget.value) })}
                    />
                  </td>
                  <td>
                    {each.role === "guardrail" && (
                      <NumberInput
                        aria-label={`Tolerated harm to ${nameOf(each.metric)}`}
                        placeholder="2%"
                        suffix={each.marginKind === "relative" ? "%" : ""}
                        min={0}
                        w={110}
                        value={
                          each.margin === null
                            ? ""
                            : each.marginKind === "relative"
                              ? rounded(each.margin * 100)
                              : each.margin
                        }
                        data-path={`metrics[${at}].margin`}
                        error={each.margin === null ? true : errors[`metrics[${at}].margin`]}
                        onChange={(value) =>
                          change(at, {
                            margin:
                              value === ""
                                ? null
                                : each.marginKind === "relative"
                                  ? rounded(Number(value) / 100)
                                  : Number(value),
                          })
                        }
                      />
                    )}
                  </td>
                  <td>
                    <ActionIcon
                      variant="subtle"
                      aria-label={`Remove ${nameOf(each.metric)}`}
                      onClick={() => set({ metrics: design.metrics.filter((_, index) => index !== at) })}
                    >
                      <Icon name="close" size={16} />
                    </ActionIcon>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Sideways>
      )}
      <Select
        label="Add a metric"
        placeholder={known.length === 0 ? "This project has no metric yet" : "Find by name"}
        searchable
        value={null}
        data-path="metrics"
        error={errors.metrics}
        data={free.map((each) => ({ value: each.key, label: each.name }))}
        onChange={(key) => {
          if (key === null) return;
          const role: Role = design.metrics.some((each) => each.role === "goal") ? "secondary" : "goal";
          set({ metrics: [...design.metrics, { metric: key, role, margin: null, marginKind: "relative" }] });
        }}
      />
    </Card>
  );
}

function roleOf(value: string): Role {
  return value === "guardrail" || value === "secondary" ? value : "goal";
}

/** Percent and back without the dust of binary fractions. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}
