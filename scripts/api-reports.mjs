// The public surface of each package as text in api/, so that a change of it is seen in review. `npm run api` writes the reports after a
// build; `npm run check` compares.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";
import { buildOrExit, packages, root } from "./steps.mjs";

const committed = join(root, "api");

/** @param {{ folder: string, manifest: { name: string, exports: Record<string, string | { types?: string }> } }} member */
function entries({ folder, manifest }) {
  const short = manifest.name.replace("@unrolled/", "");
  return Object.entries(manifest.exports ?? {}).flatMap(([path, target]) => {
    if (typeof target === "string" || target.types === undefined) return [];
    return [
      { folder, report: `${short}${path.slice(1).replaceAll("/", ".")}.api.md`, types: join(folder, target.types) },
    ];
  });
}

/** @param {string} into */
function writeReports(into) {
  const temporary = mkdtempSync(join(tmpdir(), "unrolled-api-"));
  const silent = { default: { logLevel: ExtractorLogLevel.None } };
  for (const { folder, report, types } of packages()
    .filter(({ manifest }) => !manifest.private)
    .flatMap(entries)) {
    const config = ExtractorConfig.prepare({
      configObject: {
        projectFolder: folder,
        mainEntryPointFilePath: types,
        compiler: { tsconfigFilePath: join(folder, "tsconfig.json") },
        newlineKind: "lf",
        apiReport: { enabled: true, reportFileName: report, reportFolder: into, reportTempFolder: temporary },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        messages: {
          compilerMessageReporting: silent,
          extractorMessageReporting: silent,
          tsdocMessageReporting: silent,
        },
      },
      configObjectFullPath: undefined,
      packageJsonFullPath: join(folder, "package.json"),
    });
    Extractor.invoke(config, {
      localBuild: true, // writes the report, whatever it was
      messageCallback: (message) => {
        message.handled = true;
      },
    });
  }
  rmSync(temporary, { recursive: true });
}

/** @param {string} folder @returns {Map<string, string>} */
const read = (folder) => new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));

/** @returns {Promise<{ code: number, output: string }>} */
export async function checkApiReports() {
  const fresh = mkdtempSync(join(tmpdir(), "unrolled-api-"));
  try {
    writeReports(fresh);
    const [now, before] = [read(fresh), read(committed)];
    const changed = [...new Set([...now.keys(), ...before.keys()])].filter(
      (name) => now.get(name) !== before.get(name),
    );
    const output = changed.map((name) => `api/${name} is not what the package exports now\n`).join("");
    return { code: changed.length, output: `${output}Look at the change with: npm run api && git diff api` };
  } finally {
    rmSync(fresh, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildOrExit();
  rmSync(committed, { recursive: true, force: true });
  mkdirSync(committed);
  writeReports(committed);
}
