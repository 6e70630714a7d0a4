import { concat, type Tensor, tensor, where } from "@unrolled/core";
import { alignmentCount, yearsBack } from "../features.js";
import { correspondingDays, placeInYear } from "./days.js";

/** How unusual the days were, in earlier years, that correspond to those to forecast. */
export class EarlierYears {
  readonly #season: number;
  /** N, the steps of the history. */
  readonly #size: number;
  /** How far each value is from those one and two seasons before and after it, `[batch, N - 4 season]`; 0 where one is not known. */
  readonly #unusual: Tensor;
  /** The day of each, `[batch, N - 4 season]`; -1 where a value is not known. */
  readonly #days: Tensor;

  /**
   * @param history `[batch, N]`
   * @param days `[batch, N]`, whole
   * @param firstKnown `[batch, 1]` int32, place in `history` of the series' first value
   */
  constructor(history: Tensor, days: Tensor, firstKnown: Tensor, season: number) {
    this.#season = season;
    this.#size = history.shape[1];
    const count = this.#size - 4 * season;
    const shifted = (seasons: number): Tensor => history.narrow(1, (2 + seasons) * season, count);
    const around = shifted(-2).add(shifted(-1)).add(shifted(1)).add(shifted(2));
    const { backend } = history;
    const places = tensor(
      Array.from({ length: count }, (_, i) => i),
      { dtype: "int32", backend },
    );
    const known = places.greaterEqual(firstKnown);
    this.#unusual = where(known, shifted(0).sub(around.div(4)), 0);
    this.#days = where(known, days.narrow(1, 2 * season, count), -1);
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
    const wanted = correspondingDays(placeInYear(since1970), yearsBack).reshape([batch, -1, 1]);
    const match = this.#days.unsqueeze(1).equal(wanted).cast("float64");
    const overYears = (found: Tensor): Tensor => found.reshape([batch, horizon, alignmentCount, yearsBack]).sum(3);
    const count = overYears(match.sum(2));
    const mean = overYears(match.matmul(this.#unusual.unsqueeze(2))).div(count.maximum(1));
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
