import { type FeaturePlan, historyNeeded, levelLength, meanSeasons, slopeLength, yearsBack } from "../features.js";

/** Days before a date beyond which no day of the earlier years lies that corresponds to it: the same weekday may be a week off. */
export const daysBack: number = Math.ceil(yearsBack * 365.25) + 7;

/** Values to which the features and the first guess of a plan reach back, where all of them are there. */
export function historyLength(plan: FeaturePlan): number {
  const { horizon, season, longSeason, earlierYears } = plan;
  const reaches = [historyNeeded(plan), meanSeasons * season, season + slopeLength(plan)];
  if (longSeason !== null) {
    reaches.push(2 * longSeason, longSeason * Math.ceil(horizon / longSeason) + levelLength(plan));
  }
  if (earlierYears) {
    const around = 2 * season;
    reaches.push(daysBack + around, (longSeason ?? 0) + around);
  }
  return Math.max(...reaches);
}
