/** Whatever answers under a key: a flag, or a remote config as the object flag that it is served as. */

import { BASE, Combinations } from "./compile/combinations.js";
import { compileFlag } from "./compile/flags.js";
import { Outcomes } from "./compile/outcomes.js";
import type { Probe, Program } from "./compile/programs.js";
import { compileRemoteConfig } from "./compile/remote_configs.js";
import { EvaluationFailed } from "./errors.js";
import type { FlagInfo } from "./interface.js";
import { isUnderWay, type Experiment, type Flag, type RemoteConfig } from "./model.js";
import { referencesOf, type References } from "./references.js";

/** What answers under a key, with all that its evaluation needs beside the context and the other entities. */
export class Answer {
  readonly one: Flag | RemoteConfig;
  /** The one that starts first in front. */
  readonly experiments: readonly Experiment[];
  readonly references: References;
  readonly info: FlagInfo;
  readonly #salt: string;
  readonly #combinations: Combinations | undefined;
  readonly #outcomes: Outcomes;
  #program: Program | undefined;

  constructor(one: Flag | RemoteConfig, experiments: readonly Experiment[], salt: string) {
    const flag = "rules" in one ? one : servedAs(one);
    this.one = one;
    this.experiments = experiments;
    this.references = referencesOf(one, experiments);
    this.info = infoOf(flag, "rules" in one ? "flag" : "remote_config", experiments);
    this.#salt = salt;
    this.#combinations = "rules" in one ? undefined : new Combinations(one);
    this.#outcomes = new Outcomes(flag);
  }

  get key(): string {
    return this.one.key;
  }

  get version(): number {
    return this.one.version;
  }

  /** Compiled when it is first asked for. */
  get program(): Program {
    return (this.#program ??= this.compiled());
  }

  /** A program of its own that tells a probe its steps. */
  compiled(probe?: Probe): Program {
    const { one, experiments } = this;
    const around = { salt: this.#salt, outcomes: this.#outcomes, probe };
    if ("rules" in one) return compileFlag(one, experiments, around);
    return compileRemoteConfig(one, experiments, this.#combinations ?? new Combinations(one), around);
  }
}

/** Stands where a flag or a remote config can't be evaluated. */
export class BrokenAnswer {
  readonly info: FlagInfo | undefined;
  readonly program: Program;

  constructor(
    readonly key: string,
    readonly version: number,
    readonly message: string,
    /** What it would be; undefined for what can't be read. */
    readonly answer?: Answer,
    /** Is it an answer as soon as all that it names is there? */
    readonly isSound = false,
  ) {
    this.info = answer?.info;
    this.program = () => {
      throw new EvaluationFailed("PARSE_ERROR", message);
    };
  }
}

/** Why the experiments on it make it impossible to evaluate; undefined if they don't. */
export function experimentsDefect(one: Flag | RemoteConfig, experiments: readonly Experiment[]): string | undefined {
  if (!("rules" in one)) return undefined;
  for (const { key, shares } of experiments) {
    const unknown = shares.find((share) => !one.variations.has(share.variation));
    if (unknown !== undefined) return `experiments.${key}.variations: there is no variation '${unknown.variation}'`;
  }
  return undefined;
}

/** The object flag that a remote config is to those who ask for flags. */
function servedAs(config: RemoteConfig): Flag {
  const { key, archived, clientVisible, version, metadata, document } = config;
  return {
    ...{ key, archived, clientVisible, version, metadata, document },
    type: "object",
    variations: new Map([[BASE, config.value]]),
    offVariation: BASE,
    default: { variation: BASE },
    enabled: true,
    reportExposures: false,
    prerequisites: [],
    targets: [],
    rules: [],
    exposureAttributes: [],
  };
}

function infoOf(flag: Flag, kind: FlagInfo["kind"], experiments: readonly Experiment[]): FlagInfo {
  const { type, version, reportExposures, clientVisible, metadata, exposureAttributes } = flag;
  return {
    ...{ kind, type, version, reportExposures, clientVisible, metadata, exposureAttributes },
    hasExperiments: experiments.length > 0,
    experimentUnderWay: (now) => experiments.some((one) => one.mode === "assigns" && isUnderWay(one, now)),
  };
}
