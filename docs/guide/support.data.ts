import { defineLoader } from "vitepress";
import { matrixFile, type Support, supportTables } from "../.vitepress/pictures/support.js";

declare const data: readonly Support[];

export { data };

export default defineLoader({ watch: [matrixFile], load: supportTables });
