// Finds a Chromium for the browser tests, and the tests that need it.
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright";
import { root } from "./steps.mjs";

const commands = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
export const noBrowser =
  "no Chromium or Chrome was found: install one, name it in CHROME_BIN, or run `npx playwright install chromium`";
const suffix = process.platform === "win32" ? ".exe" : "";

function usualPlaces() {
  if (process.platform === "darwin") {
    return ["Google Chrome", "Chromium"].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`);
  }
  if (process.platform === "win32") {
    return [process.env.PROGRAMFILES, process.env["PROGRAMFILES(X86)"], process.env.LOCALAPPDATA]
      .filter((folder) => folder !== undefined)
      .map((folder) => join(folder, "Google", "Chrome", "Application", "chrome.exe"));
  }
  return [];
}

function onPath() {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return commands.flatMap((command) => folders.map((folder) => join(folder, command + suffix)));
}

/**
 * The browser's executable: CHROME_BIN, else one on PATH, else one in its usual place, else the one that
 * `npx playwright install chromium` has brought. None is an error where REQUIRE_BROWSER=1.
 * @returns {string | undefined}
 */
export function findBrowser() {
  const named = process.env.CHROME_BIN;
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`CHROME_BIN names ${named}, which does not exist.`);
  }
  const found = [...onPath(), ...usualPlaces(), chromium.executablePath()].find((file) => existsSync(file));
  if (found === undefined && process.env.REQUIRE_BROWSER === "1") {
    throw new Error(`REQUIRE_BROWSER=1, but ${noBrowser}`);
  }
  return found;
}

/** Test files that run in a browser only, as paths from the root. */
export function browserTestFiles() {
  return ["packages", "apps"].flatMap((place) =>
    readdirSync(join(root, place)).flatMap((name) => {
      const folder = join(place, name, "test");
      if (!existsSync(join(root, folder))) return [];
      return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".browser.test.ts") || file.endsWith(".page.test.ts"))
        .map((file) => join(folder, file));
    }),
  );
}
