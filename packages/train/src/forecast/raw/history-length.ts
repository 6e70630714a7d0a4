import { type FeaturePlan, historyNeeded, levelLength, meanSeasons, slopeLength, yearsBack } from "../features.js";

/** Days by which the date that corresponds to another in an earlier year may be further back than so many years. */
const calendarSlack = 7;

/** Values to which the features and the first guess of a plan reach back, where all of them are there. */
export function historyLength(plan: FeaturePlan): number {
  const { horizon, season, longSeason, earlierYears } = plan;
  const reaches = [historyNeeded(plan), meanSeasons * season, season + slopeLength(plan)];
  if (longSeason !== null) {
    reaches.push(2 * longSeason, longSeason * Math.ceil(horizon / longSeason) + levelLength(plan));
  }
  if (earlierYears) {
    const around = 2 * season;
    reaches.push(Math.ceil(yearsBack * 365.25) + calendarSlack + around, (longSeason ?? 0) + around);
  }
  return Math.max(...reaches);
}
