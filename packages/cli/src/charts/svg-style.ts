/**
 * Colours by class, so that a chart follows the reader's light or dark scheme: alone in a file and inside a page.
 * Blue, orange, green, pink, purple, brown in shades that differ in lightness too.
 */
export const svgStyle: string = [
  ".unrolled-chart{--c0:#0b62a8;--c1:#c75000;--c2:#00795a;--c3:#b03a7c;--c4:#6a4fb3;--c5:#7a5a1e;--ink:#1d2329;--faint:#5b6670;--grid:#dfe4e8;--paper:#ffffff;font-family:system-ui,sans-serif;font-size:13px}",
  "@media (prefers-color-scheme:dark){.unrolled-chart{--c0:#6cb6ff;--c1:#ffa657;--c2:#56d4a5;--c3:#f08cc4;--c4:#b8a4ff;--c5:#d9b872;--ink:#e6edf3;--faint:#9aa7b3;--grid:#30363d;--paper:#0d1117}}",
  ".unrolled-chart .paper{fill:var(--paper)}",
  ".unrolled-chart text{fill:var(--faint)}",
  ".unrolled-chart .title{fill:var(--ink);font-size:16px;font-weight:600}",
  ".unrolled-chart .name{fill:var(--ink)}",
  ".unrolled-chart .grid{stroke:var(--grid);stroke-width:1}",
  ".unrolled-chart .edge{stroke:var(--faint);stroke-width:1}",
  ".unrolled-chart .marker{stroke:var(--faint);stroke-width:1;stroke-dasharray:2 3}",
  ".unrolled-chart .line{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}",
  ".unrolled-chart .band{stroke:none;fill-opacity:0.28}",
  ...Array.from(
    { length: 6 },
    (_, i) => `.unrolled-chart .s${i}{stroke:var(--c${i})}.unrolled-chart .f${i}{fill:var(--c${i})}`,
  ),
].join("\n");
