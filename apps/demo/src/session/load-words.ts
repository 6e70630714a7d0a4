const notLoaded =
  /part of this page could not be loaded|dynamically imported module|importing a module script|failed to fetch|load failed|networkerror|unable to preload/i;

/** Whether a file of the page did not come, in the words of the browsers. */
export const isLoadProblem = (error: unknown): boolean =>
  notLoaded.test(error instanceof Error ? error.message : String(error));

const tryAgain = "A part of this page could not be loaded. Check the internet connection, then try again.";

/** An error for the page: files that did not come without their addresses, all else as it is. */
export function wordsForPage(error: unknown): string {
  if (isLoadProblem(error)) return tryAgain;
  return error instanceof Error ? error.message : String(error);
}
