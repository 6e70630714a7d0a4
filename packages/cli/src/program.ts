import { readFileSync } from "node:fs";
import { forecastDefaults } from "@unrolled/train";
import { Command, Option } from "commander";
import { type BackendName, backendNames } from "./forecast/backend.js";
import type { ForecastCommand } from "./forecast/command.js";
import { delimiter, longSeason, numberThat, wholeNumber } from "./option-values.js";

/** The flags of `unrolled forecast` as commander hands them over. */
interface ForecastFlags {
  column?: string;
  dateColumn?: string;
  dates: boolean;
  dateOrder?: "ymd" | "dmy" | "mdy";
  decimal?: "point" | "comma";
  delimiter?: "," | ";" | "\t" | "|";
  missing?: "error" | "interpolate" | "previous";
  horizon?: number;
  season?: number;
  longSeason?: number | "none";
  holdout?: number;
  stride?: number;
  window?: number;
  hiddenSize?: number;
  layers?: number;
  cell?: "lstm" | "gru" | "rnn";
  dropout?: number;
  epochs?: number;
  patience?: number;
  batchSize?: number;
  lr?: number;
  clip?: number;
  seed?: number;
  backend: BackendName;
  threads: number;
  out?: string;
  onnx: boolean;
  quiet?: true;
  color: boolean;
  json?: true;
  debug?: true;
}

const examples = `
Examples:
  unrolled forecast                                 the births, as an example
  unrolled forecast sales.csv --column sales        your own file
  unrolled forecast sales.csv --horizon 6           as far ahead as you like
  unrolled forecast my.csv --missing interpolate    fill empty cells and gaps
  unrolled forecast --json > result.json            results for a program

A file has a header row, then one row for each day, hour or month, oldest first.
Horizon, season, holdout, stride and window follow the spacing of its dates:
  dates             season  horizon  holdout  window
  hourly        24 and 168       48      672      48
  daily          7 and 364       28      365      28
  working days           5       20      250      20
  weekly                52       13       52      52
  monthly               12       12       36      12
  quarterly              4        4       16       8
  yearly                 1        5       20      10
  none                   1       10      100      20
A short series gets less. Season 1 means none.
Written are report.html, forecast.csv, model.onnx (raw values in, raw forecasts
out, in any ONNX runtime), model.safetensors and model.json.`;

export interface ProgramActions {
  forecast(command: ForecastCommand): Promise<void>;
}

export function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  if (typeof manifest === "object" && manifest !== null && "version" in manifest) return String(manifest.version);
  throw new Error("package.json has no version");
}

