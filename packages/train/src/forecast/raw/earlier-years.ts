import { concat, indexAdd, ones, type Tensor, tensor, where, zeros } from "@unrolled/core";
import { alignmentCount, yearsBack } from "../features.js";
import { correspondingDays, placeInYear, wholeDays } from "./days.js";
import { daysBack } from "./history-length.js";

/** Slots of a series in the table by days: one a day, then one that is written to but never read, and one that is only read. */
const unread = daysBack;
const alwaysZero = daysBack + 1;
const slots = daysBack + 2;

/** How unusual the days were, in earlier years, that correspond to those to forecast. */
export class EarlierYears {
  readonly #season: number;
  /** How far each value is from those one and two seasons before and after it, `[batch, N - 4 season]`; 0 where one is not known. */
  readonly #unusual: Tensor;
  /** The same by the days before the history's last, `[batch * slots]`. */
  readonly #byDay: Tensor;
  /** 1 for days that have a value there. */
  readonly #known: Tensor;
  /** `[batch, 1]` */
  readonly #lastDay: Tensor;

  /**
   * @param history `[batch, N]`
   * @param since1970 `[batch, N]`, the days of `history`
   * @param firstKnown `[batch, 1]` int32, place in `history` of the series' first value
   */
  constructor(history: Tensor, since1970: Tensor, firstKnown: Tensor, season: number) {
    this.#season = season;
    const { backend, shape } = history;
    const [batch, size] = shape;
    const count = size - 4 * season;
    const shifted = (seasons: number): Tensor => history.narrow(1, (2 + seasons) * season, count);
    const around = shifted(-2).add(shifted(-1)).add(shifted(1)).add(shifted(2));
    const places = tensor(
      Array.from({ length: count }, (_, i) => i),
      { dtype: "int32", backend },
    );
    const known = places.greaterEqual(firstKnown);
    this.#unusual = where(known, shifted(0).sub(around.div(4)), 0);
    this.#lastDay = wholeDays(since1970.narrow(1, size - 1, 1));
    const day = wholeDays(since1970.narrow(1, 2 * season, count));
    const at = where(known, this.#slotOf(day, unread), unread).add(this.#rowStarts(batch)).reshape([-1]).cast("int32");
    const table = zeros([batch * slots], { dtype: "float64", backend });
    this.#byDay = indexAdd(table, at, this.#unusual.reshape([-1]));
    this.#known = indexAdd(table, at, known.cast("float64").reshape([-1]));
  }

  /** Days before the last; `other` for those that the table does not hold. */
  #slotOf(day: Tensor, other: number): Tensor {
    const before = this.#lastDay.sub(day);
    return where(before.greaterEqual(0).logicalAnd(before.less(daysBack)), before, other);
  }

  /** Where each series of a batch begins in the table, `[batch, 1]`. */
  #rowStarts(batch: number): Tensor {
    const { backend } = this.#unusual;
    return ones([batch, 1], { dtype: "float64", backend }).cumsum(0).sub(1).mul(slots); // arange would fix the batch in a trace
  }

  /**
   * One column for the long season, then the mean over the years for each way in which days correspond.
   *
   * @param since1970 `[batch, horizon]`, days to forecast
   * @param longSeason place in the history of the step one long season before each; null for none
   * @returns `[batch, horizon, 4]`, in the units of the series
   */
  columns(since1970: Tensor, longSeason: readonly number[] | null): Tensor {
    const [batch, horizon] = since1970.shape;
    const wanted = correspondingDays(placeInYear(since1970), yearsBack).reshape([batch, -1]);
    const at = this.#slotOf(wanted, alwaysZero).add(this.#rowStarts(batch)).cast("int32");
    const overYears = (table: Tensor): Tensor =>
      table.indexSelect(at).reshape([batch, horizon, alignmentCount, yearsBack]).sum(3);
    const mean = overYears(this.#byDay).div(overYears(this.#known).maximum(1));
    const inLongSeason =
      longSeason === null ? since1970.mul(0) : this.#at(longSeason.map((place) => place - 2 * this.#season));
    return concat([inLongSeason.unsqueeze(2), mean], 2);
  }

  #at(places: readonly number[]): Tensor {
    const { backend } = this.#unusual;
    const count = this.#unusual.shape[1];
    const inside = places.map((place) => place < count);
    const chosen = tensor(
      places.map((place, i) => (inside[i] ? place : 0)),
      { dtype: "int32", backend },
    );
    const values = this.#unusual.indexSelect(chosen, 1);
    return where(tensor(inside, { backend }), values, 0);
  }
}
