import { Alert, Button, Group } from "@mantine/core";
import { type Problem, sentence } from "@/api/problem";
import { Icon } from "./Icon";
import { Sentence } from "./Sentence";

interface Props {
  readonly problem: Problem;
  readonly retry?: () => void;
  /** What still works, where that helps. */
  readonly children?: React.ReactNode;
}

/** What failed, under which id it stands in the logs, and another try. */
export function Failure({ problem, retry, children }: Props) {
  const title = problem.title.charAt(0) + problem.title.slice(1).toLowerCase();
  const words = sentence(problem);
  // A title that the sentence begins with would be read twice.
  const said = words.startsWith(title);
  return (
    <Alert
      color="red"
      variant="light"
      role="alert"
      icon={<Icon name="problem" />}
      title={said ? <Sentence text={words} /> : title}
    >
      {!said && (
        <p className="no-margin">
          <Sentence text={words} />
        </p>
      )}
      {problem.fields.length > 0 && (
        <ul>
          {problem.fields.map((each) => (
            <li key={`${each.field} ${each.code}`}>
              <code>{each.field}</code>: <Sentence text={each.message} />
            </li>
          ))}
        </ul>
      )}
      {children}
      {(problem.requestId !== null || retry !== undefined) && (
        <Group mt="xs" gap="sm">
          {retry !== undefined && (
            <Button size="xs" variant="default" onClick={retry}>
              Try again
            </Button>
          )}
          {problem.requestId !== null && (
            <span>
              Request <code>{problem.requestId}</code>
            </span>
          )}
        </Group>
      )}
    </Alert>
  );
}
