import { PageLink } from "@/components/PageLink";
import { pagePath, useParams } from "@/lib/url";
import styles from "./list.module.css";

export type Section = "experiments" | "layers" | "holdouts" | "programme";

const SECTIONS: readonly { key: Section; label: string; path: string }[] = [
  { key: "experiments", label: "Experiments", path: "experiments" },
  { key: "layers", label: "Layers", path: "experiments/layers" },
  { key: "holdouts", label: "Holdouts", path: "experiments/holdouts" },
  { key: "programme", label: "Programme", path: "experiments/programme" },
];

/** What belongs together: single experiments, and what they share. */
export function SectionTabs({ current }: { current: Section }) {
  const { project } = useParams();
  return (
    <nav aria-label="Experiments" className={styles.tabs}>
      {SECTIONS.map((each) => (
        <PageLink
          key={each.key}
          to={pagePath(project, each.path)}
          className={each.key === current ? `${styles.tab} ${styles.current}` : styles.tab}
        >
          {each.label}
        </PageLink>
      ))}
    </nav>
  );
}
