import { svgChart, terminalChart } from "@unrolled/cli/charts";
import { describe, expect, it } from "vitest";

const x = Array.from({ length: 21 }, (_, i) => i / 2);
const line = { name: "line", x, y: x.map((v) => v * v), style: "line" as const };
const cloud = { name: "cloud", x, y: x.map((v) => 100 - v * 10), style: "points" as const };

describe("terminalChart", () => {
  it("draws a line, points, labels and a legend", () => {
    const text = terminalChart({ series: [line, cloud], title: "Two", xLabel: "x", yLabel: "y", width: 44, height: 8 });
    expect(`\n${text}\n`).toMatchInlineSnapshot(`
      "
      Two
      y
      100 ┤• • •                               ⢀⠔⠊
          │      ••                         ⢀⡠⠊⠁
          │         • • •                 ⡠⠔⠁
          │               • •         ⢀⡠⠔⠉
       50 ┤                   • • •⡠⠔⠊⠁
          │                   ⣀⡠⠔⠊⠁ • • •
          │            ⢀⣀⡠⠤⠔⠒⠉            ••
        0 ┤⣀⣀⣀⣀⣀⠤⠤⠤⠔⠒⠊⠉⠁                     • • •
          └┬──────────────────┬──────────────────┬
           0                  5                 10
                              x
        ⠤⠒ line   • cloud
      "
    `);
  });

  it("keeps to ASCII where asked", () => {
    const text = terminalChart({
      series: [line, { ...line, name: "negative", y: x.map((v) => -v * 10) }, cloud],
      bands: [{ name: "band", x, lower: x.map(() => 20), upper: x.map(() => 40) }],
      markers: [{ name: "mark", x: 5 }],
      ascii: true,
      width: 60,
    });
    expect(text).toMatch(/^[\n -~]+$/);
    expect(text).toContain("** line   oo negative   + cloud   :: band   | mark");
  });

  it("gives each series its own glyph, and colours only where asked", () => {
    const series = Array.from({ length: 8 }, (_, i) => ({ name: `s${i}`, y: [i, i + 1], style: "line" as const }));
    const plain = terminalChart({ series, width: 80, color: false });
    const samples = plain
      .split("\n")
      .slice(-2)
      .join(" ")
      .match(/\S+(?= s\d)/g);
    expect(new Set(samples).size).toBe(8);
    expect(plain).not.toContain("\u001b");
    expect(terminalChart({ series, width: 80, color: true })).toContain("\u001b[36m");
    expect(terminalChart({ series })).not.toContain("\u001b");
  });

  it.each([30, 40, 80, 120])("never exceeds %i columns", (width) => {
    const text = terminalChart({
      series: [{ ...line, name: "a long name with 日本語 in it ".repeat(5) }, cloud],
      title: "t".repeat(200),
      xLabel: "x".repeat(200),
      width,
      color: false,
    });
    for (const row of text.split("\n")) expect(row.replace(/[\u3000-\u9fff]/g, "..").length).toBeLessThanOrEqual(width);
  });

  it("leaves gaps at values that are not finite, and draws a constant in the middle", () => {
    const gap = terminalChart({
      series: [{ name: "gap", y: [1, Number.NaN, 1], style: "line" }],
      width: 40,
      height: 5,
    });
    expect(gap.split("\n")[2]).toMatch(/┤⠁ +⠈$|┤⠄ +⠠$|┤⠂ +⠐$|┤⡀ +⢀$/);
    expect(gap).toContain("1.00 ┤");
  });

  it("labels dates in UTC", () => {
    const dates = ["2024-01-01", "2024-06-01", "2024-11-01"];
    const text = terminalChart({ series: [{ name: "d", x: dates, y: [1, 2, 3], style: "line" }], width: 80 });
    expect(text).toMatch(/Jan 2024 +Apr 2024 +Jul 2024 +Oct 2024/);
    const days = Array.from({ length: 42 }, (_, i) => new Date(Date.UTC(2024, 0, 3 + i)).toISOString().slice(0, 10));
    const weeks = terminalChart({
      series: [{ name: "d", x: days, y: days.map((_, i) => i), style: "line" }],
      width: 60,
    });
    expect(weeks).toMatch(/Jan 07 +Jan 14 +Jan 21 +Jan 28 +Feb 04 +Feb 11/);
  });

  it("takes control characters out of names", () => {
    const text = terminalChart({
      series: [{ ...line, name: "a\u001b[2Jb" }],
      title: "t\n\u0007",
      color: false,
      width: 40,
    });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it("refuses what cannot be drawn", () => {
    expect(() => terminalChart({ series: [] })).toThrow(/terminalChart: there is no finite point to draw/);
    expect(() => terminalChart({ series: [{ name: "a", x: [1], y: [1, 2], style: "line" }] })).toThrow(
      /"a" has 1 and 2/,
    );
    expect(() => terminalChart({ series: [line], width: 3 })).toThrow(/width is 3; give a whole number from 30/);
    expect(() => terminalChart({ series: [{ ...cloud, x: ["soon"], y: [1] }] })).toThrow(/"soon", which is not a date/);
    expect(() => terminalChart({ series: [line, { ...line, x: x.map(() => "2024-01-01") }] })).toThrow(
      /some x are dates/,
    );
  });
});

describe("svgChart", () => {
  const spec = {
    series: [line, cloud],
    bands: [{ name: "band", x: [0, 10], lower: [10, 20], upper: [30, 40] }],
    markers: [{ name: "mark", x: 5 }],
    title: `<"Two" & 'more'>`,
    xLabel: "x",
    yLabel: "y",
  };

  it("is well-formed, self-contained and the same each time", () => {
    const svg = svgChart(spec);
    expect(svg).toBe(svgChart(spec));
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|url\(|<script|href/);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    const open: string[] = [];
    for (const [, close, name, empty] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (close) expect(open.pop()).toBe(name);
      else if (!empty) open.push(name);
    }
    expect(open).toEqual([]);
  });

  it("draws every point, the line, the band and the marker at their places", () => {
    const svg = svgChart({
      series: [{ name: "l", x: [0, 1, 2], y: [0, 1, 0], style: "line" }],
      width: 200,
      height: 120,
    });
    const [left, right] = [37.6, 184];
    expect(svg).toContain(`<path class="line s0" d="M${left},92L${(left + right) / 2},34L${right},92"/>`);
    const all = svgChart(spec);
    expect(all.match(/<circle class="f1"/g)).toHaveLength(x.length + 1);
    expect(all.match(/<path class="band f1"/g)).toHaveLength(1);
    expect(all.match(/<path class="marker"/g)).toHaveLength(2);
  });

  it("escapes text", () => {
    const svg = svgChart(spec);
    expect(svg).toContain("&lt;&quot;Two&quot; &amp; &#39;more&#39;&gt;</text>");
    expect(svg).not.toContain('<"Two"');
  });

  it("has colours for light and dark", () => {
    expect(svgChart(spec)).toContain("prefers-color-scheme:dark");
  });

  it("keeps labels of dates apart", () => {
    const dates = Array.from({ length: 120 }, (_, i) => new Date(Date.UTC(2024, 8, i)).toISOString().slice(0, 10));
    for (const width of [200, 380, 860]) {
      const svg = svgChart({ series: [{ name: "d", x: dates, y: dates.map((_, i) => i), style: "line" }], width });
      const labels = [...svg.matchAll(/<text x="([\d.]+)" y="351" text-anchor="middle">([^<]+)/g)];
      expect(labels.length).toBeGreaterThan(0);
      labels.slice(1).forEach(([, at, label], i) => {
        expect(Number(at) - Number(labels[i][1])).toBeGreaterThan(label.length * 7);
      });
    }
  });
});
