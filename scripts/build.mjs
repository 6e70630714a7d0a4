// npm run build: builds every package.
import { buildOrExit } from "./steps.mjs";

await buildOrExit();
