import { useInfiniteQuery, useQueries, useQuery } from "@tanstack/react-query";
import type { Environment } from "@/api/place";
import { asProblem } from "@/api/problem";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { Failure } from "@/components/Failure";
import { answerOf } from "../answer";
import { type Asked, allAnswersQuery, answersBesideQuery, archivedQuery, type FlagAnswer } from "../queries";
import classes from "./test.module.css";

interface Props {
  readonly asked: Omit<Asked, "flag" | "draft">;
  readonly environment: Environment;
  /** Others, whose answers stand in columns of their own. */
  readonly beside: readonly Environment[];
  /** The address of one flag's steps. */
  readonly href: (flag: string) => string;
}

/** What the context gets from everything, each leading to its steps. */
export function AllAnswers({ asked, environment, beside, href }: Props) {
  const query = useInfiniteQuery(allAnswersQuery(asked));
  const archived = useQuery(archivedQuery(asked.project)).data ?? NONE;
  const pages = query.data?.pages.length ?? 1;
  const others = useQueries({
    queries: beside.map((each) => answersBesideQuery({ ...asked, environment: each.key }, pages)),
  });
  if (query.isError) return <Failure problem={asProblem(query.error)} retry={() => void query.refetch()} />;
  if (query.data === undefined) return null;
  const rows = query.data.pages.flatMap((page) => page.items);
  return (
    <Card title={`All flags and configs in ${environment.name}`}>
      <DataTable<FlagAnswer>
        label="Answers"
        narrow
        rows={rows}
        rowKey={(each) => each.flag}
        href={(each) => href(each.flag)}
        columns={[
          {
            id: "flag",
            header: "Flag or config",
            cell: (each) => <Named flag={each.flag} archived={archived.has(each.flag)} />,
          },
          { id: "variation", header: "Serves", cell: (each) => variationOf(each) },
          ...beside.map((other, at) => ({
            id: `in ${other.key}`,
            header: `In ${other.name}`,
            cell: (each: FlagAnswer) => <Beside here={each} other={others[at]} />,
          })),
          {
            id: "reason",
            header: "Because",
            width: beside.length === 0 ? "50%" : "35%",
            cell: (each) => <Reason answer={each} />,
          },
        ]}
        more={query.hasNextPage ? { loading: query.isFetchingNextPage, load: () => void query.fetchNextPage() } : null}
        empty={
          <Empty
            title="There is nothing to ask yet"
            text="Flags and configs of the project stand here with what they serve."
          />
        }
      />
    </Card>
  );
}

const NONE: ReadonlySet<string> = new Set();

function Named({ flag, archived }: { readonly flag: string; readonly archived: boolean }) {
  return (
    <>
      <code>{flag}</code> {archived && <Badge title="It is archived now">archived</Badge>}
    </>
  );
}

const variationOf = (each: FlagAnswer): string =>
  each.decision === null ? "It wasn't there" : (answerOf(each.decision).variation ?? "your default");

interface BesideProps {
  readonly here: FlagAnswer;
  readonly other: { readonly data: ReadonlyMap<string, FlagAnswer> | undefined; readonly isError: boolean } | undefined;
}

/** What another environment serves, marked where it is something else. */
function Beside({ here, other }: BesideProps) {
  if (other?.isError) return <>Failed</>;
  if (other?.data === undefined) return <>…</>;
  const there = other.data.get(here.flag);
  const variation = there === undefined ? "It wasn't there" : variationOf(there);
  return variation === variationOf(here) ? variation : <Badge tone="caution">{variation}</Badge>;
}

/** Codes of OpenFeature, for whoever doesn't know them; the badge says that it is an error. */
const ERRORS: Readonly<Record<string, string>> = {
  TARGETING_KEY_MISSING: "it needs a targeting key",
  INVALID_CONTEXT: "the context can't be read",
  PARSE_ERROR: "its settings can't be read",
};

function Reason({ answer }: { readonly answer: FlagAnswer }) {
  if (answer.decision === null) return null;
  const { reason, words, error } = answerOf(answer.decision);
  return (
    <span className={classes.because}>
      <span>{error === null ? words : (ERRORS[error] ?? error)}</span>{" "}
      <Badge tone={error === null ? "neutral" : "problem"}>{reason}</Badge>
    </span>
  );
}
