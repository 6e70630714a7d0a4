// Compiles assembly/ twice, for plain and for relaxed SIMD, and writes both modules into src/wasm/binaries.ts: the first as it is,
// the second as what differs.
// At shrink level 1 only what is marked @inline is inlined: a sixth less of code, and as fast where each step's small functions are marked.
// Does nothing when the sources are the ones that were compiled last.
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import asc from "assemblyscript/asc";
import { letterCode } from "./write-letters.mjs";
import { patchBetween } from "./write-patch.mjs";
import { tilesSource } from "./write-tiles.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const assembly = join(root, "assembly");
const target = join(root, "src", "wasm", "binaries.ts");
const helpers = ["write-letters.mjs", "write-patch.mjs"].map((name) => join(root, "scripts", name));
const mostPages = 65536;

writeIfChanged(join(assembly, "tiles.ts"), `${tilesSource()}\n`);
const fingerprint = hashOf([...sources(assembly), fileURLToPath(import.meta.url), ...helpers]);
if (!existsSync(target) || !readFileSync(target, "utf8").includes(fingerprint)) await build();

async function build() {
  const simd = await compile([]);
  const relaxed = await compile(["--enable", "relaxed-simd"]);
  if (simd.sharedFlagAt !== relaxed.sharedFlagAt)
    throw new Error("the modules import their memory at different places");
  const patch = patchBetween(simd.bytes, relaxed.bytes);
  const { order, encode } = letterCode(simd.bytes);
  writeFileSync(
    target,
    [
      `// Written by scripts/build-wasm.mjs from assembly/ (${fingerprint}): edit those.`,
      "/** Bytes by how often they come, as two hexadecimal digits each: the code of the strings below. */",
      `export const letterOrder: string = "${order}";`,
      `export const simd128: string = "${encode(simd.bytes)}";`,
      `export const relaxedSize: number = ${relaxed.bytes.length};`,
      "/** Turns the module above into the one with relaxed SIMD. */",
      `export const relaxedPatch: string = "${encode(patch)}";`,
      "/** The byte there says whether the memory is shared between threads: 3, or else 1. The same in both. */",
      `export const sharedFlagAt: number = ${simd.sharedFlagAt};`,
      "",
    ].join("\n"),
  );
  const size = (bytes) =>
    `${(bytes.length / 1024).toFixed(1)} kB (${(gzipSync(bytes).length / 1024).toFixed(1)} kB gzipped)`;
  console.log(`WebAssembly kernels: ${size(simd.bytes)}, with relaxed SIMD ${size(patch)} more.`);
}

async function compile(extra) {
  const folder = mkdtempSync(join(tmpdir(), "kernels-"));
  const file = join(folder, "kernels.wasm");
  try {
    const { error, stderr } = await asc.main([
      join(assembly, "index.ts"),
      "--outFile",
      file,
      "--optimizeLevel",
      "3",
      "--shrinkLevel",
      "1",
      "--noAssert",
      "--runtime",
      "stub",
      "--importMemory",
      "--initialMemory",
      "1",
      "--maximumMemory",
      String(mostPages),
      "--sharedMemory",
      "--memoryBase",
      "1024",
      "--enable",
      "simd",
      "--enable",
      "threads",
      ...extra,
    ]);
    if (error) throw new Error(`the kernels do not compile:\n${stderr.toString()}`);
    const bytes = readFileSync(file);
    return { bytes, sharedFlagAt: memoryFlagAt(bytes) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Offset of the limits' flag in the import of env.memory: after both names comes 2 (a memory), then the flag. */
function memoryFlagAt(bytes) {
  const at = bytes.indexOf(Buffer.from("\x03env\x06memory\x02", "latin1")) + 12;
  if (at < 12 || bytes[at] !== 3) throw new Error("the import of the memory is not where it was expected");
  return at;
}

function sources(folder) {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => join(folder, name));
}

function hashOf(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}

function writeIfChanged(file, text) {
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
}
