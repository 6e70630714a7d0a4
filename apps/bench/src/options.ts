import { Command, InvalidArgumentError } from "commander";
import type { Peer } from "./peers/peer.js";
import { targets } from "./targets.js";
import { makeWork, workNames } from "./works/index.js";
import type { Work } from "./works/work.js";

export interface Options {
  readonly works: readonly Work[];
  readonly peersOf: (work: string) => readonly Peer[];
  readonly rounds: number;
  readonly quick: boolean;
  readonly json: string;
  readonly mode: "times" | "growth" | "memory" | "page" | "list";
  /** Those named; otherwise null. */
  readonly named: readonly Peer[] | null;
  /** Whether libraries may be installed that are not there yet. */
  readonly install: boolean;
}

interface Given {
  readonly work?: readonly string[];
  readonly peer?: readonly string[];
  readonly rounds?: number;
  readonly quick?: true;
  readonly json?: string;
  readonly list?: true;
  readonly growth?: true;
  readonly memory?: true;
  readonly page?: true;
  readonly install: boolean;
}

/** What takes no part in a mode is refused there. */
const notIn = {
  growth: ["work", "quick"],
  memory: ["work", "quick", "rounds"],
  page: ["work", "quick", "rounds", "peer", "json"],
  list: ["work", "quick", "rounds", "peer", "json"],
} as const;

const commaSeparated = (text: string): readonly string[] => [...new Set(text.split(",").map((name) => name.trim()))];

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("Give a whole number of 1 or more.");
  return value;
}

function commandLine(peers: readonly Peer[]): Command {
  return new Command("npm run bench --")
    .description("Times works of recurrent nets in Unrolled and beside it in other libraries, in one run.")
    .option("--work <names>", `comma-separated: ${workNames.join(", ")} (default: all)`, commaSeparated)
    .option(
      "--peer <names>",
      `comma-separated: ${peers.map(({ name }) => name).join(", ")} (default: all)`,
      commaSeparated,
    )
    .option("--rounds <n>", "how often every process is run (default: 3, quick: 1)", count)
    .option(
      "--quick",
      "only the peers that the targets name, one round, short: below two minutes once everything is installed",
    )
    .option("--json <file>", "where to write all of it (default: out/bench.json); tables and a chart go beside it")
    .option("--no-install", "leaves out the libraries that are not installed, instead of installing them first")
    .option("--growth", "instead: time and memory of a training step against T, B and H (default peer: cpu)")
    .option("--memory", "instead: memory over 10,000 steps of W3 and 1,000 of W4 (default peer: cpu)")
    .option("--page", "instead: serves the bench as a page for browsers")
    .option("--list", "prints the works and the peers")
    .addHelpText("after", "\nThe exit status is 1 where a peer breaks, or computes something else than the others.")
    .allowExcessArguments(false);
}

/** By a name, or by that of a family: W5 means W5-b1 and W5-b16. Raises a line that says why there is none. */
function worksNamed(name: string): readonly string[] {
  try {
    if (makeWork(name)) return [name];
  } catch (error) {
    if (error instanceof RangeError) throw new RangeError(`there is no work "${name}": ${error.message}`);
    throw error;
  }
  const family = workNames.filter((known) => known.startsWith(`${name}-`));
  if (family.length > 0) return family;
  throw new RangeError(
    `there is no work "${name}"; there are ${workNames.join(", ")}, and LSTM-T64-B32-H256 or GRU-T64-B32-H256 in any size`,
  );
}

function peerNamed(name: string, peers: readonly Peer[]): Peer {
  const peer = peers.find((known) => known.name === name);
  if (peer) return peer;
  throw new RangeError(`there is no peer "${name}"; there are ${peers.map((known) => known.name).join(", ")}`);
}

/** Reads the command line; ends the process with one line and status 1 for names, sizes and options that do not exist. */
export function readOptions(args: readonly string[], peers: readonly Peer[]): Options {
  const program = commandLine(peers).parse(args, { from: "user" });
  const given = program.opts<Given>();
  const modes = (["growth", "memory", "page", "list"] as const).filter((mode) => given[mode]);
  if (modes.length > 1) program.error(`error: --${modes.join(" and --")} do not go together`);
  for (const mode of modes)
    for (const other of notIn[mode])
      if (given[other] !== undefined) program.error(`error: --${mode} takes no --${other}`);
  try {
    return optionsOf(given, peers, modes[0] ?? "times");
  } catch (error) {
    if (error instanceof RangeError) return program.error(`error: ${error.message}`);
    throw error;
  }
}

function optionsOf(given: Given, peers: readonly Peer[], mode: Options["mode"]): Options {
  const quick = given.quick === true;
  const hasTarget = (name: string): boolean => targets.some(({ work }) => work === name);
  const names = given.work?.flatMap(worksNamed) ?? workNames.filter((name) => !quick || hasTarget(name));
  const named = given.peer?.map((name) => peerNamed(name, peers)) ?? null;
  const inTargets = (work: string): readonly Peer[] => {
    const pairs = targets.filter((target) => target.work === work).flatMap(({ ours, theirs }) => [ours, theirs]);
    return pairs.length === 0 ? peers : peers.filter(({ name }) => pairs.includes(name));
  };
  return {
    works: [...new Set(names)].flatMap((name) => makeWork(name) ?? []),
    peersOf: (work) => named ?? (quick ? inTargets(work) : peers),
    rounds: given.rounds ?? (quick ? 1 : 3),
    quick,
    json: given.json ?? "out/bench.json",
    mode,
    named,
    install: given.install,
  };
}
