// Draws a bench's results with vega-lite: node chart.js RESULTS.json CHART.svg
import { readFileSync, writeFileSync } from "node:fs";
import { parse, View } from "vega";
import { compile } from "vega-lite";

const groups = ["Unrolled", "PyTorch, ONNX Runtime, by hand", "other JavaScript libraries"];
const [from, to] = process.argv.slice(2);
const { machine, results, growth } = JSON.parse(readFileSync(from, "utf8"));
const specification = growth ? growthChart(growth) : timesChart(results);
const { spec } = compile({
  $schema: "https://vega.github.io/schema/vega-lite/v6.json",
  background: "white",
  title: { text: `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`, anchor: "start" },
  ...specification,
});
writeFileSync(to, await new View(parse(spec), { renderer: "none" }).toSVG());

function groupOf(peer) {
  if (/^(cpu|onnx|unrolled)/.test(peer)) return groups[0];
  return /^(pytorch|ort|plain)/.test(peer) ? groups[1] : groups[2];
}

/** For each work a bar for each peer: its time (or memory) as a multiple of the least. */
function timesChart(works) {
  return {
    concat: works.filter(({ peers }) => peers.length > 0).map(workChart),
    columns: 2,
    config: { legend: { orient: "top", labelLimit: 0, title: null } },
  };
}

function workChart({ work, unit, rate, peers }) {
  const cost = ({ best }) => (rate ? 1 / best : best);
  const least = Math.min(...peers.map(cost));
  const values = peers.map((row) => ({
    peer: row.peer,
    multiple: cost(row) / least,
    group: groupOf(row.peer),
    label: `${Number(row.best.toPrecision(3))}${row.verdict === "differs" ? ", values differ" : ""}`,
  }));
  return {
    title: { text: `${work}, ${unit}`, anchor: "start", fontSize: 11 },
    width: 300,
    data: { values },
    encoding: {
      y: { field: "peer", type: "nominal", title: null, sort: { field: "multiple", order: "ascending" } },
      x: { field: "multiple", type: "quantitative", title: "times the least", scale: { type: "log", domainMin: 0.8 } },
    },
    layer: [
      {
        mark: "bar",
        encoding: { x2: { datum: 0.8 }, color: { field: "group", type: "nominal", scale: { domain: groups } } },
      },
      { mark: { type: "text", align: "left", dx: 3, fontSize: 9 }, encoding: { text: { field: "label" } } },
    ],
  };
}

function growthChart(curves) {
  const values = curves.flatMap(({ along, peer, points }) => points.map((point) => ({ ...point, along, peer })));
  return {
    data: { values },
    facet: { field: "along", type: "nominal", title: null, sort: ["T", "B", "H"] },
    resolve: { scale: { x: "independent" } },
    spec: {
      width: 220,
      mark: { type: "line", point: true },
      encoding: {
        x: { field: "size", type: "quantitative", scale: { type: "log", base: 2 }, title: "size" },
        y: { field: "milliseconds", type: "quantitative", scale: { type: "log" }, title: "ms a training step" },
        color: { field: "peer", type: "nominal", title: null },
      },
    },
  };
}
