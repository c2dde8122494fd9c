import { usePlace } from "@/api/place";
import { AboutSection } from "./AboutSection";
import { AudienceSection } from "./AudienceSection";
import styles from "./designer.module.css";
import { MetricsSection } from "./MetricsSection";
import { MissingCard } from "./MissingCard";
import type { Design } from "./model";
import { PlannerCard } from "./PlannerCard";
import { PlanSection } from "./PlanSection";
import { VariationsSection } from "./VariationsSection";

export interface SectionProps {
  readonly design: Design;
  readonly set: (change: Partial<Design>) => void;
  /** Fields that the service or the design itself finds wrong, by their path. */
  readonly errors: Readonly<Record<string, string>>;
}

interface Props extends SectionProps {
  /** Key, flag and environment are fixed once it exists. */
  readonly created: boolean;
  readonly environment: string;
}

/** The whole design on one page, and beside it how long it will take. */
export function DesignForm({ created, environment, ...section }: Props) {
  const { project } = usePlace();
  return (
    <div className={styles.grid}>
      <div className={styles.sections}>
        <AboutSection {...section} created={created} environment={environment} />
        <VariationsSection {...section} project={project.key} />
        <AudienceSection {...section} project={project.key} environment={environment} />
        <MetricsSection {...section} project={project.key} />
        <PlanSection {...section} />
      </div>
      <div className={styles.aside}>
        <PlannerCard design={section.design} set={section.set} project={project.key} environment={environment} />
        <MissingCard design={section.design} />
      </div>
    </div>
  );
}
