// Writes where the sources lie into every public manifest, from GITHUB_REPOSITORY: npm's provenance asks for it. `npm run
// release:publish` runs it once all is built; the version pull request, which commits what is there, never has it.
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { packages, root } from "./steps.mjs";

const { GITHUB_SERVER_URL: server = "https://github.com", GITHUB_REPOSITORY: repository } = process.env;
if (!repository) {
  console.error("GITHUB_REPOSITORY is not set: this belongs into the release workflow.");
  process.exit(1);
}
for (const { folder, manifest } of packages()) {
  if (manifest.private) continue;
  manifest.repository = {
    type: "git",
    url: `git+${server}/${repository}.git`,
    directory: relative(root, folder).replaceAll("\\", "/"),
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}
