import type { CurveRecorder } from "./curve-recorder.js";
import type { EpochLength } from "./epochs.js";
import type { Change, DemoState, Settings, UserSeries } from "./settings.js";
import type { Checkpoint } from "./trainer.js";

/** A point that training went through, with all that is needed to go on from there. */
export interface Stop {
  readonly state: DemoState;
  /** In force there, live changes included. */
  readonly settings: Settings;
  readonly checkpoint: Checkpoint;
  readonly recorder: CurveRecorder;
  readonly epochs: readonly EpochLength[];
  readonly stopped: string | null;
  /** On the way, and of no use once training has gone on from it. */
  readonly passing: boolean;
}

const most = 20;
const mostBytes = 64 * 2 ** 20;

/** The last points of training, so that undo need not train again. The engine plays no part: any can go on from any. */
export class Stops {
  /** Oldest first. */
  #stops: readonly Stop[] = [];

  keep(stop: Stop): void {
    const others = this.#stops.filter(
      ({ state, passing }) => !isSame(state, stop.state) && !(passing && leadsTo(state, stop.state)),
    );
    const kept = [...others, stop].slice(-most);
    let bytes = 0;
    const fromNewest = kept.toReversed().filter(({ checkpoint }, i) => {
      bytes += bytesOf(checkpoint);
      return i === 0 || bytes <= mostBytes;
    });
    this.#stops = fromNewest.toReversed();
  }

  /** The last stop on the way to a state: the state itself, or what is followed by the rest of it. */
  nearest(state: DemoState): Stop | null {
    const onTheWay = this.#stops.filter((stop) => leadsTo(stop.state, state));
    const further = (a: Stop, b: Stop): number =>
      a.state.update - b.state.update || a.state.changes.length - b.state.changes.length;
    return onTheWay.sort(further).at(-1) ?? null;
  }
}

function leadsTo(from: DemoState, to: DemoState): boolean {
  if (!isSameStart(from, to) || from.update > to.update) return false;
  const { changes } = from;
  if (changes.length > to.changes.length || !changes.every((change, i) => isSameChange(change, to.changes[i])))
    return false;
  const next = to.changes.at(changes.length);
  return next === undefined || next.update >= from.update;
}

const isSame = (a: DemoState, b: DemoState): boolean =>
  a.update === b.update && a.changes.length === b.changes.length && leadsTo(a, b);

function isSameStart(a: DemoState, b: DemoState): boolean {
  const start = ({ settings: { engine, ...rest } }: DemoState): string =>
    JSON.stringify(Object.entries(rest).sort(([one], [other]) => (one < other ? -1 : 1)));
  return start(a) === start(b) && isSameSeries(a.series, b.series);
}

function isSameSeries(a: UserSeries | null, b: UserSeries | null): boolean {
  if (a === b) return true;
  if (a === null || b === null || a.values.length !== b.values.length) return false;
  return a.values.every((value, i) => value === b.values[i]);
}

function isSameChange(a: Change, b: Change): boolean {
  if (a.update !== b.update || a.value !== b.value) return false;
  if (a.kind === "setting") return b.kind === "setting" && a.key === b.key;
  return b.kind === "weight" && a.name === b.name && a.index === b.index;
}

function bytesOf({ weights, optimizer, carried }: Checkpoint): number {
  const tensors = [...Object.values(optimizer?.tensors ?? {}), ...(carried ?? [])];
  const arrays = [...weights.map(({ values }) => values), ...tensors.map(({ data }) => data)];
  return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
