/** What a service refused or failed at: its problem document (RFC 9457), or that it was not reached. */

import { isRecord } from "@/lib/json";

export interface FieldProblem {
  readonly field: string;
  readonly code: string;
  readonly message: string;
}

interface Given {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly requestId?: string | undefined;
  readonly retryAfter?: number | undefined;
  readonly url?: string;
  readonly fields?: readonly FieldProblem[];
  readonly body?: Readonly<Record<string, unknown>>;
}

export class Problem extends Error {
  /** 0 where no answer came. */
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly requestId: string | null;
  /** Seconds. */
  readonly retryAfter: number | null;
  /** Whose answer it is; empty where none came. */
  readonly url: string;
  readonly fields: readonly FieldProblem[];
  readonly body: Readonly<Record<string, unknown>>;

  constructor(given: Given) {
    super(given.detail || given.title);
    this.name = "Problem";
    this.status = given.status;
    this.title = given.title;
    this.detail = given.detail;
    this.code = given.code;
    this.requestId = given.requestId ?? null;
    this.retryAfter = given.retryAfter ?? null;
    this.url = given.url ?? "";
    this.fields = given.fields ?? [];
    this.body = given.body ?? {};
  }
}

/** Of an answer that is no success; `error` is its parsed body. */
export function problemOf(response: Response, error: unknown): Problem {
  const body = isRecord(error) ? error : {};
  return new Problem({
    status: response.status,
    title: text(body.title) || response.statusText || `Status ${response.status}`,
    detail: text(body.detail),
    code: text(body.code) || `status_${response.status}`,
    requestId: text(body.request_id) || response.headers.get("x-request-id") || undefined,
    retryAfter: seconds(response.headers.get("retry-after")),
    url: response.url,
    fields: fieldsOf(body.errors),
    body,
  });
}

/** Of a request that got no answer. */
export function unreachable(service: string): Problem {
  return new Problem({
    status: 0,
    title: `The ${service} does not answer`,
    detail: `The ${service} does not answer. What needs it waits; the rest of the page works.`,
    code: "unreachable",
  });
}

/** Whatever was thrown, as a problem. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new Problem({ status: 0, title: "Something in this page failed", detail, code: "page_failed" });
}

/** The problem in one sentence, as a person would say it. */
export function sentence(problem: Problem): string {
  if (problem.status === 429 && problem.retryAfter !== null) {
    return `Too many requests: try again in ${problem.retryAfter} s.`;
  }
  // Its detail tells programs how they ask for it; people have a button for that.
  if (problem.code === "approval_required") {
    const { environments } = problem.body;
    const where = Array.isArray(environments) ? environments.join(", ") : "this environment";
    return `Others have to agree to changes of ${where}.`;
  }
  const words = problem.detail || problem.title;
  const first = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

function fieldsOf(errors: unknown): FieldProblem[] {
  if (!Array.isArray(errors)) return [];
  return errors
    .filter(isRecord)
    .map((each) => ({ field: text(each.field), code: text(each.code), message: text(each.reason) }));
}

function seconds(header: string | null): number | undefined {
  const value = header === null ? Number.NaN : Number(header);
  return Number.isFinite(value) ? value : undefined;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