export function buildProgram(actions: ProgramActions): Command {
  const program = new Command("unrolled")
    .description("Recurrent neural networks for sequences.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: false })
    .addHelpText("after", "\nunrolled forecast --help explains the command.")
    .exitOverride();
  forecastCommand(program, actions);
  return program;
}

function forecastCommand(program: Command, actions: ProgramActions): void {
  const defaults = forecastDefaults;
  const count = wholeNumber(1);
  const command = program.command("forecast");
  command
    .description(
      "Train a recurrent network on a series, test it against plain baselines, and forecast what comes next.",
    )
    .argument("[file]", "CSV file with a header row, oldest row first (default: US births, 2000 to 2014)")
    .helpOption("-h, --help", "print help")
    .addHelpText("after", examples)
    .allowExcessArguments(false)
    .optionsGroup("The file:")
    .option("--column <name>", "column of the values (default: the only one with numbers)")
    .option("--date-column <name>", "column of the dates (default: the first that has dates)")
    .option("--no-dates", "ignore dates; rows are taken as evenly spaced")
    .addOption(
      new Option("--date-order <order>", "of dates such as 01/02/2014 (default: found out)").choices([
        "ymd",
        "dmy",
        "mdy",
      ]),
    )
    .addOption(new Option("--decimal <mark>", "in the numbers (default: found out)").choices(["point", "comma"]))
    .option("--delimiter <character>", 'between cells: "," or ";" or "|" or "tab" (default: found out)', delimiter)
    .addOption(
      new Option("--missing <what>", "empty cells, and rows left out between dates")
        .choices(["error", "interpolate", "previous"])
        .default("error"),
    )
    .optionsGroup("The forecast:")
    .option("--horizon <steps>", "steps to forecast (default: by the dates, see below)", count)
    .option("--season <steps>", "steps after which the series roughly repeats (default: by the dates)", count)
    .option(
      "--long-season <steps>",
      'a longer season, or "none" (default: 364 for daily and 168 for hourly dates)',
      longSeason,
    )
    .optionsGroup("The backtest:")
    .option("--holdout <steps>", "steps held back at the end (default: by the dates, at most a quarter)", count)
    .option("--stride <steps>", "steps from one test forecast to the next (default: by the dates)", count)
    .optionsGroup("The network and its training:")
    .addOption(new Option("--cell <kind>", help("kind of cell", defaults.cell)).choices(["lstm", "gru", "rnn"]))
    .option("--window <steps>", "steps that the network reads (default: by the dates)", count)
    .option("--hidden-size <units>", help("hidden units", defaults.hiddenSize), wholeNumber(1, 4096))
    .option("--layers <count>", help("recurrent layers", defaults.numLayers), wholeNumber(1, 16))
    .option(
      "--dropout <share>",
      help("hidden units dropped in training", defaults.dropout),
      numberThat("from 0 to below 1", (x) => x >= 0 && x < 1),
    )
    .option(
      "--epochs <count>",
      help("at most so many passes over the data", `${defaults.epochs}, more for few rows`),
      count,
    )
    .option(
      "--patience <epochs>",
      help("stop after so many without a better validation loss", `${defaults.patience}, more for few rows`),
      count,
    )
    .option("--batch-size <windows>", help("windows in a training step", defaults.batchSize), count)
    .option(
      "--lr <rate>",
      help("learning rate of Adam", defaults.lr),
      numberThat("above 0", (x) => x > 0),
    )
    .option(
      "--clip <norm>",
      help("largest norm of the gradients", defaults.clipGradNorm),
      numberThat("above 0", (x) => x > 0),
    )
    .option("--seed <number>", help("the same seed gives the same forecast", defaults.seed), wholeNumber(0))
    .addOption(
      new Option("--backend <name>", "what computes; tfjs:... where TensorFlow.js is installed")
        .choices(backendNames)
        .default("cpu"),
    )
    .option(
      "--threads <count>",
      "processor threads, with --backend cpu; pays from some 64 hidden units on",
      wholeNumber(1, 16),
      1,
    )
    .optionsGroup("What comes out:")
    .option("--out <folder>", "folder for the files (default: out/NAME)")
    .option("--no-onnx", "do not write model.onnx")
    .option("--quiet", "print warnings and errors only")
    .option("--no-color", "no colours (also: set NO_COLOR)")
    .option("--json", "print the results as JSON on standard output")
    .option("--debug", "print the stack of an internal error (also: set DEBUG)")
    .action(async (file: string | undefined, flags: ForecastFlags) => {
      if (file === undefined) refuseFileFlags(command, flags);
      if (!flags.dates && flags.dateColumn !== undefined) {
        command.error("error: --date-column and --no-dates cannot be used together");
      }
      if (flags.threads > 1 && flags.backend !== "cpu") {
        command.error(`error: --threads is for --backend cpu, and cannot be used with --backend ${flags.backend}`);
      }
      await actions.forecast(commandFrom(file, flags));
    });
}

function help(text: string, preset: number | string): string {
  return `${text} (default: ${preset})`;
}

/** Without a file, flags about one would be ignored: most likely the file's name was forgotten. */
function refuseFileFlags(command: Command, flags: ForecastFlags): void {
  const given = (["column", "dateColumn", "dates", "dateOrder", "decimal", "delimiter", "missing"] as const).filter(
    (name) => command.getOptionValueSource(name) === "cli",
  );
  if (given.length === 0) return;
  const names = {
    column: "--column",
    dateColumn: "--date-column",
    dates: "--no-dates",
    dateOrder: "--date-order",
    decimal: "--decimal",
    delimiter: "--delimiter",
    missing: "--missing",
  };
  const [first] = given;
  const value = typeof flags[first] === "string" ? ` ${flags[first]}` : "";
  command.error(
    `error: ${names[first]}${value} is about a file, but none is named: unrolled forecast FILE.csv ${names[first]}${value}`,
  );
}

function commandFrom(file: string | undefined, flags: ForecastFlags): ForecastCommand {
  const { column, dateColumn, dates, dateOrder, decimal, delimiter, missing, out, onnx, quiet, color, json } = flags;
  const { layers: numLayers, clip: clipGradNorm, horizon, season, longSeason, holdout, stride, window } = flags;
  const { hiddenSize, cell, dropout, epochs, patience, batchSize, lr, seed, backend, threads } = flags;
  return {
    ...given({ file, out }),
    reading: given({
      column,
      dateColumn: dates ? dateColumn : (false as const),
      dateOrder,
      decimal,
      delimiter,
      missing,
    }),
    options: given({
      longSeason: longSeason === "none" ? null : longSeason,
      ...{ horizon, season, holdout, stride, window, hiddenSize, numLayers, cell, dropout },
      ...{ epochs, patience, batchSize, lr, clipGradNorm, seed },
    }),
    backend,
    threads,
    onnx,
    quiet: quiet === true,
    color,
    json: json === true,
  };
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The entries that are not undefined. */
function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}
