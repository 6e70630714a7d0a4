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
}

interface Given {
  readonly work?: readonly string[];
  readonly peer?: readonly string[];
  readonly rounds?: number;
  readonly quick?: true;
  readonly json: string;
  readonly list?: true;
  readonly growth?: true;
  readonly memory?: true;
  readonly page?: true;
}

const commaSeparated = (text: string): readonly string[] => text.split(",").map((name) => name.trim());

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("Give a whole number of 1 or more.");
  return value;
}

/** A name, or all works of a family: W5 means W5-b1 and W5-b16. */
function worksNamed(name: string): readonly Work[] {
  const work = makeWork(name);
  const names = work ? [] : workNames.filter((known) => known.startsWith(`${name}-`));
  return work ? [work] : names.flatMap((known) => makeWork(known) ?? []);
}

/** Reads the command line; ends the process with a message for names and options that do not exist. */
export function readOptions(args: readonly string[], peers: readonly Peer[]): Options {
  const program = new Command("npm run bench --")
    .description("Times works of recurrent nets in Unrolled and beside it in other libraries, in one run.")
    .option("--work <names>", `comma-separated: ${workNames.join(", ")} (default: all)`, commaSeparated)
    .option(
      "--peer <names>",
      `comma-separated: ${peers.map(({ name }) => name).join(", ")} (default: all)`,
      commaSeparated,
    )
    .option("--rounds <n>", "how often every process is run (default: 3, quick: 1)", count)
    .option("--quick", "only the peers that the targets name, one round, short: below two minutes")
    .option("--json <file>", "where to write all of it; a chart goes beside it as SVG", "out/bench.json")
    .option("--growth", "instead: time and memory of a training step against T, B and H (default peer: cpu)")
    .option("--memory", "instead: memory over 10,000 steps of W3 and 1,000 of W4 (default peer: cpu)")
    .option("--page", "instead: serves the bench as a page for browsers")
    .option("--list", "prints the works and the peers")
    .allowExcessArguments(false)
    .parse(args, { from: "user" });
  const given = program.opts<Given>();
  const quick = given.quick === true;
  const modes = (["growth", "memory", "page", "list"] as const).filter((mode) => given[mode]);
  if (modes.length > 1) program.error(`error: --${modes.join(" and --")} do not go together`);
  for (const mode of modes)
    for (const other of ["work", "quick"] as const)
      if (given[other] !== undefined) program.error(`error: --${mode} takes no --${other}`);

  const works = (given.work ?? workNames).flatMap((name) => {
    const found = worksNamed(name);
    if (found.length > 0) return found;
    return program.error(
      `error: there is no work "${name}"; there are ${workNames.join(", ")}, and LSTM-T64-B32-H256 in any size`,
    );
  });
  const named = given.peer?.map((name) => {
    const peer = peers.find((known) => known.name === name);
    return (
      peer ??
      program.error(`error: there is no peer "${name}"; there are ${peers.map((known) => known.name).join(", ")}`)
    );
  });
  const inTargets = (work: string): readonly Peer[] => {
    const names = targets.filter((target) => target.work === work).flatMap(({ ours, theirs }) => [ours, theirs]);
    return names.length === 0 ? peers : peers.filter(({ name }) => names.includes(name));
  };
  const isChosen = given.work !== undefined;
  return {
    works: quick && !isChosen ? works.filter(({ name }) => targets.some(({ work }) => work === name)) : works,
    peersOf: (work) => named ?? (quick ? inTargets(work) : peers),
    rounds: given.rounds ?? (quick ? 1 : 3),
    quick,
    json: given.json,
    mode: modes[0] ?? "times",
    named: named ?? null,
  };
}
