import { defineLoader } from "vitepress";
import { packageList, packagesSvg } from "../.vitepress/pictures/packages.js";

interface Packages {
  readonly svg: string;
  readonly list: readonly { readonly name: string; readonly says: string }[];
}

declare const data: Packages;

export { data };

export default defineLoader({
  watch: ["../../packages/*/package.json"],
  load: (): Packages => ({ svg: packagesSvg(), list: packageList() }),
});
