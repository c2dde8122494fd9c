import { Badge } from "@/components/Badge";
import { PageLink } from "@/components/PageLink";
import { Time } from "@/components/Time";
import { pagePath } from "@/lib/url";
import { attentionName, attentionPath, attentionWords, type Item, isPressing, type Unhealthy } from "../attention";
import classes from "./List.module.css";

interface Props {
  readonly project: string;
  readonly items: readonly Item[];
  readonly unhealthy: readonly Unhealthy[];
}

/** What waits for somebody, the most pressing first, each with the page where it is dealt with. */
export function AttentionList({ project, items, unhealthy }: Props) {
  return (
    <ul className={classes.list}>
      {unhealthy.map((each) => (
        <li key={`unhealthy ${each.key}`} className={classes.item}>
          <span className={classes.main}>
            <PageLink to={pagePath(project, "experiments", each.key)} className={classes.name}>
              {each.name}
            </PageLink>
            <span className={classes.hint}>has data that can't be trusted: {each.why}</span>
          </span>
          <span className={classes.side}>
            <Badge tone="problem">urgent</Badge>
          </span>
        </li>
      ))}
      {items.map((item) => (
        <li key={`${item.kind} ${item.key}`} className={classes.item}>
          <span className={classes.main}>
            <PageLink to={attentionPath(project, item)} className={classes.name}>
              {attentionName(item)}
            </PageLink>
            <span className={classes.hint}>{attentionWords(item)}</span>
          </span>
          <span className={classes.side}>
            {isPressing(item) && <Badge tone="problem">urgent</Badge>} <Time at={item.since} />
          </span>
        </li>
      ))}
    </ul>
  );
}
